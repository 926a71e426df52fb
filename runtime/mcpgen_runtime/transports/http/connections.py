"""uvicorn's connections, guarded: against what uvicorn itself lets grow, and waits for, without end.

It closes a connection that is idle after an answer, and this package ends bodies that are too large or do not
come. What is left are headers that go on and on, connections that never send a request, connections without
number, and openings of a WebSocket that are refused before an app could.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Collection
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mcpgen_runtime.errors import InvalidRequest, LimitReached
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import Error
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.http.asgi import CLOSE, JSON, Asgi, Receive, Scope, Send
from mcpgen_runtime.transports.http.corked import Corked
from mcpgen_runtime.transports.http.headers import check_sizes, headers_too_large
from mcpgen_runtime.transports.http.refusal import METHOD_NOT_ALLOWED, SERVICE_UNAVAILABLE, Refusal
from mcpgen_runtime.transports.http.turns import EndOfTurn

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as UvicornProtocol


def guarded(base: type[UvicornProtocol], limits: Limits) -> type[asyncio.Protocol]:
    """uvicorn's HTTP protocol `base` on a corked transport, within `limits`.

    A connection over `max_connections` has its requests refused; over twice as many it is dropped.
    """
    most_bytes, most = limits.max_headers_bytes, limits.max_connections
    end_of_turn = EndOfTurn()

    class Guarded(base):  # type: ignore[misc, valid-type]
        taken = False  # whether the latest request is served without a cycle, see direct.py
        replies = 0  # and how many were
        heading = 0  # bytes of headers that have come since the latest request was complete
        crowded = False  # whether it is one too many
        running: Any = None  # the cycle that is served; that of uvicorn is the latest which has come

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(Corked(transport, end_of_turn))
            open_now = len(self.connections)
            if open_now > most:
                self.crowded = True
                self.app = _crowded(most)
                if open_now > 2 * most:  # as many are being told already
                    transport.abort()

        def data_received(self, data: bytes) -> None:
            headers = self.headers
            super().data_received(data)
            cycle = self.cycle
            # A request has its cycle from the end of its headers on.
            if self.taken or (cycle is not None and cycle.scope is self.scope):
                self.heading = 0
                return
            behind = headers is not None or cycle is not None or self.replies
            if behind and headers is not self.headers:  # somewhere in these they began
                self.heading = 1
                return
            self.heading += len(data)
            if self.heading > most_bytes and not self.transport.is_closing():
                if cycle is None or cycle.response_complete:
                    self.transport.write(_answer(headers_too_large("max_headers_bytes", limits)))
                self.transport.close()

        def _start_asgi_task(self, cycle: Any, app: Any) -> None:
            self.running = cycle
            super()._start_asgi_task(cycle, app)

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            running = self.running
            if running is not None and not running.response_complete:
                running.disconnected = True
                running.message_event.set()

        def eof_received(self) -> None:
            self.transport.flush()  # a client may send no more and still read

        def handle_websocket_upgrade(self, *event: Any) -> None:
            pairs = self.scope["headers"]
            try:
                if self.crowded:
                    raise _too_many(most)
                if self.scope["method"] != "GET":
                    error = InvalidRequest("A WebSocket is opened by GET")
                    raise Refusal(METHOD_NOT_ALLOWED, error, headers=((b"allow", b"GET"), CLOSE))
                check_sizes(pairs, sum(len(name) + len(value) for name, value in pairs), limits)
            except Refusal as refusal:
                self.transport.write(_answer(refusal))
                self.transport.close()
                return
            super().handle_websocket_upgrade(*event)
            # Where the package that speaks WebSocket refuses by itself, uvicorn sends nothing, and waits.
            refusing: Any = getattr(self.transport.get_protocol(), "conn", None)
            if getattr(refusing, "handshake_exc", None) is not None and not self.transport.is_closing():
                self.transport.write(b"".join(refusing.data_to_send()))
                self.transport.close()

    return Guarded


async def close_silent(connections: Collection[Any], seconds: float, *, idle_seconds: float) -> None:
    """Close those of uvicorn's `connections` with no request for `seconds`, or no other for `idle_seconds`.

    And those whose client has left while a request of its waits behind another. Never returns. uvicorn sees
    itself to those whose latest answer it has sent.
    """
    loop = asyncio.get_running_loop()
    silent: dict[Any, tuple[Any, float]] = {}
    while True:
        # Who is late is noticed a quarter too late at most.
        await asyncio.sleep(min(seconds, idle_seconds) / 4)
        now = loop.time()
        before, silent = silent, {}
        for connection in tuple(connections):
            if not hasattr(connection, "cycle"):  # a WebSocket: its own transport sees to it
                continue
            cycle = connection.cycle  # a request and its response
            if cycle is not None and not cycle.response_complete:
                # While a request waits behind another, nothing is read, the end neither.
                if connection.flow.read_paused and _has_left(connection.transport):
                    connection.transport.abort()
                continue
            latest = (cycle, connection.replies)
            known, since = before.get(connection, (latest, now))
            silent[connection] = (latest, since if known == latest else now)
            rests = connection.replies and not connection.heading  # nothing of a next request has come
            if now - silent[connection][1] >= (idle_seconds if rests else seconds):
                connection.transport.close()


def _has_left(transport: asyncio.Transport) -> bool:
    """Whether the peer sends no more, as the system knows also where it was not read to the end."""
    if transport.is_closing() or not hasattr(select, "poll"):  # Windows has none
        return False
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), getattr(select, "POLLRDHUP", 0))
    return bool(poll.poll(0))


def _too_many(most: int) -> Refusal:
    message = f"The server is at max_connections ({most}): try again later"
    error = LimitReached(message, limit="max_connections", value=most)
    return Refusal(SERVICE_UNAVAILABLE, error, headers=(CLOSE,))


def _crowded(most: int) -> Asgi:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await _too_many(most).send(send)

    return refuse


def _answer(refusal: Refusal) -> bytes:
    """The bytes of a refusal, where there is no request yet, or none any more, that ASGI could answer."""
    status = HTTPStatus(refusal.status)
    body = dumps(Error.of(refusal.error, None).to_json(null_id=False))
    headers = (JSON, (b"content-length", b"%d" % len(body)), *refusal.headers)
    lines = b"".join(b"%b: %b\r\n" % each for each in headers)
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (status, status.phrase.encode(), lines, body)
