"""The Python of a component, which is not the one that builds: its version, and the names in its library."""

from __future__ import annotations

from functools import cache
from pathlib import Path

#: `sys.version_info` and `sys.platform` there.
VERSION = (3, 14, 0, "final", 0)
PLATFORM = "wasi"


@cache
def library() -> frozenset[str]:
    """The modules of its library, `os.path` and other dotted ones among them, and some that components lack.

    `python -m tests.build.library` writes them anew, once componentize-py brings another Python.
    """
    return frozenset(Path(__file__).with_name("library.txt").read_text().split())
