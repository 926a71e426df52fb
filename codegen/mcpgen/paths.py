"""Where mcpgen finds the data it ships: in the wheel beside the code, in a checkout at its root."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def schema_directory() -> Path:
    """The schema room that comes with this mcpgen: one schema per revision, methods, errata, rules."""
    packaged = _PACKAGE / "_schema"
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / "schema"


def wit_directory() -> Path:
    """The WIT room that comes with this mcpgen: package `mcpgen:mcp`, and beside it what it uses of WASI."""
    packaged = _PACKAGE / "_wit"
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / "wit"


def cache_directory() -> Path:
    """Where mcpgen keeps what it can make again: below the user's cache directory, as the platform has it.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    wished = os.environ.get("XDG_CACHE_HOME", "")
    if Path(wished).is_absolute():  # the specification wants anything else ignored
        return Path(wished) / "mcpgen"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "mcpgen" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mcpgen"
    return Path.home() / ".cache" / "mcpgen"
