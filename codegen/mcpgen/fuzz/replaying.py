"""Says again what a client once said, and holds what comes back against what came back then.

Needs nothing of hypothesis: a failure that was kept is replayed wherever mcpgen is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcpgen.errors import TargetUnreachable, UsageError
from mcpgen.fuzz.conversation import Spoken, speak
from mcpgen.fuzz.failures import FailOn, Failure, failures
from mcpgen.fuzz.record import Record, read
from mcpgen.serving.target import serving_command
from mcpgen.validate.suite import addressed, commanded
from mcpgen.validate.target import Target
from mcpgen.validate.terminal import harmless


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was recorded to fail, None in a transcript of somebody else, and what fails now."""

    recorded: Failure | None
    found: tuple[Failure, ...]
    spoken: Spoken

    @property
    def fails(self) -> bool:
        """Whether what was recorded fails again; without a recorded failure, whether anything does."""
        if self.recorded is None:
            return bool(self.found)
        return any(self.recorded.same(failure) for failure in self.found)

    @property
    def message(self) -> str:
        """It in lines for people."""
        recorded = self.recorded
        again = [each for each in self.found if recorded is None or recorded.same(each)]
        others = [each for each in self.found if each not in again]
        if recorded is None:
            first = f"{len(again)} failures" if len(again) > 1 else "a failure" if again else "nothing fails"
            lines = [first, *(f"  {described(failure)}" for failure in again)]
        elif again:
            lines = [f"still fails: {described(again[0])}"]
        else:
            lines = [f"no longer fails: {described(recorded)}"]
        if others:
            lines += ["something else fails:", *(f"  {described(failure)}" for failure in others)]
        return "\n".join(harmless(line) for line in lines)


def described(failure: Failure) -> str:
    """A failure in a line."""
    where = " ".join(part for part in (failure.method, failure.subject) if part)
    return f"{failure.name}, {where}: {failure.message}" if where else f"{failure.name}: {failure.message}"


async def replay(file: Path, target: Target, *, timeout: float = 10.0, fail_on: FailOn = "must") -> Replayed:
    """Say to `target` what the client of `file` said, and judge the answers.

    `timeout` is in seconds for an answer. Raises `UsageError` for a file that is no transcript, and
    `TargetUnreachable` where there is no server.
    """
    record = read(file)
    if not record.script.lines:
        raise UsageError(f"{file}: in this transcript no client says anything", hint="name another one")
    spoken = await speak(target, record.script, patience=timeout)
    if not spoken.opened and spoken.gone is not None and not _opens_badly(record):
        why = ": ".join([spoken.gone, *spoken.stderr[-1:]])
        raise TargetUnreachable(why, hint=target.reach_hint(spoken.gone))
    strict: FailOn = "should" if record.failure is not None and record.failure.kind == "rule" else fail_on
    return Replayed(record.failure, tuple(failures(spoken, fail_on=strict)), spoken)


def replay_file(
    file: Path | str, target: Target | str | Sequence[str], *, timeout: float = 10.0
) -> str | None:
    """None if what the file recorded no longer fails, else what does, in lines. Raises as `replay` does.

    The server may be named as `mcpgen test` has it, by a URL, a command line or what `mcpgen serve` takes;
    the words of a command line may stand apart.
    """
    replayed = asyncio.run(replay(Path(file), _named(target), timeout=timeout))
    return replayed.message if replayed.fails else None


def _named(server: Target | str | Sequence[str]) -> Target:
    if isinstance(server, Target):
        return server
    if not isinstance(server, str):
        return Target(command=tuple(server))
    if "://" in server:
        return addressed(server, option="the server")
    served = serving_command(server)
    return commanded(server, option="the server") if served is None else Target(command=served)


def _opens_badly(record: Record) -> bool:
    """Whether that the server does not even answer may be what was recorded."""
    return record.failure is not None and record.failure.kind in ("crash", "hang")
