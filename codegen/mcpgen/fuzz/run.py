"""One call of `mcpgen fuzz`: session after session until the time is up, and every new failure cut down."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from mcpgen.errors import McpgenError, TargetUnreachable, UsageError
from mcpgen.fuzz.conversation import Spoken, speak
from mcpgen.fuzz.cutting import Cut, Cutter
from mcpgen.fuzz.failures import FailOn, Failure, failures
from mcpgen.fuzz.script import Line, Script
from mcpgen.fuzz.surface import NotSpoken, Surface, survey
from mcpgen.validate import client
from mcpgen.validate.exercise import mirrored_headers
from mcpgen.validate.target import Target
from mcpgen_runtime.schemas import SchemaError, compile_schema

#: So many sessions are drawn at once, for each revision in turn.
_BATCH = 4
_MOST = 20


@dataclass(frozen=True, slots=True)
class Options:
    """How to fuzz. `revision` is None for the newest of each era, `all`, or one.

    It ends after so many `seconds`, `sessions` or `failures`; `timeout` is in seconds for an answer,
    `cutting` what may go by until a failure is cut down.
    """

    seconds: float = 60.0
    seed: int = 0
    revision: str | None = None
    timeout: float = 10.0
    cutting: float = 30.0
    sessions: int | None = None
    failures: int = _MOST
    destructive: bool = False
    only: tuple[str, ...] = ()
    fail_on: FailOn = "must"


@dataclass(slots=True)
class Outcome:
    """What came of it. `stopped` is why it ended before its time, `notes` what was left out."""

    found: list[Cut] = field(default_factory=list)
    sessions: int = 0
    messages: int = 0
    revisions: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    stopped: str | None = None
    interrupted: bool = False


async def fuzz(
    target: Target,
    options: Options,
    *,
    announce: Callable[[str], None],
    tell: Callable[[Cut], None],
    watch: Callable[[Spoken], None] = lambda _: None,
) -> Outcome:
    """Fuzz a server. `tell` is given each failure as soon as it is cut down, `watch` each session.

    Where its task is cancelled, what was found until then is the outcome. Raises `TargetUnreachable` where
    the server cannot be reached to begin with, `UsageError` where it does not speak the revision.
    """
    run = _Run(target, options, announce, tell, watch)
    try:
        await run.fuzz()
    except asyncio.CancelledError:
        run.outcome.interrupted = True
    return run.outcome


class _Run:
    def __init__(
        self,
        target: Target,
        options: Options,
        announce: Callable[[str], None],
        tell: Callable[[Cut], None],
        watch: Callable[[Spoken], None],
    ) -> None:
        self.target = target
        self.options = options
        self.announce = announce
        self.tell = tell
        self.watch = watch
        self.outcome = Outcome()
        self.seen: Counter[tuple[str, str, str, str]] = Counter()
        self.fatal: set[str] = set()
        self.ends = 0.0

    async def fuzz(self) -> None:
        """Session after session."""
        self.announce("reading what the server offers")
        surfaces = await self._surfaces()
        self.outcome.revisions = tuple(surface.revision for surface in surfaces)
        self._note_what_is_left_out(surfaces)
        self.ends = time.monotonic() + self.options.seconds
        for surface, script in self._scripts(surfaces):
            if time.monotonic() > self.ends or self._enough():
                return
            try:
                await self._session(surface, script)
            except TargetUnreachable as error:
                self.outcome.stopped = f"the server cannot be reached any more: {error.message}"
                return

    async def _surfaces(self) -> list[Surface]:
        ask = partial(
            survey,
            self.target,
            patience=self.options.timeout,
            destructive=self.options.destructive,
            only=self.options.only,
        )
        if self.options.revision not in (None, "all"):
            try:
                return [await ask(revision=self.options.revision)]
            except NotSpoken as reason:
                raise UsageError(
                    f"the server does not speak {self.options.revision}: {reason}",
                    hint="leave --revision out",
                ) from None
        found: list[Surface] = []
        wanted = [None, "legacy"] if self.options.revision is None else list(client.REVISIONS)
        failed: McpgenError | None = None
        for revision in wanted:
            try:
                surface = await ask(revision=revision)
            except NotSpoken as reason:
                failed = failed or TargetUnreachable(
                    f"the server speaks no revision that is known: {reason}", hint="see its documentation"
                )
            except McpgenError as error:
                failed = error
            else:
                if all(surface.revision != known.revision for known in found):
                    found.append(surface)
        if not found and failed is not None:
            raise failed
        return found

    def _note_what_is_left_out(self, surfaces: list[Surface]) -> None:
        names = {tool["name"] for surface in surfaces for tool in surface.tools}
        listed = {str(tool.get("name")) for surface in surfaces for tool in surface.items("tools/list")}
        if missing := [name for name in self.options.only if name not in listed]:
            raise UsageError(
                f"the server has no tool {missing[0]!r}", hint=f"it has {', '.join(sorted(listed)) or 'none'}"
            )
        left = sorted(listed - names) if not self.options.only else []
        if left:
            shown = ", ".join(left[:8]) + (" …" if len(left) > 8 else "")
            self.outcome.notes.append(
                f"not called, they do not say that they only read: {shown} (--allow-destructive calls them)"
            )

    def _scripts(self, surfaces: list[Surface]) -> Iterator[tuple[Surface, Script]]:
        from mcpgen.fuzz.sessions import Sessions

        batch = 0
        sources = [(surface, Sessions(surface)) for surface in surfaces]
        while True:
            for surface, sessions in sources:
                start = _derived(self.options.seed, surface.revision, batch)
                for script in sessions.drawn(start=start, count=_BATCH):
                    yield surface, script
            batch += 1

    def _enough(self) -> bool:
        bound = self.options.sessions
        return len(self.outcome.found) >= self.options.failures or (
            bound is not None and self.outcome.sessions >= bound
        )

    async def _session(self, surface: Surface, script: Script) -> None:
        known = f", {len(self.outcome.found)} failures" if self.outcome.found else ""
        self.announce(f"session {self.outcome.sessions + 1}, {self.outcome.messages} messages{known}")
        # What ended the server once would end it again, before anything else could be seen.
        spared = tuple(
            line for line in script.lines if line.claim == "valid" or _kind(line) not in self.fatal
        )
        script = replace(script, lines=spared)
        spoken = await speak(self.target, script, patience=self.options.timeout)
        self.outcome.sessions += 1
        self.outcome.messages += len(spoken.lines)
        self.watch(spoken)
        if not spoken.opened and spoken.gone is not None and self.target.command == ():
            raise TargetUnreachable(spoken.gone, hint="start it again")
        if spoken.passed_limit:
            self._note(f"{_told(spoken)}: cut off, {spoken.gone}")
        for failure in self._failures(spoken):
            self.seen[failure.key] += 1
            if self.seen[failure.key] == 1 and len(self.outcome.found) < self.options.failures:
                await self._found(surface, spoken, failure)

    def _failures(self, spoken: Spoken) -> list[Failure]:
        """What failed; that a judge of ours did is no reason to end."""
        try:
            return failures(spoken, fail_on=self.options.fail_on)
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            self._note(f"a mistake of mcpgen: {error!r} at {Path(frame.filename).name}:{frame.lineno}")
            return []

    def _note(self, note: str) -> None:
        if note not in self.outcome.notes:
            self.outcome.notes.append(note)

    async def _found(self, surface: Surface, spoken: Spoken, failure: Failure) -> None:
        self.announce(f"cutting down: {failure.name} {failure.method} {failure.subject}")
        cutter = Cutter(
            self.target,
            patience=self.options.timeout,
            fail_on=self.options.fail_on,
            known=partial(_known, surface),
        )
        cut = Cut(spoken, failure, False, 0)
        try:
            cut = await cutter.cut(spoken, failure, seconds=self.options.cutting)
        except TargetUnreachable:
            # What ended the server cannot be shown twice.
            pass
        finally:
            if cut.failure.key != failure.key and self.seen[cut.failure.key]:
                # Noticed somewhere else, and in the end what was found before.
                pass
            elif cut.again or failure.kind != "hang":
                self.seen[cut.failure.key] += 1
                if failure.kind in ("crash", "hang") and cut.spoken.said:
                    self.fatal.add(_kind(cut.spoken.said[-1]))
                self.outcome.found.append(cut)
                self.tell(cut)
            else:
                self._note(f"{_told(spoken)} was once not answered in time, and then it was")


def _told(spoken: Spoken) -> str:
    """What was asked last, in a word or two."""
    last = spoken.lines[-1]
    return f"{last.method} {last.subject}".strip()


def _kind(line: Line) -> str:
    """What a line has in common with those that do the same to a server, for all that is known."""
    if line.claim == "broken":
        return line.text if line.text is not None else json.dumps(line.message)
    return f"{line.claim} {line.method} {line.subject}"


def _known(surface: Surface, line: Line) -> Line:
    """A line that was made simpler, with what is known of it now and the headers that it needs."""
    if line.method != "tools/call" or line.claim == "odd":
        return line
    from mcpgen.fuzz.asking import claim_of

    tool = next((tool for tool in surface.tools if tool["name"] == line.subject), {})
    schema, arguments = tool.get("inputSchema"), line.message["params"].get("arguments")
    headers = mirrored_headers(schema, arguments) if surface.modern else {}
    try:
        return replace(line, claim=claim_of(arguments, compile_schema(schema)), headers=headers)
    except SchemaError:
        return replace(line, claim="odd", headers=headers)


def _derived(seed: int, revision: str, batch: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {revision} {batch}".encode()).digest()[:8])
