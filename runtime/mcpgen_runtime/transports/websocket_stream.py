"""One WebSocket connection under asyncio: the frames are those of the `websockets` package, whose protocol
does no I/O either.

A message is a text frame. What RFC 6455 itself forbids closes the connection, a message over
`max_message_bytes` with 1009; that a message is no JSON or no UTF-8 is answered, as on any transport.
"""

from __future__ import annotations

from websockets.datastructures import Headers
from websockets.exceptions import HeaderLineTooLong
from websockets.frames import Frame, Opcode
from websockets.http11 import MAX_LINE_LENGTH, Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import StatusLike, Subprotocol

from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.origins import host_allowed, origin_allowed
from mcpgen_runtime.transports.stream import LINGER_SECONDS, Stream, Streams

SUBPROTOCOL = Subprotocol("mcp")
_GOING_AWAY, _NO_BINARY, _TOO_BIG = 1001, 1003, 1009


class WebSocketStream(Stream):
    """Serves one peer, from its HTTP request on. It cannot finish halfway: what closes, closes both ways."""

    def __init__(self, streams: Streams, *, principal: str | None = None) -> None:
        super().__init__(streams, principal=principal)
        self._protocol = _Protocol(self._limits)
        # What came of a message in several frames; one buffer, for each may be next to nothing.
        self._parts: bytearray | None = None
        self._heard = self._begun = self._host.now()
        self._pinged = False
        # Bytes of the request, until it is answered.
        self._heading: int | None = 0

    def watch(self, now: float) -> None:
        """As for every stream; and see whether a silent peer is still there."""
        super().watch(now)
        seconds = self._streams.config.ping_seconds
        if self._protocol.state is State.OPEN and not self._paused and now - self._heard >= seconds:
            if self._pinged:
                self.abort(f"no answer to a ping within ping_seconds ({seconds:g})")
            else:
                self._pinged = True
                self._heard = now
                self._protocol.send_ping(b"")
                self._flush()

    # What asyncio calls.

    def data_received(self, data: bytes) -> None:
        self._heard = self._host.now()
        self._pinged = False
        protocol = self._protocol
        protocol.receive_data(data)
        messages: list[bytes] = []
        events = protocol.events_received()
        for event in events:
            if isinstance(event, Request):
                self._open(event)
            elif isinstance(event, Frame):
                self._take(event, messages)
        if self._heading is not None:
            self._heading += len(data)
            if protocol.handshake_exc is not None:  # the package has refused it
                self._heading = None
            elif self._heading > self._limits.max_headers_bytes:
                self._refuse_headers("max_headers_bytes")
        if messages and not self._finishing:
            self._last_use = self._heard
            self._serve(messages)
        if not events:
            self._begun = self._begun or self._heard
        elif self._parts is None and not protocol.reader.buffer:
            self._begun = None
        elif messages or self._parts is None or self._begun is None:
            self._begun = self._heard
        self._flush()

    def eof_received(self) -> bool:
        self._at_end = True
        return False

    # What goes in and out.

    def _open(self, request: Request) -> None:
        """Accept or refuse the connection."""
        config, protocol, headers = self._streams.config, self._protocol, request.headers
        self._heading = None
        exceeded = _exceeded(headers, self._limits)
        if exceeded is not None:
            self._refuse_headers(exceeded)
            return
        # Two would let two readers of one request see different things.
        twice = next((name for name in ("Host", "Origin") if len(headers.get_all(name)) > 1), None)
        if request.path.partition("?")[0] != config.path:
            response = protocol.reject(404, f"The endpoint is at {config.path}\n")
        elif twice is not None:
            response = protocol.reject(400, f"The header {twice} is there twice\n")
        elif not host_allowed(headers.get("Host"), config):
            response = protocol.reject(403, "This Host is not served here: see allowed_hosts\n")
        elif not origin_allowed(headers.get("Origin"), config):
            response = protocol.reject(403, "This Origin is not served here: see allowed_origins\n")
        elif self._ending:
            response = protocol.reject(503, "The server has max_connections: try again later\n")
        else:
            response = protocol.accept(request)
        protocol.send_response(response)

    def _refuse_headers(self, limit: str) -> None:
        self._heading = None
        text = _over(limit, getattr(self._limits, limit))
        self._protocol.send_response(self._protocol.reject(431, text))

    def _take(self, frame: Frame, messages: list[bytes]) -> None:
        if frame.opcode is Opcode.BINARY:
            self._protocol.fail(_NO_BINARY, "a message is a text frame")
        elif frame.opcode is Opcode.TEXT or frame.opcode is Opcode.CONT:
            if self._parts is not None:
                self._parts += frame.data
            elif not frame.fin:
                self._parts = bytearray(frame.data)
            if frame.fin:
                messages.append(bytes(frame.data if self._parts is None else self._parts))
                self._parts = None

    def _framed(self, messages: list[bytes]) -> bytes:
        protocol = self._protocol
        if protocol.state is not State.OPEN:
            return b""
        for message in messages:
            protocol.send_text(message)
        return b"".join(protocol.data_to_send())

    def _flush(self) -> None:
        """Send what the protocol itself has to say, and end where it says so."""
        chunks = self._protocol.data_to_send()
        data = b"".join(chunks)
        if data:
            self._written += len(data)
            self._transport.write(data)
        if b"" in chunks:
            self._connection.close()
            self._finishing = self._ending = True
            super()._hang_up()

    def _refuse(self, limit: str) -> None:
        # Its request is read before it is answered.
        self._connection.close()
        self._finishing = self._ending = True

    def _hang_up(self) -> None:
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(_GOING_AWAY, "the server ends")
            self._flush()
            self._host.call_later(LINGER_SECONDS, self._linger)
        else:
            super()._hang_up()


def _exceeded(headers: Headers, limits: Limits) -> str | None:
    """The limit that the headers of a request go over."""
    sizes = [(len(name), len(value)) for name, value in headers.raw_items()]
    if any(value > limits.max_header_bytes for _, value in sizes):
        return "max_header_bytes"
    together = sum(name + value for name, value in sizes)
    return "max_headers_bytes" if together > limits.max_headers_bytes else None


def _over(limit: str, value: int) -> str:
    return f"The headers are over {limit} ({value})\n"


class _Protocol(ServerProtocol):
    """The protocol of the package, which names our limits. It takes no line over `MAX_LINE_LENGTH` itself."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(subprotocols=[SUBPROTOCOL], max_size=limits.max_message_bytes)
        self._limit = limits.max_message_bytes
        self._max_line = min(limits.max_header_bytes, MAX_LINE_LENGTH)

    def reject(self, status: StatusLike, text: str) -> Response:
        if isinstance(self.handshake_exc, HeaderLineTooLong):
            text = _over("max_header_bytes", self._max_line)
        return super().reject(status, text)

    def fail(self, code: int, reason: str = "") -> None:
        if code == _TOO_BIG:
            reason = f"a message is larger than max_message_bytes ({self._limit})"
        super().fail(code, reason)
