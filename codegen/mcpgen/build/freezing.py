"""Whether a server starts without pydantic, as it has to inside of a component."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mcpgen.errors import TargetCrashed, UsageError
from mcpgen_runtime.errors import DefinitionError

_HIDDEN = ("pydantic", "pydantic_core", "mcpgen_runtime.code_first.derive")


@contextmanager
def without_pydantic(target: str) -> Iterator[None]:
    """Load `target` in here: there is no pydantic. Raises `UsageError` where the server is not frozen."""
    before = {name: sys.modules[name] for name in _HIDDEN if name in sys.modules}
    sys.modules.pop(_HIDDEN[-1], None)
    sys.modules.update(dict.fromkeys(_HIDDEN[:2]))  # type: ignore[arg-type]
    try:
        yield
    except TargetCrashed as crash:
        cause = crash.cause
        if isinstance(cause, DefinitionError) and "takes pydantic" in str(cause):
            what = str(cause).partition(" takes pydantic")[0]
            raise UsageError(
                f"{target} cannot be a component as it is: {what} takes pydantic, and none has that",
                hint=f"freeze it first: mcpgen export {target}",
            ) from None
        raise
    finally:
        for name in _HIDDEN:
            sys.modules.pop(name, None)
        sys.modules.update(before)
