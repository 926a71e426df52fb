"""The WebSocket transport: one message a text frame, subprotocol `mcp`. Alone, or on an ASGI app.

The specification leaves it open (2026-07-28 basic/transports, "Custom Transports").
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, ClassVar, TypeAlias

from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.living import living
from mcpgen_runtime.transports.pump import PumpTransport
from mcpgen_runtime.transports.stream import LINGER_SECONDS, Stream, Streams
from mcpgen_runtime.transports.tcp import serve_sockets

Event: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]

SUBPROTOCOL = "mcp"
_GOING_AWAY, _NO_BINARY = 1001, 1003


class WebSocketAdapter:
    """Listens at `host`:`port` and `path`. `listening` is called with each address, once it does.

    Needs the `websockets` package.
    """

    name: ClassVar[str] = "websocket"

    def __init__(self, *, listening: Callable[[str], object] | None = None) -> None:
        self._config = TransportConfig()
        self._listening = listening

    def configure(self, config: TransportConfig) -> None:
        """See `TransportAdapter.configure`."""
        self._config = config

    async def serve(self, handler: ProtocolHandler) -> None:
        """See `TransportAdapter.serve`."""
        from mcpgen_runtime.transports.websocket_stream import WebSocketStream

        async with living(handler):
            streams = Streams(handler, self._config, transport=self.name, kind=WebSocketStream)
            await serve_sockets(streams, self._listening)


class WebSockets:
    """The WebSocket connections of an ASGI app, which lets them in; no package is needed but its server's.

    `serve` serves one; `close` ends all, as `TransportAdapter.serve` does when it is cancelled.
    """

    def __init__(self, handler: ProtocolHandler, config: TransportConfig) -> None:
        # The ASGI server itself pings, and sees to the opening.
        self._streams = Streams(handler, config, transport="websocket")

    async def serve(self, receive: Receive, send: Send, *, principal: str | None = None) -> None:
        """Serve one connection to its end."""
        await receive()
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        stream = FrameStream(self._streams, principal=principal)
        transport = AsgiTransport(stream, receive, send)
        try:
            await transport.ended
        finally:
            transport.abort()
        if not transport.closed:
            with contextlib.suppress(OSError, RuntimeError):
                async with asyncio.timeout(LINGER_SECONDS):
                    await send(_closing(_GOING_AWAY, "the server ends"))

    @property
    def calls(self) -> int:
        """How many requests wait for their answer."""
        return self._streams.calls

    async def close(self) -> None:
        """End gracefully."""
        await self._streams.close()


class FrameStream(Stream):
    """A stream whose chunks are whole messages."""

    def data_received(self, data: bytes) -> None:
        if not self._finishing:
            self._last_use = self._host.now()
            self._connection.receive([data])

    def _write(self, messages: list[bytes]) -> None:
        for message in messages:
            super()._write([message])

    def _framed(self, messages: list[bytes]) -> bytes:
        return messages[0]


class AsgiTransport(PumpTransport):
    """An asyncio transport over a WebSocket of ASGI.

    `ended` is set once it is over, and `closed` says whether the WebSocket is closed then.
    """

    def __init__(self, protocol: asyncio.Protocol, receive: Receive, send: Send) -> None:
        self._asgi_receive = receive
        self._asgi_send = send
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False
        super().__init__(protocol)

    async def _receive(self) -> bytes:
        event = await self._asgi_receive()
        text: str | None = event.get("text")
        if text is None:
            self.closed = True
            if event["type"] != "websocket.disconnect":
                await self._asgi_send(_closing(_NO_BINARY, "a message is a text frame"))
            self.abort()
            return b""
        # An empty one is no message, but here no end either.
        return text.encode("utf-8", "surrogatepass") or b" "

    async def _send(self, data: bytes) -> None:
        await self._asgi_send({"type": "websocket.send", "text": data.decode()})

    def _hang_up(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def _closing(code: int, reason: str) -> Event:
    return {"type": "websocket.close", "code": code, "reason": reason}
