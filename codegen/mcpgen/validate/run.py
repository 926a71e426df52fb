"""One call of `mcpgen validate` from its first byte to its report.

A run is one conversation: a fresh process or session, opened, exercised, closed, judged. With
`--revision all` there are five. Whatever a server does ends in a report; only a mistake of ours raises.
So does a first interruption: what was found until then is worth knowing.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import mcpgen_types
from mcpgen.errors import ExitCode, McpgenError, TargetSilent
from mcpgen.schema.rules import RuleBook, load_rules
from mcpgen.validate import client
from mcpgen.validate.asked import asked_of
from mcpgen.validate.exercise import Exercise, Plan
from mcpgen.validate.failures import INTERRUPTED, declined, explain, interrupted
from mcpgen.validate.journal import HttpReply, Journal, Received, StreamEvent
from mcpgen.validate.judge import judge
from mcpgen.validate.opening import Declined, Opened, open_any, open_exactly, open_legacy, wants_token
from mcpgen.validate.probes.asker import PATIENCE, PAUSE
from mcpgen.validate.probes.catalogue import AUTHORIZATION, probes_of
from mcpgen.validate.probes.running import Prober
from mcpgen.validate.recorder import Limits, Tally
from mcpgen.validate.report import Failure, Report, Run
from mcpgen.validate.session import Session, Unanswered
from mcpgen.validate.target import Target
from mcpgen_runtime.client.errors import LimitPassed, ServerGone
from mcpgen_runtime.client.opening import OLDER_TRANSPORT

OLDER = "http+sse"
_OVER_SSE = "the server was spoken to over HTTP+SSE, the transport of 2024-11-05"

# How long a process has to end after a conversation for probes: whether it ends of itself was seen before.
_ENDING = (0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Options:
    """How to judge it. `revision` is None to find out, `all`, or one; times are in seconds.

    A `bare` client declares nothing; `sampling_tools`, `elicit_url` and `client_tasks` declare more than
    the validator does.
    A server that declines one revision alone did not do what was asked, unless it `may_decline`. Where
    `probes`, it is also asked what an ordinary client would not ask, each with a `patience` of its own; where
    a server may tell of something of itself, it has a `pause` for that.
    """

    revision: str | None = None
    timeout: float = 30.0
    deadline: float = 120.0
    limits: Limits = field(default_factory=Limits)
    plan: Plan = field(default_factory=Plan)
    probes: bool = False
    patience: float = PATIENCE
    pause: float = PAUSE
    bare: bool = False
    sampling_tools: bool = False
    elicit_url: bool = False
    client_tasks: bool = False
    may_decline: bool = False


async def validate(target: Target, options: Options, *, announce: Callable[[str], None]) -> Report:
    """Judge a server. `announce` is told what happens, for a progress display.

    Where its task is cancelled, the server is ended and what there is judged: the report's failure then has
    the code `INTERRUPTED`. Cancelled again, it ends the server at once and raises `CancelledError`.
    """
    book = load_rules()
    if options.revision != "all":
        run = await _Conversation(target, options, book, announce).run(options.revision)
        return Report(target.described(), (run,))
    runs: list[Run] = []
    for revision in client.REVISIONS:
        announce(f"revision {revision}")
        run = await _Conversation(target, options, book, announce, follows=bool(runs)).run(revision)
        if _fell_over_the_question(run, runs):
            run = replace(run, failure=None, skipped="the server ends where it is asked server/discover")
        runs.append(run)
        if run.failure is None:
            continue
        if run.failure.code == INTERRUPTED:
            break
        if run.failure.code == ExitCode.UNREACHABLE and not run.requests:
            # It will not start, or is not there: four more attempts would say the same.
            break
    if runs and all(run.skipped is not None for run in runs):
        reason = "; ".join(f"{run.revision}: {run.skipped}" for run in runs)
        runs.append(
            _failed("all", f"the server speaks no known revision ({reason})", "see its documentation")
        )
    return Report(target.described(), tuple(runs))


def _fell_over_the_question(run: Run, before: list[Run]) -> bool:
    """Whether a server that spoke older revisions ended at the first message of a newer era.

    It knows no such message, and no revision says what becomes of a connection that begins with another.
    """
    return (
        run.failure is not None
        and run.failure.code == ExitCode.UNREACHABLE
        and run.era == "modern"
        and not run.judged
        and run.requests == 1
        and any(other.judged and other.agreed for other in before)
    )


def _failed(revision: str, message: str, hint: str) -> Run:
    return Run(revision, "legacy", failure=Failure(ExitCode.UNREACHABLE, message, hint))


async def _forgotten() -> None:
    """Let go of the messages of the conversation before: they may be very large.

    A transport and its recorder know each other, and a few long messages wake no collector. The event loop
    holds on to what ended until it turns again.
    """
    await asyncio.sleep(0)
    gc.collect()


class _Conversation:
    def __init__(
        self,
        target: Target,
        options: Options,
        book: RuleBook,
        announce: Callable[[str], None],
        *,
        follows: bool = False,
    ) -> None:
        self.follows = follows
        self.target = target
        self.options = options
        self.book = book
        self.announce = announce
        self.opened: Opened | None = None
        self.notes: tuple[str, ...] = ()
        self.prober: Prober | None = None

    async def run(self, revision: str | None, *, reopened: bool = False, older: bool = False) -> Run:
        """One conversation in `revision`, or in what the server speaks.

        A server that was `reopened` is old; one that is reached over the `older` transport too.
        """
        # One for all conversations of the run: their journals are kept until all are judged together.
        tally = Tally()
        transport = self.target.recorder(
            Journal(time.monotonic), self.options.limits, older=older, tally=tally
        )
        session = Session(
            transport,
            timeout=self.options.timeout,
            bare=self.options.bare,
            sampling_tools=self.options.sampling_tools,
            elicit_url=self.options.elicit_url,
            takes_tasks=self.options.client_tasks,
        )
        failure: Failure | None = None
        refusal: Declined | None = None
        try:
            async with asyncio.timeout(self.options.deadline):
                self.target.check()
                if self.follows:
                    await _forgotten()
                await transport.open()
                await self._converse(session, revision, reopened, older, tally)
        except Declined as reason:
            refusal = reason
        except TimeoutError:
            failure = self._failure(self._overtime(), session)
        except (McpgenError, ServerGone, LimitPassed, Unanswered) as error:
            failure = self._failure(error, session)
        except asyncio.CancelledError:
            failure = interrupted(session.asked)
        finally:
            await session.close()
        if self._died_of_the_probe(session, failure, revision, reopened):
            return await self.run(None, reopened=True)
        if self._may_be_older(session, failure or refusal, revision, older):
            again = await self.run(revision, reopened=True, older=True)
            if self.opened is not None or (again.failure and again.failure.code == INTERRUPTED):
                return replace(again, notes=(_OVER_SSE, *again.notes))
        return self._judged(session, revision, refusal, failure)

    async def _converse(
        self, session: Session, revision: str | None, reopened: bool, older: bool, tally: Tally
    ) -> None:
        deadline = asyncio.get_running_loop().time() + self.options.deadline
        self.announce("opening")
        # Whoever is at the end of the older transport was there before there was another era.
        old = session.transport.name == OLDER
        if old and revision is not None and client.era_of(revision) == "modern":
            raise Declined(f"HTTP+SSE is no transport of {revision}")
        try:
            if revision is not None:
                self.opened = await open_exactly(session, revision)
            elif reopened or old:
                self.opened = await open_legacy(session, client.LEGACY[-1], exactly=False)
            else:
                self.opened = await open_any(session)
        except (Declined, Unanswered) as refusal:
            await self._unauthorized(session, revision or session.revision, deadline, refusal)
            raise
        exercise = Exercise(session, self.opened, self.options.plan, announce=self.announce)
        try:
            await exercise.run()
        finally:
            self.notes = tuple(exercise.notes)
        if not self.options.probes:
            return
        probes = probes_of(self.book, self.opened.revision, session.transport.name)
        prober = self.prober = Prober(
            probes,
            deadline=deadline,
            announce=self.announce,
            patience=self.options.patience,
            pause=self.options.pause,
        )
        exercise.surface.calls_tools = exercise.plan.call_tools
        await prober.within(session, self.opened, exercise.surface)
        await session.close()

        hasty = replace(self.target, ending=_ENDING)

        def begin(as_other: bool) -> Session:
            target = hasty.as_other_user() if as_other else hasty
            fresh = target.recorder(Journal(time.monotonic), self.options.limits, older=older, tally=tally)
            return Session(fresh, timeout=self.options.timeout, bare=self.options.bare)

        await prober.afterwards(session, self.opened, exercise.surface, begin)

    async def _unauthorized(
        self, session: Session, revision: str, deadline: float, refusal: Declined | Unanswered
    ) -> None:
        """Learn of a server that wants a token what can be learnt without; raises what that means."""
        if session.transport.name != "http" or not wants_token(session):
            return
        reply = next(one for one in reversed(session.transport.journal.entries) if isinstance(one, HttpReply))
        known = probes_of(self.book, revision, "http") if self.options.probes else []
        if probes := [probe for probe in AUTHORIZATION if probe in known]:
            self.prober = Prober(
                probes, deadline=deadline, announce=self.announce, patience=self.options.patience
            )
            with suppress(ServerGone):
                await self.prober.refused(session, revision)
        if isinstance(refusal, Declined):
            asked = (reply.headers or {}).get("www-authenticate")
            told = "" if asked is None else f"; it asks for {asked:.300}"
            raise Unanswered("initialize", f"HTTP status 401{told}", replied=True)

    def _judged(
        self, session: Session, revision: str | None, refusal: Declined | None, failure: Failure | None
    ) -> Run:
        spoken = self.opened.revision if self.opened is not None else (revision or session.revision)
        era = client.era_of(spoken)
        if refusal is not None and (self.options.revision == "all" or self.options.may_decline):
            return Run(spoken, era, requests=session.asked, skipped=str(refusal))
        if refusal is not None:
            failure = declined(refusal, revision)
        if failure is not None:
            # Asked only now: what the server said last arrives while the transport is closed.
            failure = replace(failure, stderr=session.transport.last_words())
        entries = session.transport.journal.entries
        heard = self.opened is not None or any(isinstance(entry, Received | StreamEvent) for entry in entries)
        unauthorized = self.opened is None and self.prober is not None
        if refusal is not None or not (heard or unauthorized):
            return Run(spoken, era, requests=session.asked, failure=failure)
        judgement = judge(
            entries,
            revision=spoken,
            transport=session.transport.name,
            wire=mcpgen_types.revision(spoken),
            book=self.book,
            declared=session.declared,
            ended_early=failure is not None,
            further=self.prober.journals if self.prober is not None else (),
            local=session.transport.on_loopback,
        )
        return Run(
            revision=spoken,
            era=era,
            server=self.opened.server if self.opened is not None else {},
            findings=judgement.findings,
            checks=judgement.checks,
            notes=self.notes,
            requests=session.asked + (self.prober.asked if self.prober is not None else 0),
            failure=failure,
            probes=judgement.probes,
            agreed=self.opened is not None,
            capabilities=self.opened.capabilities if self.opened is not None else {},
            asked=asked_of(entries),
        )

    def _overtime(self) -> TargetSilent:
        return TargetSilent(
            f"the run took longer than {self.options.deadline:g} s",
            hint="a longer run is allowed with --deadline SECONDS",
        )

    def _failure(self, error: Exception, session: Session) -> Failure:
        """The exit code and words for what ended a conversation early."""
        opened = self.opened is not None
        return explain(error, opened=opened, target=self.target, entries=session.transport.journal.entries)

    def _may_be_older(
        self, session: Session, ended: Failure | Declined | None, revision: str | None, older: bool
    ) -> bool:
        """Whether the server may be one of HTTP+SSE: 2026-07-28 basic/transports/streamable-http."""
        replies = [entry for entry in session.transport.journal.entries if isinstance(entry, HttpReply)]
        return (
            ended is not None
            and (isinstance(ended, Declined) or ended.code == ExitCode.UNREACHABLE)
            and self.opened is None
            and not older
            and (revision is None or client.era_of(revision) == "legacy")
            and bool(replies)
            and replies[-1].status in OLDER_TRANSPORT
        )

    def _died_of_the_probe(
        self, session: Session, failure: Failure | None, revision: str | None, reopened: bool
    ) -> bool:
        """Whether an old server may merely have fallen over the question for its era."""
        return (
            failure is not None
            and failure.code == ExitCode.UNREACHABLE
            and revision is None
            and not reopened
            and session.asked == 1
            and session.transport.name != "http"
        )
