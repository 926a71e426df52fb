"""The first and the last thing that a component's main module does."""

from __future__ import annotations

import _frozen_importlib_external as external
import gc
import sys
from collections.abc import Iterable
from types import CodeType
from typing import Any

from . import postponing
from .forbidding import forbid_randomness
from .slimming import compiled, drop_docstrings
from .wiping import wipe

#: These stay: a module that was postponed is run by the one, and packed modules may be of another's classes.
_STAYS = ("mcpgen_inside", "mcpgen_inside.postponing")


def begin() -> None:
    """Have everything that is imported from now on compiled small, and some of it postponed."""

    def get_code(loader: Any, name: str) -> CodeType:
        path = loader.get_filename(name)
        return compiled(loader.get_data(path), name, path)

    external.SourceLoader.get_code = get_code  # type: ignore[method-assign, assignment]
    sys.meta_path.insert(0, postponing.Finder())
    import random  # noqa: F401 (the maker of components asks for it at the end)

    from mcpgen_runtime.transports.wasi.surroundings import prepare

    prepare()


def end(wanted: Iterable[str], *, has_randomness: bool) -> None:
    """Pack the modules `wanted`, and leave nothing in memory that was of use for that alone.

    From now on no module is looked for in a file: there are none, and the question would end the instance.
    """
    from mcpgen_runtime.transports.wasi import memory_imports

    from .packing import packed

    if not has_randomness:
        forbid_randomness()
    memory_imports.install(packed(wanted))
    for name in [name for name in sys.modules if name.startswith("mcpgen_inside.") and name not in _STAYS]:
        del sys.modules[name]
        delattr(sys.modules["mcpgen_inside"], name.rpartition(".")[2])
    drop_docstrings()
    gc.collect()
    gc.freeze()  # what is here now lives as long as the instance: collecting garbage need not look at it
    wipe()
