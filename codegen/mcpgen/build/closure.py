"""What a server imports, and what imports that, found by reading sources: nothing is run.

Of the author's own modules every import counts, also those inside of functions: a handler that fails when it
is called is no better than one that fails when it is built. Of others' modules only those count that happen
when they are imported. What a `try` catches as an `ImportError` may be missing everywhere.
"""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from pkgutil import get_importer
from typing import Any, NamedTuple

import mcpgen_runtime
import mcpgen_types
from mcpgen.build.imports import Import, imports
from mcpgen.build.library import library

_OURS = {package.__name__: [*package.__path__] for package in (mcpgen_runtime, mcpgen_types)}


class Place(NamedTuple):
    """Where something is written."""

    file: Path
    line: int


@dataclass(frozen=True, slots=True)
class Module:
    """A module that the server imports, from `importer`, at `place`: None for the first.

    `file` is its source; None for a namespace, and for what is part of Python or of mcpgen's runtime. `tree`
    is None as well where the source cannot be parsed. A package's modules are looked for `inside` of its
    folders. Without one that is `optional` its importer does, or the importer of that.
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
    """What the module of that name, found in `root`, imports. What no source is, imports nothing."""
    return _Search(root).run(module)


class _Search:
    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        # A component has a library of its own, in which not all is that this one has.
        library_here = _library_here()
        self._path = [str(self._root), *(each for each in sys.path if each and each not in library_here)]
        self._found: dict[str, Module] = {}
        self._missing: list[Missing] = []

    def run(self, name: str) -> Closure:
        waiting = list(self._modules(Import(name, 0, False, 1), None))
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
                if known is None or (end <= wanted.certain and known.is_library and not _is_there(name)):
                    if importer is not None and place is not None and not optional and end <= wanted.certain:
                        self._miss(name, importer, place)
                    return
                self._found[name] = known = replace(known, optional=optional)
                yield known
            path = None if known.is_library else [*(known.inside or ())]

    def _miss(self, name: str, importer: Module, place: Place) -> None:
        package = self._found.get(name.rpartition(".")[0])
        # Modules can be made by code: others do it in theirs, and a plain module of theirs may have some.
        is_known = package is None or package.is_library or package.is_authors or bool(package.inside)
        if is_known and (package is None or importer.is_authors):
            missing = Missing(name, importer, place)
            if missing not in self._missing:  # each name of a `from` asks for it
                self._missing.append(missing)

    def _looked_up(
        self, name: str, path: list[str] | None, importer: Module | None, place: Place | None
    ) -> Module | None:
        top = name.partition(".")[0]
        if path is None or (top in library() and not self._is_shadowed(top)) or top in _OURS:
            return Module(name, None, importer, place, is_library=True)
        spec = _spec(name, path)
        if spec is None:
            return None
        inside = tuple(spec.submodule_search_locations or ())
        if spec.origin is None:
            return Module(name, None, importer, place, inside=inside)
        file = Path(spec.origin)
        if file.suffix != ".py":
            source = file.with_name(f"{file.name.partition('.')[0]}.py")
            if not source.is_file():
                return Module(name, None, importer, place, compiled=file)
            file = source  # what was compiled for speed alone, a component has in Python
        resolved = file.resolve()
        is_authors = resolved.is_relative_to(self._root) and "site-packages" not in resolved.parts
        try:
            tree = ast.parse(file.read_bytes(), str(file))
        except (SyntaxError, ValueError, RecursionError, OSError):
            tree = None  # if it is imported at all, loading it says what and where
        return Module(name, file, importer, place, is_authors=is_authors, tree=tree, inside=inside)

    def _is_shadowed(self, name: str) -> bool:
        places = (self._root / f"{name}.py", self._root / name / "__init__.py")
        return any(place.is_file() for place in places)


def _spec(name: str, path: list[str]) -> ModuleSpec | None:
    """Where the module is. `PathFinder` would want the packages around a namespace to be imported."""
    portions: list[str] = []
    for folder in path:
        finder: Any = get_importer(folder)
        spec: ModuleSpec | None = None if finder is None else finder.find_spec(name)
        if spec is not None and spec.loader is not None:
            return spec
        portions += (spec and spec.submodule_search_locations) or ()
    if not portions:
        return None
    namespace = ModuleSpec(name, None, is_package=True)
    namespace.submodule_search_locations = portions
    return namespace


def _is_there(name: str) -> bool:
    """Whether Python's library in a component, or mcpgen's runtime, has a module of that name."""
    if name in library() or name in _OURS:
        return True
    package, *parts = name.split(".")
    return package in _OURS and any(
        Path(folder, *parts).with_suffix(".py").is_file() or Path(folder, *parts).is_dir()
        for folder in _OURS[package]
    )


def _library_here() -> set[str]:
    """Where the library of the Python is that runs this."""
    folders = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    return folders | {str(Path(folder, "lib-dynload")) for folder in folders}
