"""The files of an output directory, as they are on disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

Tree = Mapping[str, "bytes | None"]
"""Relative POSIX path to content; None for what is not a regular file: a link, a pipe."""

_CACHE = "__pycache__"


def read_tree(directory: Path) -> dict[str, bytes | None]:
    """Every file below `directory`, sorted by path; Python's bytecode caches are left out.

    A directory that does not exist is empty. Raises `OSError` for what cannot be read.
    """
    tree: dict[str, bytes | None] = {}
    if not os.path.lexists(directory):
        return tree
    for name, directories, files in os.walk(directory, onerror=_raise):
        parent = Path(name)
        directories[:] = [each for each in directories if each != _CACHE]
        # A link to a directory is not walked into: it is one entry, like a link to a file.
        links = [each for each in directories if (parent / each).is_symlink()]
        for path in (parent / each for each in (*files, *links)):
            tree[path.relative_to(directory).as_posix()] = _content(path)
    return dict(sorted(tree.items()))


def _content(path: Path) -> bytes | None:
    # Only a regular file is opened: reading a pipe would wait for ever.
    return path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else None


def _raise(problem: OSError) -> None:
    raise problem
