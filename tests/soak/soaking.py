"""One soak, from starting the servers to the verdict."""

from __future__ import annotations

import asyncio
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ..bench.serving import messages
from ..bench.serving.process import free_port
from . import http, stdio
from .ledger import Ledger
from .memory import Memory
from .serving import ended, start

TARGET = "tests.soak.server:server"
_CLIENTS = 3
_START_SECONDS = 30.0


@dataclass(frozen=True)
class Plan:
    """What to soak, and for how long.

    `patience` is how many seconds an answer may take; `allowed_growth` how many MiB a process may vary by,
    for parts of its heap come and go with what is in flight.
    """

    seconds: float
    seed: int
    target: str = TARGET
    stdio: bool = True
    http: bool = True
    patience: float = 30.0
    allowed_growth: float = 2.0
    pause: float = 0.02

    @property
    def warm_up(self) -> float:
        """Seconds after which memory is to stay: the first minute, or the first half of a short soak."""
        return min(60.0, self.seconds / 2)


@dataclass
class Outcome:
    """What came of it: what was done, how memory went, and what was wrong."""

    done: Counter[str] = field(default_factory=Counter)
    memory: dict[str, Memory] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Soak:
    """Runs a plan. `outcome` can be looked at meanwhile; `tell` is called about every second."""

    def __init__(self, plan: Plan, tell: Callable[[float], None] = lambda seconds: None) -> None:
        self.plan = plan
        self._tell = tell
        self._ledgers: list[Ledger] = []
        self._memory: dict[str, Memory] = {}
        self._started = time.monotonic()
        self._seeds = random.Random(plan.seed)

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self._started

    @property
    def outcome(self) -> Outcome:
        """What has come of it so far."""
        outcome = Outcome(memory=self._memory)
        for ledger in self._ledgers:
            outcome.done += ledger.done
            outcome.problems += ledger.problems
        return outcome

    async def run(self) -> Outcome:
        """The whole of it. What goes wrong is in the outcome; nothing is raised for it."""
        parts: list[Awaitable[None]] = []
        if self.plan.stdio:
            parts += [self._stdio(revision) for revision in messages.REVISIONS]
            parts.append(self._visits())
        if self.plan.http:
            parts.append(self._http())
        watching = asyncio.ensure_future(self._watch())
        try:
            await asyncio.gather(*parts)
        finally:
            watching.cancel()
        outcome = self.outcome
        for name, memory in self._memory.items():
            grown = memory.growth(self.plan.warm_up)
            if grown > self.plan.allowed_growth:
                outcome.problems.append(
                    f"{name}: memory grew by {grown:.1f} MiB after it should have settled"
                )
        return outcome

    # The parts.

    async def _stdio(self, revision: str) -> None:
        ledger = self._ledger(f"stdio, {revision}")
        client = await stdio.Client.start(self.plan.target, ledger, revision)
        self._memory[ledger.name] = Memory(client.pid)
        await self._repeat(client.step, ledger)
        await client.settle(self.plan.patience)
        self._memory[ledger.name].pid = 0
        await client.end(self.plan.patience)

    async def _visits(self) -> None:
        """Clients that come, call, and leave badly, each with a server of its own."""
        ledger = self._ledger("stdio, visits")
        chance = random.Random(self._seeds.random())
        while self.seconds < self.plan.seconds:
            visit = self._ledger("stdio, visit")
            revision = chance.choice(messages.REVISIONS)
            client = await stdio.Client.start(self.plan.target, visit, revision)
            await client.visit(chance, self.plan.patience)
            self._ledgers.remove(visit)
            ledger.done += visit.done
            ledger.problems += visit.problems
            await asyncio.sleep(min(2.0, max(0.0, self.plan.seconds - self.seconds)))

    async def _http(self) -> None:
        ledger = self._ledger("HTTP")
        port = free_port()
        log = tempfile.TemporaryFile()  # noqa: SIM115  # it goes with this coroutine
        nothing = asyncio.subprocess.DEVNULL
        address = f"127.0.0.1:{port}"
        process = await start(self.plan.target, "--http", address, log=log, stdin=nothing, stdout=nothing)
        await _listens(port)
        self._memory[ledger.name] = Memory(process.pid)
        clients = [
            http.Client(port, ledger, revision, self.plan.patience)
            for revision in messages.REVISIONS
            for _ in range(_CLIENTS)
        ]
        await asyncio.gather(*(self._repeat(client.step, ledger) for client in clients))
        self._memory[ledger.name].pid = 0
        if process.returncode is None:
            for client in clients:
                await client.close()
        ledger.close()
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        wrong = await ended(process, log=log, seconds=self.plan.patience)
        if wrong is not None:
            ledger.complain(wrong)

    async def _repeat(self, step: Callable[[random.Random], Awaitable[None]], ledger: Ledger) -> None:
        chance = random.Random(self._seeds.random())
        while self.seconds < self.plan.seconds and not ledger.problems:
            try:
                await step(chance)
            except ConnectionError as error:
                ledger.complain(f"it is gone: {error!r}")
            await asyncio.sleep(chance.random() * self.plan.pause)

    async def _watch(self) -> None:
        while True:
            for memory in self._memory.values():
                if memory.pid:
                    memory.sample(self.seconds)
            self._tell(self.seconds)
            await asyncio.sleep(min(1.0, self.plan.seconds / 60))

    def _ledger(self, name: str) -> Ledger:
        ledger = Ledger(name)
        self._ledgers.append(ledger)
        return ledger


async def _listens(port: int) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
