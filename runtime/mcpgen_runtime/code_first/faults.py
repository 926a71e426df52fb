"""How a mistake of an author is told: in which function, at which parameter, in which line."""

from __future__ import annotations

import os
from collections.abc import Callable
from inspect import unwrap
from typing import Any

from mcpgen_runtime.errors import DefinitionError


def place_of(function: Callable[..., Any]) -> str:
    """`file:line: name`, as much of it as is known."""
    inner = unwrap(function)
    code = getattr(inner, "__code__", None)
    name = getattr(inner, "__qualname__", None) or repr(inner)
    return name if code is None else f"{_shown(code.co_filename)}:{code.co_firstlineno}: {name}"


def wrong(function: Callable[..., Any], problem: str, *, parameter: str | None = None) -> DefinitionError:
    """The error for `problem` with a decorated function, or with one of its parameters."""
    of_what = "" if parameter is None else f", parameter {parameter!r}"
    return DefinitionError(f"{place_of(function)}{of_what}: {problem}")


def _shown(path: str) -> str:
    try:
        relative = os.path.relpath(path)
    except (ValueError, OSError):  # another drive, or no working directory at all
        return path
    return path if relative.startswith(os.pardir) else relative
