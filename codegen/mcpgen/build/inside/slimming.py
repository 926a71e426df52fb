"""Code objects without what only people read: docstrings and line tables.

Authors' modules and the packages that they use stay as they are: decorators read docstrings, and a log wants
line numbers.
"""

from __future__ import annotations

import _frozen_importlib_external as external
import gc
import sys

# What this imports is not slim itself: so it imports what is in memory already, and typing is not.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

#: Where the standard library is while a component is made; every other folder is called /0, /1 and so on.
LIBRARY = "/python/"
_OURS = ("mcpgen_runtime", "mcpgen_types")
_HAS_DOCSTRING = 0x4000000
_HEAP_TYPE = 1 << 9
_ANNOTATIONS = 0x1000000  # from __future__
_CODE = compile("", "", "exec").__class__
_FUNCTION = (lambda: None).__class__


def begin() -> None:
    """Have everything that is imported from now on compiled small."""

    def get_code(loader: Any, name: str) -> CodeType:
        path = loader.get_filename(name)
        return compiled(loader.get_data(path), name, path)

    external.SourceLoader.get_code = get_code  # type: ignore[method-assign, assignment]


def compiled(source: bytes | str, name: str, path: str) -> CodeType:
    """The code of the module `name`, of its source at `path`. Raises `SyntaxError`."""
    package = name.partition(".")[0]
    known = path.startswith(LIBRARY) or package in _OURS
    # Tracebacks call a file as it is called below its folder.
    shown = path.removeprefix(LIBRARY) if path.startswith(LIBRARY) else path.lstrip("/").partition("/")[2]
    # Of ours there may be pieces, which do not say for themselves that annotations are not to be run.
    future = _ANNOTATIONS if package in _OURS else 0
    optimize = 2 if known else 0
    code = compile(source, sys.intern(shown), "exec", future, dont_inherit=True, optimize=optimize)
    return _without_lines(code) if known else code


def drop_docstrings() -> None:
    """Have what was in memory from the start, frozen into the interpreter, say nothing of itself any more."""
    frozen = {name for name, module in sys.modules.items() if _origin(module) in ("frozen", "built-in")}
    for name in frozen:
        vars(sys.modules[name])["__doc__"] = None
    for each in gc.get_objects():
        if each.__class__ is _FUNCTION:
            code = each.__code__
            if code.co_filename.startswith("<frozen") and each.__doc__ is not None:
                if code.co_flags & _HAS_DOCSTRING:
                    constants = (None, *code.co_consts[1:])
                    flags = code.co_flags & ~_HAS_DOCSTRING
                    each.__code__ = code.replace(co_consts=constants, co_flags=flags)
                each.__doc__ = None
        elif isinstance(each, type) and each.__flags__ & _HEAP_TYPE and each.__module__ in frozen:
            try:
                each.__doc__ = None
            except (AttributeError, TypeError):
                continue


def _without_lines(code: CodeType) -> CodeType:
    inner = tuple(_without_lines(each) if each.__class__ is _CODE else each for each in code.co_consts)
    return code.replace(co_linetable=_nowhere(len(code.co_code) // 2), co_consts=inner)


def _nowhere(units: int) -> bytes:
    """A table by which each instruction is on no line. A traceback cannot do with one that lacks any."""
    whole, rest = divmod(units, 8)
    return b"\xff" * whole + (bytes((0xF8 + rest - 1,)) if rest else b"")


def _origin(module: Any) -> str | None:
    return getattr(getattr(module, "__spec__", None), "origin", None)
