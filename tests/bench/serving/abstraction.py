"""What adapter and core cost: the same calls answered with less of them, down to JSON alone.

The table of the core is what makes an answer of a request: `ServerCore.handle_request`. Called directly, with
a request and its context made for it, it looks the tool up, checks params and arguments, runs the handler and
makes the result. The rest is what adapter and era do around it: framing, limits, what kind of message it is
and whether it may come now, requests in flight, the handler as a task that can be cancelled.

By hand is less than that: what a server would be that knows one revision and one transport, and no sessions,
contexts, errors or cancellation. Parse, decode, look the tool up, validate, run the handler, encode.

All run in one process by turns, on the CPU's clock, and their answers are compared first.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from mcpgen_runtime import RequestContext, ServerCore
from mcpgen_runtime.connection import Connection
from mcpgen_runtime.host import Host
from mcpgen_runtime.in_flight import InFlight, Nowhere
from mcpgen_runtime.json_text import dumps, loads
from mcpgen_runtime.jsonrpc import Request, Result
from mcpgen_runtime.legacy import LegacySession
from mcpgen_runtime.legacy_call import LegacyCall
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.modern import CAPABILITIES, VERSION, ModernCall
from mcpgen_runtime.results import tool_result
from mcpgen_runtime.transports.asyncio_host import AsyncioHost
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.stream import Streams
from mcpgen_types import v2025_11_25, v2026_07_28

from ..servers.ours import server
from . import messages

_CALLS = 200  # about as many as one read of stdio brings
Answering = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Costs:
    """CPU µs of one call."""

    json: float
    by_hand: float
    table: float
    layered: float
    adapter: float


def measure(rounds: int) -> dict[str, Costs]:
    """The least of `rounds` turns, for either revision: what else runs here only adds to it."""
    return {revision: asyncio.run(_measure(revision, rounds)) for revision in messages.REVISIONS}


async def _measure(revision: str, rounds: int) -> Costs:
    texts = [messages.request(revision, number, "tools/call", messages.CALL) for number in range(_CALLS)]
    opening = [] if revision == messages.MODERN else [messages.initialize(), messages.INITIALIZED]
    chunk = b"\n".join((*texts, b""))
    core = ServerCore(server)
    host = AsyncioHost()
    written: list[bytes] = []
    connection = Connection(core, host, written.extend, limits=Limits(), transport="stdio")
    streams = Streams(core, TransportConfig(), transport="stdio", patient=True)
    stream, sink = streams.stream(), _Sink()
    stream.connection_made(sink)
    connection.receive(opening)
    for text in opening:
        stream.data_received(text + b"\n")
    by_hand = _by_hand(core, revision)
    table = _table(core, host, revision)

    def only_json() -> None:
        for text in texts:
            loads(text)
            dumps(answer)

    def hand() -> None:
        for text in texts:
            by_hand(text)

    def direct() -> None:
        sink.write(b"\n".join((*map(table, chunk.split(b"\n")[:-1]), b"")))

    def layered() -> None:
        written.clear()
        connection.receive(texts)

    def whole() -> None:
        stream.data_received(chunk)

    layered()
    answer = loads(written[0])
    whole()
    others = [by_hand(texts[0]), table(texts[0]), sink.first()]
    if any(loads(other) != answer for other in others):
        raise RuntimeError("they do not answer alike")
    contenders: tuple[Callable[[], None], ...] = (only_json, hand, direct, layered, whole)
    times: list[list[float]] = [[] for _ in contenders]
    for _ in range(rounds):
        for contender, taken in zip(contenders, times, strict=True):
            started = time.process_time()
            contender()
            taken.append((time.process_time() - started) / _CALLS * 1e6)
    stream.connection_lost(None)
    await streams.close()
    return Costs(*map(min, times))


def _by_hand(core: ServerCore, revision: str) -> Answering:
    tools = server.tools
    context: RequestContext = None  # type: ignore[assignment]  # the handler does not look at it
    modern = revision == messages.MODERN
    decode: Callable[[Any], Any] = (v2026_07_28 if modern else v2025_11_25).decode_CallToolRequestParams
    meta = {"io.modelcontextprotocol/serverInfo": core.info(revision)}

    def answer(text: bytes) -> bytes:
        message = loads(text)
        call = decode(message["params"])
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
        if modern:
            result["_meta"] = meta
        else:
            del result["resultType"]
        return dumps({"jsonrpc": "2.0", "id": message["id"], "result": result})

    return answer


def _table(core: ServerCore, host: Host, revision: str) -> Answering:
    limits = Limits()
    in_flight = InFlight(core, host, limits=limits, transport="stdio")
    nowhere = Nowhere()

    def modern(request: Request) -> RequestContext:
        return ModernCall(request, nowhere, in_flight, None)

    session = LegacySession(core, host, nowhere, limits=limits, transport="stdio")
    session_meta = {VERSION: revision, CAPABILITIES: {}}

    def legacy(request: Request) -> RequestContext:
        call = LegacyCall(request, nowhere, in_flight, None)
        call.session = session
        call.revision = revision
        call.session_meta = session_meta
        return call

    context_of = modern if revision == messages.MODERN else legacy

    def answer(text: bytes) -> bytes:
        message = loads(text)
        request = Request(message["id"], message["method"], message["params"])
        try:
            core.handle_request(request, context_of(request)).send(None)
        except StopIteration as stop:
            response: Result = stop.value
        return dumps({"jsonrpc": "2.0", "id": response.id, "result": response.result})

    return answer


class _Sink(asyncio.Transport):
    """Keeps what was written last."""

    _data = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._data = bytes(data)

    def first(self) -> bytes:
        return self._data.partition(b"\n")[0]

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return True
