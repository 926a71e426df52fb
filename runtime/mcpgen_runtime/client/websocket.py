"""The WebSocket transport: one message a text frame, subprotocol `mcp`.

The specification leaves it open (2026-07-28 basic/transports, "Custom Transports"); this is what the
WebSocket adapter of `mcpgen_runtime.transports` speaks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, ClassVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI, WebSocketException
from websockets.typing import Subprotocol

from mcpgen_runtime import json_text
from mcpgen_runtime.client.errors import ClientError, ConnectFailed, LimitPassed, ServerGone
from mcpgen_runtime.client.transport import Deliver, Frame, Gone, Transport
from mcpgen_runtime.client.urls import shown
from mcpgen_runtime.limits import Limits

_SUBPROTOCOL = Subprotocol("mcp")
_GOODBYE_SECONDS = 2.0
# RFC 6455, section 7.4.1: what an end closes with that got a message it finds too big.
_TOO_BIG = 1009


class WebSocketTransport(Transport):
    """Speaks to the server at a ws: or wss: URL. `headers` go with the opening request.

    The server is pinged every `ping_seconds`; where it is silent that long again, it counts as gone.
    """

    name: ClassVar[str] = "websocket"

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        connect_seconds: float = 10.0,
        ping_seconds: float = 20.0,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(limits=limits)
        self.url = url
        self._headers = dict(headers or {})
        self._connect_seconds = connect_seconds
        self._ping_seconds = ping_seconds
        self._connection: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._closing = False

    async def open(self, deliver: Deliver) -> None:
        """Connect. Raises `ConnectFailed`, also where the server does not take the subprotocol."""
        self._deliver = deliver
        self._closing = False
        try:
            self._connection = await connect(
                self.url,
                subprotocols=[_SUBPROTOCOL],
                additional_headers=self._headers,
                open_timeout=self._connect_seconds,
                close_timeout=_GOODBYE_SECONDS,
                ping_interval=self._ping_seconds,
                ping_timeout=self._ping_seconds,
                max_size=self.limits.max_message_bytes,
            )
        except TimeoutError:
            why = f"no connection within {self._connect_seconds:g} s"
            raise ConnectFailed(f"cannot reach {shown(self.url)}: {why}") from None
        except (OSError, InvalidURI, InvalidHandshake, WebSocketException, ValueError, ImportError) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise ConnectFailed(f"cannot reach {shown(self.url)}: {why}") from error
        if self._connection.subprotocol != _SUBPROTOCOL:
            await self._connection.close()
            raise ConnectFailed(f"{shown(self.url)} does not speak the subprotocol {_SUBPROTOCOL}")
        self._reader = asyncio.create_task(self._read())

    async def send(
        self, message: Mapping[str, Any], *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        await self.send_frame(json_text.dumps(message), exchange=exchange)

    async def send_frame(
        self, data: bytes, *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        if self._connection is None or self._closing:
            raise ServerGone("the connection is closed")
        try:
            await self._connection.send(data, text=True)
        except ConnectionClosed as closed:
            raise ServerGone(_told(closed)) from None

    async def close(self) -> None:
        """Say goodbye and hang up."""
        if self._connection is None or self._reader is None or self._closing:
            return
        self._closing = True
        try:
            await self._connection.close()
        finally:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader

    async def _read(self) -> None:
        assert self._connection is not None
        error: ClientError
        try:
            while True:
                frame = await self._connection.recv(decode=False)
                self._measure(len(frame))
                self._deliver(Frame(frame))
        except ConnectionClosed as closed:
            error = ServerGone(_told(closed))
            # An end that is closed with a code sends the same back: who was first tells whose limit it was.
            if closed.sent is not None and closed.sent.code == _TOO_BIG and not closed.rcvd_then_sent:
                error = self._too_long()
        except LimitPassed as passed:
            error = passed
        except Exception:
            # A mistake of ours, not of the server: nobody is to wait, and `close` raises it.
            self._deliver(Gone(ServerGone("the client itself failed")))
            raise
        if not self._closing:
            self._deliver(Gone(error))


def _told(closed: ConnectionClosed) -> str:
    if closed.rcvd is None:
        return "the connection broke"
    reason = f": {closed.rcvd.reason:.200}" if closed.rcvd.reason else ""
    return f"the server closed the connection with code {closed.rcvd.code}{reason}"
