"""What the layers cost: one handler behind the core and a connection, against the same steps done by hand.

By hand is what a server would be that knows one revision and one transport, and no sessions, limits, contexts
or cancellation: parse, decode, look the tool up, validate, run the handler, encode, write. Both run in one
process, on the CPU's clock, and their answers are compared first.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from mcpgen_runtime import RequestContext, ServerCore
from mcpgen_runtime.connection import Connection
from mcpgen_runtime.json_text import dumps, loads
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.results import tool_result
from mcpgen_runtime.transports.asyncio_host import AsyncioHost
from mcpgen_types.v2026_07_28 import decode_CallToolRequestParams

from ..servers.ours import server
from . import messages

_CALLS = 500


@dataclass(frozen=True)
class Costs:
    """CPU µs of one call."""

    json: float
    by_hand: float
    layered: float


def measure(rounds: int) -> Costs:
    """The medians of `rounds` turns."""
    return asyncio.run(_measure(rounds))


async def _measure(rounds: int) -> Costs:
    texts = [
        messages.request(messages.MODERN, number, "tools/call", messages.CALL) for number in range(_CALLS)
    ]
    written: list[bytes] = []
    core = ServerCore(server)
    connection = Connection(core, AsyncioHost(), written.extend, limits=Limits(), transport="stdio")
    connection.receive(texts[:1])
    by_hand = _by_hand({"io.modelcontextprotocol/serverInfo": core.info(messages.MODERN)})
    if [loads(text) for text in written] != [loads(by_hand(texts[0]))]:
        raise RuntimeError("the two do not answer alike")
    answer = loads(written[0])

    def only_json() -> None:
        for text in texts:
            loads(text)
            dumps(answer)

    def hand() -> None:
        for text in texts:
            by_hand(text)

    def layered() -> None:
        written.clear()
        connection.receive(texts)

    contenders: tuple[Callable[[], None], ...] = (only_json, hand, layered)
    times: list[list[float]] = [[], [], []]
    for _ in range(rounds):
        for contender, taken in zip(contenders, times, strict=True):
            started = time.process_time()
            contender()
            taken.append((time.process_time() - started) / _CALLS * 1e6)
    return Costs(*(statistics.median(taken) for taken in times))


def _by_hand(meta: dict[str, Any]) -> Callable[[bytes], bytes]:
    tools = server.tools
    context: RequestContext = None  # type: ignore[assignment]  # the handler does not look at it

    def answer(text: bytes) -> bytes:
        message = loads(text)
        call = decode_CallToolRequestParams(message["params"])
        tool = tools[call.name]
        arguments = call.arguments or {}
        if not tool.input.accepts(arguments):
            raise ValueError(tool.input.faults(arguments))
        try:
            running = tool.handler(arguments, context)
            assert isinstance(running, Coroutine)
            running.send(None)
        except StopIteration as stop:
            result = tool_result(stop.value)
        result["_meta"] = meta
        return dumps({"jsonrpc": "2.0", "id": message["id"], "result": result})

    return answer
