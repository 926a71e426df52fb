"""WIT as it was written: which files, and which line says what.

wasm-tools tells of no place but where it refuses. What is told here helps who reads a message, and decides
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_PACKAGE = re.compile(r"\bpackage\s+(?P<id>[\w:%./-]+(?:@[\w.+-]+)?)\s*;")


def sources(path: Path) -> Mapping[Path, str]:
    """The files of a package and their text, comments left out and lines kept; those in deps/ are others'."""
    files = sorted(path.glob("*.wit")) if path.is_dir() else [path]
    return {file: _without_comments(file.read_text(encoding="utf-8")) for file in files}


def main_package(files: Mapping[Path, str]) -> str | None:
    """The id of the package that the files are of; None where none says so."""
    for text in files.values():
        if (found := _PACKAGE.search(text)) is not None:
            return found["id"].replace("%", "")
    return None


def _without_comments(text: str) -> str:
    return _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
