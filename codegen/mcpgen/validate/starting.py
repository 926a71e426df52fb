"""Why a command would not start, and what the one who typed it should have typed."""

from __future__ import annotations

import errno
import json
import shlex
from collections.abc import Sequence
from pathlib import PurePath

from mcpgen.errors import TargetUnreachable

_PLAIN = "a server's command is given as you would type it in this directory"
_LISTED = '"command" is a program that PATH has, or its path: hosts may have another PATH than this shell'
_INTERPRETERS = {".py": "python", ".js": "node", ".mjs": "node", ".cjs": "node", ".sh": "sh", ".rb": "ruby"}


def cannot_start(
    command: Sequence[str], error: OSError | ValueError, *, typed: str = "mcpgen validate --"
) -> TargetUnreachable:
    """The error for a `command`, of which the operating system said `error`.

    `typed` stood before it on a command line; it is empty where a file has the command.
    """
    first = command[0]
    plain = _PLAIN if typed else _LISTED
    if not isinstance(error, OSError):
        return TargetUnreachable(f"cannot start {first!r}: {error}", hint=plain)
    # Named by the error is the working directory where that is what is missing.
    if error.errno == errno.ENOENT and error.filename in (None, first) and " " in first.strip():
        return TargetUnreachable(
            f"cannot start {first!r}: there is no program of that name",
            hint=_unquoted(typed, first.strip(), command[1:]),
        )
    if error.errno in (errno.EACCES, errno.ENOEXEC):
        why = "it is not executable" if error.errno == errno.EACCES else "it is no program"
        hint = _run_with_interpreter(command, listed=not typed)
        return TargetUnreachable(f"cannot start {first!r}: {why}", hint=hint)
    return TargetUnreachable(f"cannot start {first!r}: {error.strerror}", hint=plain)


def _unquoted(typed: str, line: str, rest: Sequence[str]) -> str:
    if typed:
        return f"leave the quotes off: {' '.join([typed, line, *map(shlex.quote, rest)])}"
    return f"its words stand apart there: {_members([*line.split(), *rest])}"


def _members(command: Sequence[str]) -> str:
    """The command as a file lists it."""
    return f'"command": {json.dumps(command[0])}, "args": {json.dumps(list(command[1:]))}'


def _run_with_interpreter(command: Sequence[str], *, listed: bool) -> str:
    interpreter = _INTERPRETERS.get(PurePath(command[0]).suffix)
    if interpreter is None:
        return f"make it executable (chmod +x {shlex.quote(command[0])}), or name the program that runs it"
    return f"try {_members([interpreter, *command]) if listed else f'{interpreter} {shlex.join(command)}'}"
