"""The generated types and codecs of the newest revision, as far as somebody asks for them.

They are a class and some functions for each of two hundred definitions, and one server has a use for a
quarter. So while a component is made, such a module defines a name when it is first asked for, and with it
whatever that stands on. The rest comes along as code, in one piece, and is run when a name of it is asked
for after all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any

_SYNTAX_TREE = 0x400
_PACKAGE = "mcpgen_types.v2026_07_28"
#: Each stands on those before it.
MODULES = tuple(f"{_PACKAGE}.{name}" for name in ("types", "checks", "codecs"))
#: What of a definition only type checkers read.
_ANNOTATIONS = ("annotation", "returns")

Compile = Callable[[Any], CodeType]


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
    """Loads a module that is defined piece by piece. `compiled` makes code of a syntax tree."""

    def __init__(self, real: Any, compiled: Compile) -> None:
        self._real = real
        self._compiled = compiled

    def create_module(self, spec: ModuleSpec) -> None:
        """See `importlib.abc.Loader`."""

    def exec_module(self, module: ModuleType) -> None:
        """See `importlib.abc.Loader`."""
        name = module.__name__
        tree = compile(self._real.get_data(self._real.get_filename(name)), name, "exec", _SYNTAX_TREE)
        _slices[name] = _Slices(module, tree, self._compiled)
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
    def __init__(self, module: ModuleType, tree: Any, compiled: Compile) -> None:
        self._module = module
        self._tree = tree
        self._compiled = compiled
        self._statement_of: dict[str, Any] = {}
        self._imported: dict[str, str] = {}
        self._defined: set[int] = set()
        for statement in tree.body:
            kind = statement.__class__.__name__
            if kind in ("FunctionDef", "ClassDef"):
                self._statement_of[statement.name] = statement
            elif kind in ("Assign", "AnnAssign"):
                target = statement.target if kind == "AnnAssign" else statement.targets[0]
                self._statement_of[target.id] = statement
            elif kind == "ImportFrom" and statement.level == 1:
                self._imported |= {alias.name: f"{_PACKAGE}.{statement.module}" for alias in statement.names}
            else:
                self._run([statement])

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
            statement = self._statement_of.get(each)
            if statement is None or id(statement) in wanted or id(statement) in self._defined:
                continue
            wanted.add(id(statement))
            names += _names(statement)
        self._defined |= wanted
        self._run([statement for statement in self._tree.body if id(statement) in wanted])

    def rest(self) -> CodeType:
        """The code of all that is not defined."""
        left = [each for each in self._statement_of.values() if id(each) not in self._defined]
        for statement in self._tree.body:
            if statement.__class__.__name__ == "ImportFrom" and statement.level == 1:
                left.insert(0, statement)
        return self._code(left)

    def _run(self, statements: list[Any]) -> None:
        if statements:
            exec(self._code(statements), vars(self._module))

    def _code(self, statements: list[Any]) -> CodeType:
        # What comes from the future holds for the whole source, and has to be said of a part of it again.
        future = [each for each in self._tree.body if getattr(each, "module", None) == "__future__"]
        body = [*future, *(each for each in statements if each not in future)]
        return self._compiled(self._tree.__class__(body=body, type_ignores=[]))


def _names(node: Any) -> Iterator[str]:
    """The names that a piece of a syntax tree reads."""
    if node.__class__.__name__ == "Name":
        yield node.id
    for field in getattr(node, "_fields", ()):
        if field in _ANNOTATIONS:
            continue
        value = getattr(node, field, None)
        for each in value if isinstance(value, list) else (value,):
            if hasattr(each, "_fields"):
                yield from _names(each)


_slices: dict[str, _Slices] = {}
