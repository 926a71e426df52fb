"""WIT as it was written: which files, and which line says what.

wasm-tools tells of no place but where it refuses. What is told here helps who reads a message, and decides
nothing: what is written so oddly that its tokens do not tell, is taken for what it is in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from mcpgen.wit.places import Place

#: A file, and the number of a line in it, from 1 on.
Line: TypeAlias = tuple[Path, int]

_IGNORED = re.compile(r"//[^\n]*|/\*.*?\*/|@(?:since|unstable|deprecated)\(.*?\)", re.DOTALL)
_PACKAGE = re.compile(r"\bpackage\s+(?P<id>[\w:%-]+(?:@[\w.+-]+)?)\s*;")
_TOKEN = re.compile(r"%?[A-Za-z][\w-]*(?::%?[A-Za-z][\w-]*(?:/%?[A-Za-z][\w-]*)?(?:@[\w.+-]+)?)?|->|[^\w\s]")
_BRACKETS = {"(": 1, "<": 1, ")": -1, ">": -1}
_PARTS = {"record": "field", "variant": "case", "enum": "case", "flags": "flag"}
_NAMED = frozenset({"interface", "world", "resource", "type", *_PARTS})


def sources(path: Path) -> Mapping[Path, str]:
    """The files of a package and what they say, without comments; those in deps/ are others'."""
    files = sorted(path.glob("*.wit")) if path.is_dir() else [path]
    return {file: _bare(file.read_text(encoding="utf-8")) for file in files}


def main_package(files: Mapping[Path, str]) -> str | None:
    """The id of the package that the files are of; None where none says so."""
    for text in files.values():
        if (found := _PACKAGE.search(text)) is not None:
            return found["id"].replace("%", "")
    return None


def lines(files: Mapping[Path, str]) -> dict[Place, Line]:
    """Where everything that has a name is said, and where the package itself is."""
    package = (main_package(files) or "").partition("@")[0]
    found: dict[Place, Line] = {}
    for file, text in files.items():
        if (said := _PACKAGE.search(text)) is not None:
            found.setdefault((), (file, text.count("\n", 0, said.start()) + 1))
        for place, line in _places(text, package):
            found.setdefault(place, (file, line))
    return found


def nearest(place: Place, known: Mapping[Place, Line]) -> Line | None:
    """Where `place` is said, or else the innermost that it is in; None where nothing of it is."""
    while place and place not in known:
        place = place[:-1]
    return known.get(place)


def _places(text: str, package: str) -> Iterator[tuple[Place, int]]:
    outer: list[Place] = [()]
    statement: list[str] = []
    began = line = 1
    depth = end = 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", end, token.start())
        end = token.start()
        word = token[0]
        if word in "{}" or (word in ";," and depth <= 0):
            named = _named(outer[-1], statement, package)
            if named is not None:
                yield (*outer[-1], named), began
            if word == "{":
                outer.append(outer[-1] if named is None else (*outer[-1], named))
            elif word == "}" and len(outer) > 1:
                outer.pop()
            statement, depth = [], 0
            continue
        if not statement:
            began = line
        if depth <= 0:
            statement.append(word.replace("%", ""))
        depth += _BRACKETS.get(word, 0)


def _named(outer: Place, statement: Sequence[str], package: str) -> tuple[str, str] | None:
    """Kind and name of what a statement inside of `outer` defines, if it does."""
    kind = outer[-1][0] if outer else ""
    match statement:
        case [name, *_] if kind in _PARTS:
            return _PARTS[kind], name.partition(":")[0]
        case ["constructor", *_]:
            return "constructor", ""
        case [("import" | "export") as side, name, *rest]:
            whole = name.partition("@")[0]
            return side, whole if ":" in whole or rest[:1] == [":"] else f"{package}/{whole}"
        case [word, name, *_] if word in _NAMED and name != ":":
            return word, name
        case [name, ":", *_]:
            return "function", name
    return None


def _bare(text: str) -> str:
    return _IGNORED.sub(lambda ignored: "\n" * ignored[0].count("\n"), text)
