"""A component under our host: single calls within one process, and starts of `mcpgen serve`."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcpgen_runtime.servable import protocol_handler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.memory import MemoryAdapter, pipe

from ..serving import messages, stdio
from ..serving.contenders import MCPGEN, Contender

#: What is called, of the calculator.
ADD = {"name": "add", "arguments": {"a": 1, "b": 2}}


@dataclass(frozen=True)
class Calls:
    """Single calls, one after the other: µs from the request's bytes to the answer's."""

    p50: float
    p99: float

    @classmethod
    def of(cls, times: list[float]) -> Calls:
        """Of seconds."""
        return cls(statistics.median(times) * 1e6, statistics.quantiles(times, n=100)[98] * 1e6)


def calls(servable: Any, revision: str, *, count: int, warm: int) -> Calls:
    """Over the memory transport, after `warm` calls that are not counted. Raises `RuntimeError`."""

    async def main() -> list[float]:
        here, there = pipe()
        adapter = MemoryAdapter(there)
        adapter.configure(TransportConfig())
        serving = asyncio.ensure_future(adapter.serve(protocol_handler(servable)))
        if revision != messages.MODERN:
            await here.send(messages.initialize() + b"\n")
            await here.receive()
            await here.send(messages.INITIALIZED + b"\n")
        times = []
        for number in range(warm + count):
            request = messages.request(revision, number, "tools/call", ADD) + b"\n"
            started = time.perf_counter()
            await here.send(request)
            answer = await here.receive()
            ended = time.perf_counter()
            if not answer.endswith(b"\n") or b'"sum":3' not in answer:
                raise RuntimeError(f"wrong answer: {answer!r}")
            if number >= warm:
                times.append(ended - started)
        here.close()
        await serving
        return times

    return Calls.of(asyncio.run(main()))


@dataclass(frozen=True)
class Starts:
    """From the start of the process to the answer of `tools/list`, in ms."""

    compiling: float
    cached: float


def starts(component: Path, *, rounds: int) -> Starts:
    """`mcpgen serve` of a component: with nothing in the cache, and then from it."""
    with tempfile.TemporaryDirectory() as cache:
        contender = Contender(
            "mcpgen serve", (MCPGEN, "serve", str(component), "--stdio"), {"XDG_CACHE_HOME": cache}
        )
        compiling = _start(contender)
        return Starts(compiling, statistics.median(_start(contender) for _ in range(rounds)))


def start(command: tuple[str, ...], *, rounds: int) -> float:
    """The same for any server, in ms."""
    return statistics.median(_start(Contender("native", command)) for _ in range(rounds))


def _start(contender: Contender) -> float:
    client = stdio.Client(contender, messages.MODERN)
    client.close()
    return client.cold_ms


def timed(work: Callable[[], object]) -> float:
    """The seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
