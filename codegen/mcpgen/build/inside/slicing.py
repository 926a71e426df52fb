"""The generated types and codecs of the newest revision, as far as somebody asks for them.

They are a class and some functions for each of two hundred definitions, and one server has a use for a
quarter. So while a component is made, such a module defines a name when it is first asked for, and with it
whatever that stands on. The rest comes along as code, in one piece, and is run when a name of it is asked
for after all.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any

_PACKAGE = "mcpgen_types.v2026_07_28"
#: Each stands on those before it.
MODULES = tuple(f"{_PACKAGE}.{name}" for name in ("types", "checks", "codecs"))
_DEFINES = re.compile(r"(?:def|class) (\w+)|(\w+)(?:: TypeAlias)? =")
_IMPORTS = re.compile(r"from \.(\w+) import ([^#]*)")
_WORD = re.compile(r"\w+")

Compile = Callable[[str], CodeType]


class Sliced(ModuleType):
    """A module of which the names are defined that somebody has asked for."""

    def __getattr__(self, name: str) -> Any:
        slices = _slices.get(self.__name__)
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if slices is not None:
            slices.define(name)
        else:
            run_rest(self)
        try:
            return vars(self)[name]
        except KeyError:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None


class Loader:
    """Loads a module that is defined piece by piece. `compiled` makes code of a piece."""

    def __init__(self, real: Any, compiled: Compile) -> None:
        self._real = real
        self._compiled = compiled

    def create_module(self, spec: ModuleSpec) -> None:
        """See `importlib.abc.Loader`."""

    def exec_module(self, module: ModuleType) -> None:
        """See `importlib.abc.Loader`."""
        name = module.__name__
        text = self._real.get_data(self._real.get_filename(name)).decode()
        _slices[name] = _Slices(module, text, self._compiled)
        module.__class__ = Sliced


def rest() -> dict[str, CodeType]:
    """By module, what nobody has asked for. From now on such a module has to be run as a whole."""
    codes = {name: slices.rest() for name, slices in _slices.items()}
    _slices.clear()
    return codes


def run_rest(module: ModuleType) -> None:
    """Define all that `module` lacks, and the modules that it stands on lack."""
    for name in MODULES[: MODULES.index(module.__name__) + 1]:
        each = sys.modules[name]
        if isinstance(each, Sliced):
            each.__class__ = ModuleType  # type: ignore[assignment]
            exec(_packed().get_code(f"{name}:rest"), vars(each))


def _packed() -> Any:
    return sys.meta_path[-1]


class _Slices:
    def __init__(self, module: ModuleType, text: str, compiled: Compile) -> None:
        self._module = module
        self._compiled = compiled
        self._texts = blocks(text)
        self._block_of: dict[str, int] = {}
        self._codes: dict[int, CodeType] = {}
        self._imported: dict[str, str] = {}
        self._defined: set[int] = set()
        for number, block in enumerate(self._texts):
            if match := _DEFINES.match(block):
                self._block_of[match[1] or match[2]] = number
            elif match := _IMPORTS.match(block):
                self._imported |= dict.fromkeys(_WORD.findall(match[2]), f"{_PACKAGE}.{match[1]}")
            else:
                exec(self._code(number), vars(module))

    def define(self, name: str) -> None:
        """Define `name`, if the module has it, and what it stands on, in the order of the source."""
        wanted: set[int] = set()
        names = [name]
        while names:
            each = names.pop()
            if each in self._imported:
                if each not in vars(self._module):
                    vars(self._module)[each] = getattr(__import__(self._imported[each], fromlist=["*"]), each)
                continue
            number = self._block_of.get(each, -1)
            if number >= 0 and number not in wanted and number not in self._defined:
                wanted.add(number)
                names += _names(self._code(number))
        self._defined |= wanted
        for number in sorted(wanted):
            exec(self._codes.pop(number), vars(self._module))

    def rest(self) -> CodeType:
        """The code of all that is not defined."""
        left = [block for n, block in enumerate(self._texts) if n not in self._defined]
        return self._compiled("".join(left))

    def _code(self, number: int) -> CodeType:
        if number not in self._codes:
            self._codes[number] = self._compiled(self._texts[number])
        return self._codes[number]


def blocks(text: str) -> list[str]:
    """The statements of a module that is set as ruff sets it, each up to the next; no docstring."""
    found: list[str] = []
    for line in text[text.index("from __future__") :].splitlines(keepends=True):
        if found and line[0] in " \t\n)]}#":
            found[-1] += line
        else:
            found.append(line)
    return found


def _names(code: CodeType) -> Iterator[str]:
    """The names that some code reads."""
    yield from code.co_names
    for each in code.co_consts:
        if each.__class__ is CodeType:
            yield from _names(each)


_slices: dict[str, _Slices] = {}
