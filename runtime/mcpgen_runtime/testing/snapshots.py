"""A server's interface as it was reviewed, in a file beside its tests.

    def test_interface():
        snapshot(server, "tests/server.mcp.json")

It fails when the interface is another, and says of each change whether it breaks clients. Whoever means the
change runs the tests once with MCPGEN_SNAPSHOT=update, and the file's diff is reviewed with the rest.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcpgen_runtime.definition import definition_of, json_text
from mcpgen_runtime.server import Server
from mcpgen_runtime.testing.interface import Change, interface_changes

VARIABLE = "MCPGEN_SNAPSHOT"


class InterfaceChanged(AssertionError):
    """A server's interface is not what its snapshot says; `changes` tells what is, those that break first."""

    def __init__(self, message: str, changes: tuple[Change, ...] = ()) -> None:
        super().__init__(message)
        self.changes = changes


def snapshot(server: Server | Mapping[str, Any], path: str | os.PathLike[str]) -> tuple[Change, ...]:
    """Hold what `server` offers now, or a definition, to the file at `path`, a definition in JSON.

    Raises `InterfaceChanged` where it differs, or there is no file yet; with MCPGEN_SNAPSHOT=update in the
    environment it writes the file instead, and returns what has changed in it. The version and the order of
    lists may differ. Raises `ValueError` for a file that is no definition, and another value of the variable.
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    file = Path(path)
    definition = definition_of(server) if isinstance(server, Server) else dict(server)
    update = _is_to_be_updated()
    if not file.exists():
        if not update:
            raise InterfaceChanged(
                f"there is no snapshot {file}: {VARIABLE}=update in the environment makes it"
            )
        _write(file, definition)
        return ()
    changes = tuple(interface_changes(_read(file), definition))
    if update:
        _write(file, definition)
    elif changes:
        raise InterfaceChanged(_message(file, changes), changes)
    return changes


def _is_to_be_updated() -> bool:
    value = os.environ.get(VARIABLE, "")
    if value not in ("", "update"):
        raise ValueError(f"{VARIABLE} is {value!r}, which means nothing: set it to update, or not at all")
    return value == "update"


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is no snapshot: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{file} is no snapshot: it holds no object")
    return found


def _write(file: Path, definition: Mapping[str, Any]) -> None:
    """All of it or nothing: a run that is killed leaves the old file."""
    text = json_text(dict(definition))
    file.parent.mkdir(parents=True, exist_ok=True)
    written = file.with_name(f".{file.name}.{os.getpid()}")
    written.write_text(text, encoding="utf-8")
    written.replace(file)


def _message(file: Path, changes: tuple[Change, ...]) -> str:
    breaking = sum(change.verdict == "breaking" for change in changes)
    lines = [f"the interface is not the one in {file}:", *(f"  {change}" for change in changes)]
    lines.append(
        f"{len(changes)} changed, {breaking or 'none'} of it breaking: is it meant? Then run it again with"
    )
    lines.append(f"{VARIABLE}=update in the environment, and have the file's diff reviewed.")
    return "\n".join(lines)
