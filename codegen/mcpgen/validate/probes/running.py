"""When probes are asked: after the ordinary requests, in the same conversation; and those apart at the end.

A probe that ends the conversation costs the others nothing: they are asked in a new one. Whatever becomes of
probes, the run itself does not fail over them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from mcpgen.errors import McpgenError
from mcpgen.validate import client
from mcpgen.validate.journal import Entry, LeftOut
from mcpgen.validate.opening import Declined, Opened, open_legacy
from mcpgen.validate.probes.asker import PATIENCE, PAUSE, Asker, Stalled
from mcpgen.validate.probes.probe import NotAsked, Probe
from mcpgen.validate.session import Session, Unanswered
from mcpgen.validate.surface import Surface
from mcpgen_runtime.client.errors import LimitPassed, ServerGone

#: How many conversations there may be after the first, each begun because the one before broke off.
_CONVERSATIONS = 5
# What is left of the run's time when no further probe is begun.
_RESERVE = 10.0


class Prober:
    """Asks `probes`.

    `deadline` is the loop's time at which the run is to be over, `patience` how many seconds one may stay
    unanswered, `pause` how many are given to what a server tells of itself.

    `journals` are those of the conversations after the first.
    """

    def __init__(
        self,
        probes: Sequence[Probe],
        *,
        deadline: float,
        announce: Callable[[str], None],
        patience: float = PATIENCE,
        pause: float = PAUSE,
    ) -> None:
        self._patience = patience
        self._pause = pause
        self._rest = [probe for probe in probes if not probe.apart]
        self._apart = [probe for probe in probes if probe.apart]
        self._deadline = deadline
        self._announce = announce
        self._before: list[Entry] = []
        self.journals: list[list[Entry]] = []
        self.asked = 0

    async def within(self, session: Session, opened: Opened, surface: Surface) -> None:
        """Ask what belongs into the conversation of `session`. Raises `LimitPassed`."""
        asker = Asker(session, opened, surface, patience=self._patience, pause=self._pause)
        self._rest = await self._ask(self._rest, asker)

    async def refused(self, session: Session, revision: str) -> None:
        """Ask all of them of a server that would not be opened in `revision`. Raises `LimitPassed`."""
        asker = Asker(session, Opened(revision), Surface(), patience=self._patience)
        await self._ask([*self._rest, *self._apart], asker)

    async def afterwards(
        self, session: Session, opened: Opened, surface: Surface, begin: Callable[[bool], Session]
    ) -> None:
        """Ask the others, in conversations for which `begin` makes the sessions; `session` is over.

        Told so, it makes them with the token of another user.
        """
        journal = session.transport.journal
        self._before = journal.entries
        sittings = 0
        reason = "the server broke off too many conversations"
        for probes in (self._rest, self._apart):
            while probes and sittings < _CONVERSATIONS:
                sittings += 1
                fresh = begin(False)
                self.journals.append(fresh.transport.journal.entries)
                try:
                    await fresh.transport.open()
                    probes = await self._sitting(probes, fresh, opened, surface, begin)
                except (Declined, McpgenError, ServerGone, LimitPassed, Unanswered, TimeoutError) as error:
                    reason = f"no further conversation could be had: {error}"
                    break
                finally:
                    self.asked += fresh.asked
                    with suppress(OSError):
                        await fresh.close()
            for probe in probes:
                journal.add(LeftOut(journal.clock(), probe.name, reason))

    async def _sitting(
        self,
        probes: list[Probe],
        session: Session,
        opened: Opened,
        surface: Surface,
        begin: Callable[[bool], Session],
    ) -> list[Probe]:
        """Ask in a conversation that nobody has opened yet; return those for which there must be another."""
        asker = Asker(session, opened, surface, patience=self._patience, pause=self._pause)
        asker.begin = lambda as_other: self._another(asker, begin, as_other)
        asker.before = self._before
        session.propose(opened.revision)
        asker.fresh = True
        first = [probe for probe in probes if probe.first]
        others = [probe for probe in probes if not probe.first]
        while first and not session.asked:
            # Who opens a conversation has it to itself.
            broken = await self._ask(first[:1], asker)
            first = first[1:]
            if broken or session.lost is not None:
                return first + others
        if first:
            return first + others
        if not session.asked:
            await _open(session, opened.revision)
        elif client.era_of(opened.revision) == "legacy" and not session.answers_requests:
            return others
        return await self._ask(others, asker)

    @asynccontextmanager
    async def _another(
        self, asker: Asker, begin: Callable[[bool], Session], as_other: bool
    ) -> AsyncIterator[Asker]:
        """A further conversation for the probe that `asker` asks for."""
        session = begin(as_other)
        self.journals.append(session.transport.journal.entries)
        other = Asker(session, asker.opened, asker.surface, patience=self._patience, pause=self._pause)
        other.probe, other.fresh = asker.probe, True
        try:
            try:
                await session.transport.open()
                await _open(session, asker.opened.revision)
            except (Declined, McpgenError, ServerGone, Unanswered) as error:
                raise NotAsked(f"no further conversation could be had: {error}") from None
            yield other
        finally:
            self.asked += session.asked
            with suppress(OSError):
                await session.close()

    async def _ask(self, probes: list[Probe], asker: Asker) -> list[Probe]:
        """Ask one after the other; return those that could not be, for the conversation broke off."""
        journal = asker.session.transport.journal
        loop = asyncio.get_running_loop()
        for position, probe in enumerate(probes):
            asker.probe = probe.name
            if loop.time() > self._deadline - _RESERVE:
                journal.add(LeftOut(journal.clock(), probe.name, "no time was left for it (--deadline)"))
                continue
            self._announce(f"probe {probe.name}")
            try:
                await probe.ask(asker)
            except NotAsked as why:
                journal.add(LeftOut(journal.clock(), probe.name, str(why)))
            except Stalled as why:
                if asker.silences < 2:
                    return probes[position + 1 :]
                for other in probes[position + 1 :]:
                    journal.add(LeftOut(journal.clock(), other.name, str(why)))
                return []
            except (ServerGone, Unanswered, Declined):
                return probes[position + 1 :]
        return []


async def _open(session: Session, revision: str) -> None:
    session.propose(revision)
    if client.era_of(revision) == "legacy":
        await open_legacy(session, revision, exactly=False)
    else:
        session.transport.settle(revision, session=False)
