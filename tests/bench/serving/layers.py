"""What layers cost a call: the same server behind a connection, inside more and more of them.

All run in one process by turns, on the CPU's clock, and answer the same. `through` only calls on: what it
costs is the price of being a layer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from mcpgen_runtime import RequestContext, Server
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

from ..servers.ours import SCHEMA, echo
from . import in_process


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
    """CPU µs of one call inside each, the least of `rounds` turns."""
    return in_process.measure({name: _server(*layers) for name, layers in tried().items()}, rounds)


def _server(around: Sequence[Layer], inside: Sequence[Layer]) -> Server:
    server = Server("bench", "1", layers=around)
    server.add_tool({"name": "echo", "inputSchema": SCHEMA}, echo, layers=inside)
    return server
