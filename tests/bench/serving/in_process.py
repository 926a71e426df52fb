"""Servers by turns in this process, on the CPU's clock: what is too little to be seen between processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from mcpgen_runtime import Server, ServerCore
from mcpgen_runtime.connection import Connection
from mcpgen_runtime.json_text import loads
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.asyncio_host import AsyncioHost

from . import messages

_CALLS = 500


def measure(
    servers: Mapping[str, Server], rounds: int, *, call: Mapping[str, Any] = messages.CALL
) -> dict[str, float]:
    """CPU µs of one `call` to each server, the least of `rounds` turns: what else runs here only adds to it.

    Raises `RuntimeError` where a server answers with an error, or otherwise than the first does.
    """
    return asyncio.run(_measure(servers, rounds, dict(call)))


async def _measure(servers: Mapping[str, Server], rounds: int, call: dict[str, Any]) -> dict[str, float]:
    texts = [messages.request(messages.MODERN, number, "tools/call", call) for number in range(_CALLS)]
    host = AsyncioHost()
    written: list[bytes] = []
    connections = {
        name: Connection(ServerCore(server), host, written.extend, limits=Limits(), transport="stdio")
        for name, server in servers.items()
    }
    for connection in connections.values():
        connection.receive(texts[:1])
    said = [_said(each) for each in written]
    if len(said) != len(servers) or None in said or any(each != said[0] for each in said):
        raise RuntimeError(f"they do not answer alike: {written}")
    times: dict[str, list[float]] = {name: [] for name in connections}
    order = list(connections.items())
    for _ in range(rounds):
        order.append(order.pop(0))  # nobody is always the one after the slowest
        for name, connection in order:
            written.clear()
            started = time.process_time()
            connection.receive(texts)
            times[name].append((time.process_time() - started) / _CALLS * 1e6)
    return {name: min(taken) for name, taken in times.items()}


def _said(answer: bytes) -> dict[str, Any] | None:
    """The result without what names its server; None where it is an error."""
    result: dict[str, Any] = loads(answer).get("result", {"isError": True})
    return None if result.get("isError") else {key: result[key] for key in result if key != "_meta"}
