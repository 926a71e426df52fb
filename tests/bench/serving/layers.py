"""What layers cost a call: the same server behind a connection, inside more and more of them.

All run in one process by turns, on the CPU's clock, and answer the same. `through` only calls on: what it
costs is the price of being a layer.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import time
from collections.abc import Mapping, Sequence

from mcpgen_runtime import RequestContext, Server, ServerCore
from mcpgen_runtime.connection import Connection
from mcpgen_runtime.json_text import loads
from mcpgen_runtime.layers import (
    AllowList,
    Cache,
    CallNext,
    Layer,
    RateLimit,
    Request,
    RequestLog,
    Response,
    Telemetry,
    Timeout,
    Timing,
)
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.asyncio_host import AsyncioHost

from ..servers.ours import SCHEMA, echo
from . import messages

_CALLS = 500


async def through(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
    return await call_next(request, ctx)


def tried() -> dict[str, tuple[Sequence[Layer], Sequence[Layer]]]:
    """What goes around the server, and what around its tool."""
    told = logging.Logger("bench")  # with nobody to hear of it: formatting is the handler's affair
    told.addHandler(logging.NullHandler())
    return {
        "no layer": ((), ()),
        "1 that calls on": ((through,), ()),
        "2": ((through,) * 2, ()),
        "4": ((through,) * 4, ()),
        "8": ((through,) * 8, ()),
        "1 around the tool": ((), (through,)),
        "RequestLog": ((RequestLog(told),), ()),
        "Timing": ((Timing(),), ()),
        "Telemetry, no SDK": ((Telemetry(),), ()),
        "RateLimit": ((RateLimit(1e9),), ()),
        "Cache": ((Cache(),), ()),
        "Timeout": ((Timeout(30),), ()),
        "AllowList": ((AllowList(tools=["echo"]),), ()),
    }


def measure(rounds: int) -> Mapping[str, float]:
    """CPU µs of one call inside each, as medians of `rounds` turns."""
    return asyncio.run(_measure(rounds))


async def _measure(rounds: int) -> Mapping[str, float]:
    texts = [
        messages.request(messages.MODERN, number, "tools/call", messages.CALL) for number in range(_CALLS)
    ]
    host = AsyncioHost()
    written: list[bytes] = []
    connections = {
        name: Connection(
            _core(around, inside), host, written.extend, limits=Limits(), transport="stdio"
        )
        for name, (around, inside) in tried().items()
    }
    for connection in connections.values():
        connection.receive(texts[:1])
    if any(loads(text) != loads(written[0]) for text in written):
        raise RuntimeError("they do not answer alike")
    times: dict[str, list[float]] = {name: [] for name in connections}
    for _ in range(rounds):
        for name, connection in connections.items():
            written.clear()
            started = time.process_time()
            connection.receive(texts)
            times[name].append((time.process_time() - started) / _CALLS * 1e6)
    return {name: statistics.median(taken) for name, taken in times.items()}


def _core(around: Sequence[Layer], inside: Sequence[Layer]) -> ServerCore:
    server = Server("bench", "1", layers=around)
    server.add_tool({"name": "echo", "inputSchema": SCHEMA}, echo, layers=inside)
    return ServerCore(server)
