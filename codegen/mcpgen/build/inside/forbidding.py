"""Keeps anybody from taking for random what is the same in every instance of a component."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, NoReturn

_MESSAGE = "a component that imports nothing has no randomness: build it with --target wasi-http, or seed it"


def forbid_randomness() -> None:
    """Have the functions of the module `random` raise `NotImplementedError` until somebody seeds them."""
    module: Any = sys.modules.get("random")
    if module.__class__ is not ModuleType:
        return  # nobody has used it; its first use will ask for random bytes, and get the same error
    named = ("random", "getrandbits", "randbytes")
    before = {name: getattr(module, name) for name in named}

    def forbidden(*arguments: Any) -> NoReturn:
        raise NotImplementedError(_MESSAGE)

    class Unseeded(module.Random):  # type: ignore[misc]
        random = getrandbits = randbytes = forbidden

        def seed(self, a: Any = None, version: int = 2) -> None:
            if a is None:
                forbidden()
            self.__class__ = module.Random
            vars(module).update(before)
            self.seed(a, version)

    # Who has taken a function out of the module has a method of this object.
    module._inst.__class__ = Unseeded
    vars(module).update(dict.fromkeys(named, forbidden), seed=module._inst.seed)
