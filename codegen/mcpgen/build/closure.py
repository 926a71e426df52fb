"""What a server imports, and what imports that, found by reading sources: nothing is run.

Of the author's own modules every import counts, also those inside of functions: a handler that fails when it
is called is no better than one that fails when it is built. Of others' modules only those count that happen
when they are imported. What a `try` catches as an `ImportError` may be missing everywhere.
"""

from __future__ import annotations

import ast
import importlib.machinery
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

_OURS = ("mcpgen_runtime", "mcpgen_types")
_ABSENT = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")


class Place(NamedTuple):
    """Where something is written."""

    file: Path
    line: int


class Import(NamedTuple):
    """That a module is imported. `optional`: whoever imports it does without, if need be."""

    name: str
    line: int
    optional: bool


@dataclass(frozen=True, slots=True)
class Module:
    """A module that the server imports, from `importer`, at `place`: None for the first.

    `file` is its source; None for a namespace, and for what is part of Python or of mcpgen's runtime. A
    package's modules are looked for `inside` of its folders. Without one that is `optional` its importer
    does, or the importer of that.
    """

    name: str
    file: Path | None
    importer: Module | None
    place: Place | None
    is_authors: bool = False
    is_library: bool = False
    compiled: Path | None = None
    tree: ast.Module | None = field(default=None, repr=False, compare=False)
    inside: tuple[str, ...] | None = None
    optional: bool = False

    @property
    def chain(self) -> list[Module]:
        """From the first module to this one."""
        above = [] if self.importer is None else self.importer.chain
        return [*above, self]


class Missing(NamedTuple):
    """An import of what is nowhere."""

    name: str
    importer: Module
    place: Place


@dataclass(slots=True)
class Closure:
    """All that a server imports. `missing` are imports of what is nowhere, and no `try` catches."""

    modules: dict[str, Module]
    missing: list[Missing]

    @property
    def authors(self) -> list[Module]:
        """The author's own modules."""
        return [module for module in self.modules.values() if module.is_authors]

    @property
    def others(self) -> list[Module]:
        """What is neither the author's, nor Python's, nor ours."""
        return [m for m in self.modules.values() if not (m.is_authors or m.is_library) and m.file is not None]


def closure(module: str, root: Path) -> Closure:
    """What the module of that name, found in `root`, imports.

    Raises `SyntaxError` for a source that is none.
    """
    return _Search(root).run(module)


class _Search:
    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._path = [str(self._root), *(each for each in sys.path if each)]
        self._found: dict[str, Module] = {}
        self._missing: list[Missing] = []

    def run(self, name: str) -> Closure:
        waiting = list(self._modules(Import(name, 0, optional=False), None))
        while waiting:
            module = waiting.pop(0)
            if module.tree is not None:
                package = module.file is not None and module.file.name == "__init__.py"
                for each in imports(module.tree, module.name, is_package=package, deep=module.is_authors):
                    waiting += self._modules(each, module)
        return Closure(self._found, self._missing)

    def _modules(self, wanted: Import, importer: Module | None) -> Iterator[Module]:
        """The module that is imported, and the packages around it, as far as they are new."""
        place = None
        optional = wanted.optional
        if importer is not None and importer.file is not None:
            place = Place(importer.file, wanted.line)
            optional = optional or importer.optional
        parts = wanted.name.split(".")
        path: list[str] | None = self._path
        for end in range(1, len(parts) + 1):
            name = ".".join(parts[:end])
            known = self._found.get(name)
            if known is None or (known.optional and not optional):
                known = self._looked_up(name, path, importer, place)
                if known is None:
                    # `from package import name` may mean a name in the package's own code.
                    if end == 1 and not optional and importer is not None and place is not None:
                        self._missing.append(Missing(name, importer, place))
                    return
                self._found[name] = known = replace(known, optional=optional)
                yield known
            path = None if known.is_library else [*(known.inside or ())]

    def _looked_up(
        self, name: str, path: list[str] | None, importer: Module | None, place: Place | None
    ) -> Module | None:
        top = name.partition(".")[0]
        if path is None or (top in sys.stdlib_module_names and not self._is_shadowed(top)) or top in _OURS:
            return Module(name, None, importer, place, is_library=True)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None:
            return None
        inside = tuple(spec.submodule_search_locations or ())
        if spec.origin is None:
            return Module(name, None, importer, place, inside=inside)
        file = Path(spec.origin)
        if file.suffix != ".py":
            return Module(name, None, importer, place, compiled=file)
        resolved = file.resolve()
        is_authors = resolved.is_relative_to(self._root) and "site-packages" not in resolved.parts
        tree = ast.parse(file.read_bytes(), str(file))
        return Module(name, file, importer, place, is_authors=is_authors, tree=tree, inside=inside)

    def _is_shadowed(self, name: str) -> bool:
        return (self._root / f"{name}.py").is_file()


def imports(tree: ast.Module, name: str, *, is_package: bool, deep: bool) -> Iterator[Import]:
    """What the source of the module `name` imports; `deep` also inside of functions."""
    yield from _of(tree.body, name, is_package, deep, optional=False)


def _of(
    nodes: list[ast.stmt], name: str, is_package: bool, deep: bool, *, optional: bool
) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, optional) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".")
                above = parts[: len(parts) - node.level + is_package]
                base = ".".join([*above, *([base] if base else [])])
            if base:
                yield Import(base, node.lineno, optional)
            yield from (
                Import(f"{base}.{alias.name}".lstrip("."), node.lineno, optional)
                for alias in node.names
                if alias.name != "*"
            )
        elif isinstance(node, ast.If):
            if not _is_for_types(node.test):
                yield from _of(node.body, name, is_package, deep, optional=optional)
            yield from _of(node.orelse, name, is_package, deep, optional=optional)
        elif isinstance(node, ast.Try):
            caught = optional or any(_catches(handler) for handler in node.handlers)
            yield from _of(node.body, name, is_package, deep, optional=caught)
            for handler in node.handlers:
                yield from _of(handler.body, name, is_package, deep, optional=caught)
            yield from _of([*node.orelse, *node.finalbody], name, is_package, deep, optional=optional)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if deep:
                yield from _of(node.body, name, is_package, deep, optional=optional)
        else:
            for _, value in ast.iter_fields(node):
                inner = (
                    [each for each in value if isinstance(each, ast.stmt)] if isinstance(value, list) else []
                )
                yield from _of(inner, name, is_package, deep, optional=optional)
                if isinstance(value, list) and value and isinstance(value[0], ast.match_case):
                    for case in value:
                        yield from _of(case.body, name, is_package, deep, optional=optional)
            if deep or not isinstance(node, ast.FunctionDef):
                yield from _by_name(node, optional)


def _by_name(node: ast.stmt, optional: bool) -> Iterator[Import]:
    """`import_module("name")`, of a name that is written out."""
    if not isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return):
        return
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and each.args and isinstance(each.args[0], ast.Constant):
            function = each.func
            called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            value = each.args[0].value
            if called in ("import_module", "__import__") and isinstance(value, str) and value[:1] != ".":
                yield Import(value, each.lineno, optional)


def _is_for_types(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        kind is None or (kind.attr if isinstance(kind, ast.Attribute) else getattr(kind, "id", "")) in _ABSENT
        for kind in kinds
    )
