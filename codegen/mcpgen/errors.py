"""The errors mcpgen raises on purpose, and the exit code that each one means.

    McpgenError
    ├── UsageError        2  wrong usage or unreadable input
    │   ├── SchemaError      a schema file that is not what it should be
    │   ├── InvalidDefinition  a server's definition that cannot be read, or of which no server can be made
    │   └── MissingExtra     an optional dependency is not installed
    ├── TargetUnreachable 3  the target could not be started or reached
    │   └── TargetCrashed        because its own code raised an exception
    └── TargetSilent      4  the target stopped answering

Exit code 1 is not an error but an answer ("it does not hold": drift, violations, breaking
changes), and 5 is whatever else escapes: a bug in mcpgen.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

_A_HANDFUL = 6


class ExitCode(IntEnum):
    """What the process says to its caller."""

    HOLDS = 0
    DOES_NOT_HOLD = 1
    USAGE = 2
    UNREACHABLE = 3
    SILENT = 4
    INTERNAL = 5


class McpgenError(Exception):
    """Something went wrong that the user can mend: what happened, and what to do about it."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(McpgenError):
    """A wrong option, a file that cannot be read or written, a name that does not exist."""


class SchemaError(UsageError):
    """A schema file that is not JSON, not a schema, or says what mcpgen does not understand."""


class InvalidDefinition(UsageError):
    """A server's definition that cannot be read, or of which no server can be made."""


class MissingExtra(UsageError):
    """An optional dependency is needed for this and is not installed."""

    def __init__(self, what: str, *, extra: str) -> None:
        super().__init__(
            f"{what} is needed for this and not installed",
            hint=f"pip install 'mcpgen[{extra}]', or from a checkout: pip install '.[{extra}]'",
        )


class TargetUnreachable(McpgenError):
    """The server under test could not be started or reached."""

    exit_code = ExitCode.UNREACHABLE


class TargetCrashed(TargetUnreachable):
    """The code of the server to be served raised `cause` as it was loaded: shown with its traceback."""

    def __init__(self, what: str, cause: BaseException) -> None:
        name = type(cause).__name__
        super().__init__(
            f"{what} raised {name}" + (f": {cause}" if str(cause) else ""),
            hint="the traceback above is of the server's own code",
        )
        self.cause = cause


class TargetSilent(McpgenError):
    """The server under test stopped answering."""

    exit_code = ExitCode.SILENT


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """A `UsageError` for a name that does not exist, its hint naming the nearest that do.

    `kind` is what the name should have been ("revision", "type").
    """
    names = sorted(known)
    few = len(names) <= _A_HANDFUL
    hints = [nearest(name, names)]
    if few and names:
        hints.append(f"known: {', '.join(names)}")
    return UsageError(
        f"there is no {kind} {name!r}", hint=" ".join(filter(None, hints)) or "check the spelling"
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """Those of `known` that `name` may have been meant for, as a question; empty where there is none."""
    import difflib  # a run that succeeds has no use for it

    names = sorted(known)
    # A handful of names is shown whole, and then only a very near one is a guess worth making.
    few = len(names) <= _A_HANDFUL
    near = difflib.get_close_matches(name, names, n=1 if few else 3, cutoff=0.7 if few else 0.5)
    return f"did you mean {' or '.join(near)}?" if near else ""
