"""What can be wrong inside a WIT room, or in any WIT that is offered to hosts.

It has to parse; it has to have a version, for hosts link by it; it has to say what it means, for nobody else
does; and beside it lies only what it uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mcpgen.lint.problem import Problem
from mcpgen.wit import InvalidWit, Wit, read
from mcpgen.wit.model import FutureOf, Package, StreamOf
from mcpgen.wit.places import Place, documents, place_of_function, place_words
from mcpgen.wit.sources import lines, nearest, sources
from mcpgen.wit.uses import types_of, used_interfaces

_DOCUMENTED = frozenset({"interface", "world", "record", "variant", "enum", "flags", "resource", "function"})
#: A place, what is wrong there, and how to mend it.
_Found = tuple[Place, str, str]


def lint(path: Path) -> tuple[Problem, ...]:
    """Every problem of the WIT in a file, or in a directory with its deps/; none where all is well.

    Raises `MissingExtra` where wasm-tools is not installed, and `InvalidWit` where nothing is at `path`.
    """
    try:
        wit = read(path)
    except InvalidWit as error:
        if not path.exists():
            raise
        # wasm-tools begins with the place, and so does the message.
        where, _, message = error.message.partition(": ")
        return (Problem(_file(path, where), message, error.hint),)
    known = lines(sources(path))
    problems: list[Problem] = []
    for place, message, hint in (*_version(wit.main), *_undocumented(wit.main), *_asynchronous(wit.main)):
        line = nearest(place, known)
        where = str(path) if line is None else f"{line[0]}:{line[1]}"
        problems.append(Problem(_file(path, where), f"{place_words(place)}: {message}", hint))
    return (*problems, *_dependencies(path, wit))


def _file(path: Path, place: str) -> str:
    """A place as it is told of: from the room on, where `path` is one."""
    inside = f"{path.as_posix()}/"
    return place.removeprefix(inside) if path.is_dir() else place


def _version(package: Package) -> Iterator[_Found]:
    if package.version is None:
        yield (), "has no version, by which hosts link", f"package {package.name}@0.1.0;"


def _undocumented(package: Package) -> Iterator[_Found]:
    for place, docs in documents(package):
        if place and not docs and place[-1][0] in _DOCUMENTED:
            yield place, "does not say what it is for", "a line above it does: /// …"


def _asynchronous(package: Package) -> Iterator[_Found]:
    for name, interface in package.interfaces.items():
        for function in interface.functions.values():
            if function.is_async or any(isinstance(each, StreamOf | FutureOf) for each in types_of(function)):
                yield (
                    place_of_function((("interface", name),), function),
                    "takes a host with WASI 0.3: it is async, or passes a stream or a future",
                    "pass lists, or a resource with a pollable, as WASI 0.2 does",
                )


def _dependencies(path: Path, wit: Wit) -> Iterator[Problem]:
    """What is wrong with the packages beside the main one."""
    where = "deps" if path.is_dir() else str(path)
    used = used_interfaces(wit)
    versions: dict[str, str | None] = {}
    for package in wit.packages:
        if package is wit.main:
            continue
        if not any(interface.id in used for interface in package.interfaces.values()):
            yield Problem(
                where,
                f"package {package.id}: nothing here uses it",
                "delete it: who reads deps/ wants to see what is asked of hosts",
            )
        if package.name in versions:
            yield Problem(
                where,
                f"package {package.name} is here twice, as {versions[package.name]} and as {package.version}",
                "use one of them: types of the one are no types of the other",
            )
        versions.setdefault(package.name, package.version)
