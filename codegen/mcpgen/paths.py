"""Where mcpgen finds the data it ships: in the wheel beside the code, in a checkout at its root."""

from __future__ import annotations

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
