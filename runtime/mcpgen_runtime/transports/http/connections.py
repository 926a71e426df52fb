"""uvicorn's connections, guarded: against what uvicorn itself lets grow, and waits for, without end.

It closes a connection that is idle after an answer, and this package ends bodies that are too large or do not
come. What is left are headers that go on and on, and connections that never send a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from mcpgen_runtime.errors import LimitReached
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import Error
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.http.corked import Cork, Corked

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as UvicornProtocol


def guarded(base: type[UvicornProtocol], limits: Limits) -> type[asyncio.Protocol]:
    """uvicorn's HTTP protocol `base` with headers of `max_headers_bytes` at most, on a corked transport."""
    most = limits.max_headers_bytes
    cork = Cork()

    class Guarded(base):  # type: ignore[misc, valid-type]
        taken = False  # whether the latest request is served without a cycle, see direct.py
        replies = 0  # and how many were
        heading = 0  # bytes of headers that have come since the latest request was complete

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(Corked(transport, cork))

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            cycle = self.cycle
            # A request has its cycle from the end of its headers on.
            if self.taken or (cycle is not None and cycle.scope is self.scope):
                self.heading = 0
                return
            self.heading += len(data)
            if self.heading > most and not self.transport.is_closing():
                if cycle is None or cycle.response_complete:
                    self.transport.write(_headers_too_large(most))
                self.transport.close()

    return Guarded


async def close_silent(connections: Collection[Any], seconds: float, *, idle_seconds: float) -> None:
    """Close those of uvicorn's `connections` with no request for `seconds`, or no other for `idle_seconds`.

    Never returns. Those whose latest answer uvicorn has sent it sees to itself.
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
                continue
            latest = (cycle, connection.replies)
            known, since = before.get(connection, (latest, now))
            silent[connection] = (latest, since if known == latest else now)
            rests = connection.replies and not connection.heading  # nothing of a next request has come
            if now - silent[connection][1] >= (idle_seconds if rests else seconds):
                connection.transport.close()


def _headers_too_large(most: int) -> bytes:
    error = LimitReached(
        f"The headers are larger in bytes than max_headers_bytes ({most})",
        limit="max_headers_bytes",
        value=most,
    )
    body = dumps(Error.of(error, None).to_json(null_id=False))
    head = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\n"
    return head + b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body) + body
