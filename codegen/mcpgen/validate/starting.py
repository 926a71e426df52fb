"""Why a command would not start, and what the one who typed it should have typed."""

from __future__ import annotations

import errno
import shlex
from collections.abc import Sequence
from pathlib import PurePath

from mcpgen.errors import TargetUnreachable

_PLAIN = "a server's command is given as you would type it in this directory"
_INTERPRETERS = {".py": "python", ".js": "node", ".mjs": "node", ".cjs": "node", ".sh": "sh", ".rb": "ruby"}


def cannot_start(
    command: Sequence[str], error: OSError | ValueError, *, typed: str = "mcpgen validate --"
) -> TargetUnreachable:
    """The error for a `command`, `typed` before it, of which the operating system said `error`."""
    first = command[0]
    if not isinstance(error, OSError):
        return TargetUnreachable(f"cannot start {first!r}: {error}", hint=_PLAIN)
    # Named by the error is the working directory where that is what is missing.
    if error.errno == errno.ENOENT and error.filename in (None, first) and " " in first.strip():
        line = " ".join([typed, first.strip(), *map(shlex.quote, command[1:])])
        return TargetUnreachable(
            f"cannot start {first!r}: there is no program of that name",
            hint=f"leave the quotes off: {line}",
        )
    if error.errno in (errno.EACCES, errno.ENOEXEC):
        why = "it is not executable" if error.errno == errno.EACCES else "it is no program"
        return TargetUnreachable(f"cannot start {first!r}: {why}", hint=_run_with_interpreter(command))
    return TargetUnreachable(f"cannot start {first!r}: {error.strerror}", hint=_PLAIN)


def _run_with_interpreter(command: Sequence[str]) -> str:
    interpreter = _INTERPRETERS.get(PurePath(command[0]).suffix)
    if interpreter is None:
        return f"make it executable (chmod +x {shlex.quote(command[0])}), or name the program that runs it"
    return f"try {interpreter} {shlex.join(command)}"
