"""Modules that a component carries as compressed code, and unpacks when somebody imports them.

A component is a snapshot of Python's memory: a module that is imported when it is made costs its whole
heap, though few calls need it. And after that nothing can be imported from files: there are none, and looking
for them would be a system call that ends the instance. So what is rarely needed is packed, and `install` has
every further import answered from memory, or refused by name.
"""

from __future__ import annotations

import marshal
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    BuiltinImporter,
    ExtensionFileLoader,
    FileFinder,
    FrozenImporter,
    ModuleSpec,
    SourceFileLoader,
)
from types import CodeType, ModuleType
from typing import NamedTuple

_KINDS = ((ExtensionFileLoader, EXTENSION_SUFFIXES), (SourceFileLoader, SOURCE_SUFFIXES))


class Source(NamedTuple):
    """A module as it is written."""

    text: bytes
    filename: str
    is_package: bool


class Packed(NamedTuple):
    """A module as a component carries it: `code` is for the Python that packed it, marshalled, compressed."""

    code: bytes
    filename: str
    is_package: bool


def pack(
    names: Iterable[str], source_of: Callable[[str], Source] | None = None, *, optimize: int = 0
) -> dict[str, Packed]:
    """The modules `names`, packed by the interpreter that will unpack them; nothing of them is run.

    Without `source_of` they are looked for where imports would (`source_on_path`). `optimize` is that of
    `compile`: 1 leaves out assertions, 2 also docstrings. Raises `ImportError` for what has no Python source,
    and `SyntaxError`.
    """
    source_of = source_of or source_on_path
    packed = {}
    for name in names:
        source = source_of(name)
        code = compile(source.text, source.filename, "exec", dont_inherit=True, optimize=optimize)
        packed[name] = Packed(zlib.compress(marshal.dumps(code), 9), source.filename, source.is_package)
    return packed


def source_on_path(name: str) -> Source:
    """Where an import would find `name` in `sys.path`, without importing it or the packages around it.

    Raises `ImportError` where there is no such module, or none in Python.
    """
    path: Sequence[str] | None = sys.path
    spec: ModuleSpec | None = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        spec = _spec(".".join(parts[:end]), path or ())
        if spec is None or (end < len(parts) and spec.submodule_search_locations is None):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        path = spec.submodule_search_locations
    if spec is None or spec.origin is None:
        return Source(b"", f"<namespace {name}>", True)
    if not spec.origin.endswith(".py"):
        raise ImportError(f"{name} is not written in Python: {spec.origin}", name=name, path=spec.origin)
    with open(spec.origin, "rb") as file:  # noqa: PTH123 (whoever imports this is to stay small)
        return Source(file.read(), spec.origin, path is not None)


def _spec(name: str, path: Sequence[str]) -> ModuleSpec | None:
    # `PathFinder` wants the package around a namespace to be imported.
    folders: list[str] = []
    for folder in path:
        spec = FileFinder(folder or ".", *_KINDS).find_spec(name)
        if spec is not None and spec.loader is not None:
            return spec
        folders += (spec and spec.submodule_search_locations) or ()
    if not folders:
        return None
    namespace = ModuleSpec(name, None, is_package=True)
    namespace.submodule_search_locations = folders
    return namespace


def install(packed: Mapping[str, Packed]) -> None:
    """Answer every import from `packed`, and from what the interpreter has built in; never from a file."""
    built_in = [finder for finder in sys.meta_path if finder in (BuiltinImporter, FrozenImporter)]
    sys.meta_path[:] = [*built_in, MemoryImporter(packed)]
    sys.path.clear()
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()


class MemoryImporter:
    """The last finder and a loader: what it does not have, the component does not have."""

    def __init__(self, packed: Mapping[str, Packed]) -> None:
        self._packed = packed

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`. Raises `ModuleNotFoundError` where something is imported."""
        packed = self._packed.get(fullname)
        if packed is None:
            # Who only asks whether there is such a module, gets None, as everywhere.
            if sys._getframe(2).f_code.co_name != "_find_and_load_unlocked":
                return None
            raise ModuleNotFoundError(f"No module named {fullname!r} in this component", name=fullname)
        spec = ModuleSpec(fullname, self, origin=packed.filename, is_package=packed.is_package)  # type: ignore[arg-type]
        spec.has_location = True
        if packed.is_package:
            # Where it was: some look at the first place, though nothing is ever looked for there.
            spec.submodule_search_locations = [packed.filename.rpartition("/")[0]]
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        """See `importlib.abc.Loader`."""

    def exec_module(self, module: ModuleType) -> None:
        """See `importlib.abc.Loader`."""
        exec(self.get_code(module.__name__), module.__dict__)

    def get_code(self, fullname: str) -> CodeType:
        """See `importlib.abc.InspectLoader`. Raises `ImportError`."""
        try:
            code: CodeType = marshal.loads(zlib.decompress(self._packed[fullname].code))
        except KeyError:
            raise ModuleNotFoundError(
                f"No module named {fullname!r} in this component", name=fullname
            ) from None
        return code

    def get_source(self, fullname: str) -> None:
        """See `importlib.abc.InspectLoader`: tracebacks ask, and do without."""

    def is_package(self, fullname: str) -> bool:
        """See `importlib.abc.InspectLoader`."""
        return fullname in self._packed and self._packed[fullname].is_package
