"""Why a run ended early, in words: the exit code it means, what happened, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from mcpgen.errors import ExitCode, McpgenError
from mcpgen.validate import client
from mcpgen.validate.journal import Entry, Received
from mcpgen.validate.opening import Declined
from mcpgen.validate.reaching import nobody_there
from mcpgen.validate.report import Failure
from mcpgen.validate.session import Unanswered
from mcpgen.validate.target import Target
from mcpgen_runtime.client.errors import LimitPassed, ServerGone

# What a shell reports of a process that SIGINT ended.
INTERRUPTED = 128 + 2

_SLOW = "a server that is merely slow gets more time with --timeout SECONDS"
_LONGEST_QUOTE = 80


def explain(error: Exception, *, opened: bool, target: Target, entries: Sequence[Entry]) -> Failure:
    """The failure that `error` means, once (`opened`) or before the server was ready.

    `entries` is what was said until then.
    """
    match error:
        case McpgenError():
            return Failure(error.exit_code, error.message, error.hint)
        case LimitPassed():
            return _silent(str(error), "--max-message, --max-messages and --max-memory raise the limits")
        case ServerGone() if opened:
            return _silent(f"{error}, in the middle of the run", "see what the server says for itself")
        case ServerGone():
            words = str(error) if nobody_there(str(error)) else f"{error}, before it was ready"
            return _unreachable(words, target.reach_hint(str(error)))
        case Unanswered(replied=True) if not opened:
            return _unreachable(f"the server cannot be opened: {error}", target.reach_hint(str(error)))
        case _ if not opened and (foreign := _first_foreign_line(entries)) is not None:
            return _silent(
                f"the server talks, but not MCP: {error}",
                "does it log to standard output? Only messages may go there, logs belong on standard error;"
                f" its first line was {foreign!r}",
            )
        case _:
            return _silent(f"the server does not answer: {error}", _SLOW)


def declined(reason: Declined, revision: str | None) -> Failure:
    """The failure of a server that does not speak `revision`, or where that is None, none that is known."""
    unknown = reason.offered is not None and reason.offered not in client.REVISIONS
    if revision is None or unknown:
        return _unreachable(
            f"the server does not speak a known revision: {reason}",
            f"mend the server's protocolVersion; the known revisions are {', '.join(client.REVISIONS)}",
        )
    return _unreachable(
        f"the server does not speak {revision}: {reason}",
        "leave --revision out to judge it in the revision that it speaks",
    )


def interrupted(requests: int) -> Failure:
    """The failure of a run that its user ended."""
    asked = "one request" if requests == 1 else f"{requests} requests"
    return Failure(INTERRUPTED, f"interrupted after {asked}", "run it again to judge the rest")


def _silent(message: str, hint: str) -> Failure:
    return Failure(ExitCode.SILENT, message, hint)


def _unreachable(message: str, hint: str) -> Failure:
    return Failure(ExitCode.UNREACHABLE, message, hint)


def _first_foreign_line(entries: Sequence[Entry]) -> str | None:
    """The first line on standard output, of a server that wrote lines there and not one message."""
    lines = [entry for entry in entries if isinstance(entry, Received) and entry.stream == "stdout"]
    if not lines or any(isinstance(line.value, dict) and "jsonrpc" in line.value for line in lines):
        return None
    text = lines[0].text.strip()
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
