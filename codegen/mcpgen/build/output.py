"""Where a component may be written."""

from __future__ import annotations

from pathlib import Path

from mcpgen.component.sections import MAGIC
from mcpgen.errors import UsageError


def check_output(output: Path, *, such_as: str) -> None:
    """Raise `UsageError` where no component can be written, or something else would be lost by it."""
    if output.is_dir() or not output.resolve().parent.is_dir():
        raise UsageError(
            f"cannot write {output}", hint=f"name a file in a directory that exists: -o {such_as}"
        )
    if output.suffix != ".wasm" and output.exists() and not _is_wasm(output):
        raise UsageError(
            f"{output} is there already, and no component",
            hint=f"name another file, or remove this one: -o {such_as}",
        )


def _is_wasm(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(MAGIC)) in (b"", MAGIC)
    except OSError:
        return False
