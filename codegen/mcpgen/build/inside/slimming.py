"""Code objects without what only people read: docstrings, and the line tables of others' modules.

Authors' modules stay as they are: decorators read docstrings, and a log wants line numbers.
"""

from __future__ import annotations

import gc
import sys
from types import CodeType, FunctionType
from typing import Any

#: Where the standard library is while a component is made; every other folder is called /0, /1 and so on.
LIBRARY = "/python/"
_OURS = ("mcpgen_runtime", "mcpgen_types")
_HAS_DOCSTRING = 0x4000000
_HEAP_TYPE = 1 << 9


def compiled(text: bytes | str, name: str, path: str) -> CodeType:
    """The code of the module `name`, whose source is at `path`. Raises `SyntaxError`."""
    package = name.partition(".")[0]
    known = path.startswith(LIBRARY) or package in _OURS
    # Tracebacks call a file as it is called below its folder.
    shown = path.removeprefix(LIBRARY) if path.startswith(LIBRARY) else path.lstrip("/").partition("/")[2]
    code = compile(text, shown, "exec", dont_inherit=True, optimize=2 if known else 0)
    return _without_lines(code) if known and package != "mcpgen_runtime" else code


def drop_docstrings() -> None:
    """Have what was in memory from the start, frozen into the interpreter, say nothing of itself any more."""
    frozen = {name for name, module in sys.modules.items() if _origin(module) in ("frozen", "built-in")}
    for name in frozen:
        vars(sys.modules[name])["__doc__"] = None
    for each in gc.get_objects():
        if each.__class__ is FunctionType:
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
    inner = tuple(_without_lines(each) if each.__class__ is CodeType else each for each in code.co_consts)
    return code.replace(co_linetable=b"", co_consts=inner)


def _origin(module: Any) -> str | None:
    return getattr(getattr(module, "__spec__", None), "origin", None)
