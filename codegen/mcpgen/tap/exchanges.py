"""HTTP connections as they are watched: from their bytes to requests with their replies.

What a reply brings is handed on as it comes, an event of a stream at once. Bodies that are longer than
messages may be are passed over as they come, and held nowhere.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from mcpgen.tap.feed import Copy, Kind
from mcpgen.tap.http_messages import End, Event, Head, Messages, Opaque, Piece
from mcpgen_runtime.client.sse import EventReader

_JSON = "application/json"
EVENTS = "text/event-stream"
#: What is waiting for its reply on one connection; nobody sends more without reading.
_MOST_WAITING = 100


class Body:
    """A body up to a length, decoded as its `Content-Encoding` says. `why` tells why it is not to be had."""

    def __init__(self, head: Head, most: int) -> None:
        self.why: str | None = None
        self.data = b""
        self._most = most
        encoding = head.joined("content-encoding").lower()
        self._inflate = None
        if encoding in ("gzip", "x-gzip", "deflate"):
            # 32 more than the largest window: either of the two formats.
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS + 32)
        elif encoding not in ("", "identity"):
            self.why = f"its Content-Encoding is {encoding[:40]}"

    def take(self, content: bytes) -> bytes:
        """More of it; what that says. Nothing is kept."""
        if self.why is not None:
            return b""
        if self._inflate is None:
            return content
        try:
            decoded = self._inflate.decompress(content, self._most + 1)
        except zlib.error:
            self.why = "its Content-Encoding cannot be undone"
            return b""
        if self._inflate.unconsumed_tail:
            self.why = f"it is longer than {self._most} bytes"
            return b""
        return decoded

    def keep(self, content: bytes) -> None:
        """More of it, which is kept in `data`."""
        self.data += self.take(content)
        if len(self.data) > self._most:
            self.data, self.why = b"", f"it is longer than {self._most} bytes"


@dataclass(slots=True)
class Exchange:
    """A request and, as far as it has come, its reply."""

    peer: str
    request: Head
    body: Body
    reply: Head | None = None
    reply_body: Body | None = None
    #: Where the reply is an event stream.
    events: EventReader | None = None
    #: The id of the last event, after which the stream may be resumed, and how many milliseconds later.
    last_id: str | None = None
    retry: int | None = None
    #: The number of the row that has its message, where it brought one.
    carrier: int | None = None
    known: object = field(default=None)

    @property
    def resumable(self) -> bool:
        """Whether its stream, or the one that it resumes, may be taken up again."""
        return self.last_id is not None or self.request.header("last-event-id") is not None

    @property
    def status(self) -> int:
        """That of the reply."""
        assert self.reply is not None
        return int(self.reply.start[0])

    @property
    def content_type(self) -> str:
        """What the reply's `Content-Type` names, without parameters."""
        assert self.reply is not None
        return (self.reply.header("content-type") or "").split(";")[0].strip().lower()


class Listener(Protocol):
    """Who makes something of exchanges."""

    def asked(self, exchange: Exchange, at: float) -> None:
        """A request is complete."""

    def replied(self, exchange: Exchange, at: float) -> None:
        """The head of its reply has come."""

    def event(self, exchange: Exchange, kind: str, data: bytes, event_id: str | None, at: float) -> None:
        """An event of the reply's stream has come."""

    def unread(self, exchange: Exchange, why: str, at: float) -> None:
        """The reply's stream brought something that cannot be read."""

    def ended(self, exchange: Exchange, at: float, *, by_server: bool) -> None:
        """The reply is over."""


class Connection:
    """One connection of a client, and the one to the server that belongs to it."""

    def __init__(self, peer: str, most: int, listener: Listener) -> None:
        self._peer = peer
        self._most = most
        self._listener = listener
        self._requests = Messages()
        self._replies = Messages(answers=self._method_of)
        self._waiting: deque[Exchange] = deque()
        self._asking: Exchange | None = None
        self._client_ended = False
        self._opaque = False

    @property
    def held(self) -> int:
        """How many bytes of bodies that are not complete it holds."""
        held = 0 if self._asking is None else len(self._asking.body.data)
        if self._waiting and self._waiting[0].reply_body is not None:
            events = self._waiting[0].events
            held += len(self._waiting[0].reply_body.data) if events is None else events.buffered
        return held

    def take(self, copy: Copy) -> None:
        """What passed on it."""
        if self._opaque:
            return
        match copy.kind:
            case Kind.CLIENT:
                self._client(self._requests.feed(copy.data), copy.at)
            case Kind.SERVER:
                self._server(self._replies.feed(copy.data), copy.at)
            case Kind.CLIENT_END:
                self._client_ended = True
                self._client(self._requests.end(), copy.at)
            case Kind.SERVER_END:
                self._server(self._replies.end(), copy.at)
                for exchange in self._waiting:
                    if exchange.reply is not None:
                        self._listener.ended(exchange, copy.at, by_server=not self._client_ended)
                self._waiting.clear()
            case _:
                pass

    def _client(self, events: Iterator[Event], at: float) -> None:
        for event in events:
            match event:
                case Head():
                    self._asking = Exchange(self._peer, event, Body(event, self._most))
                    if len(self._waiting) < _MOST_WAITING:
                        self._waiting.append(self._asking)
                    else:
                        self._opaque = True
                case Piece(content=content) if self._asking is not None:
                    self._asking.body.keep(content)
                case End() if self._asking is not None:
                    # A server that answered before it knew the question answers no message.
                    if self._asking.reply is None:
                        self._listener.asked(self._asking, at)
                    self._asking.body.data = b""
                    self._asking = None
                case Opaque():
                    self._opaque = True
                case _:
                    pass

    def _server(self, events: Iterator[Event], at: float) -> None:
        for event in events:
            if self._opaque or isinstance(event, Opaque) or not self._waiting:
                self._opaque = True
                return
            exchange = self._waiting[0]
            match event:
                case Head(start=(status, *_)) if int(status) < 200:
                    if status == "101":
                        self._opaque = True
                case Head():
                    self._head(exchange, event, at)
                case Piece(content=content):
                    self._content(exchange, content, at)
                case End() if exchange.reply is not None:
                    self._waiting.popleft()
                    self._listener.ended(exchange, at, by_server=True)
                case _:
                    pass

    def _head(self, exchange: Exchange, head: Head, at: float) -> None:
        exchange.reply = head
        exchange.reply_body = Body(head, self._most)
        if exchange.content_type == EVENTS and exchange.status == 200:
            exchange.events = EventReader()
        self._listener.replied(exchange, at)

    def _content(self, exchange: Exchange, content: bytes, at: float) -> None:
        body = exchange.reply_body
        if body is None:
            return
        if exchange.events is None:
            body.keep(content)
            return
        was = body.why
        for event in exchange.events.feed(body.take(content)):
            exchange.last_id = exchange.last_id if event.id is None else event.id
            exchange.retry = exchange.retry if event.retry is None else event.retry
            self._listener.event(exchange, event.kind, event.data, event.id, at)
        if exchange.events.buffered > self._most:
            body.why = f"it is longer than {self._most} bytes"
        if body.why is not None and was is None:
            exchange.events = EventReader()
            self._listener.unread(exchange, body.why, at)

    def _method_of(self, status: int) -> str:
        return self._waiting[0].request.start[0] if self._waiting else ""
