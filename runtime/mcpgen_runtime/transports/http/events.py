"""Server-sent events: how they are written, and a stream of them on its way to one reader.

Spec pages: basic/transports of 2025-03-26 and later; https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio

from mcpgen_runtime.transports.http.asgi import Header, Receive, Send, in_time

#: The headers of every event stream: nobody on the way may store it, alter it or hold it back.
HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)
_KEEP_ALIVE = b":\n\n"


def event(text: bytes) -> bytes:
    """The event that carries a message: JSON text without line breaks."""
    return b"data: %b\n\n" % text


def numbered_event(stream: int, number: int, text: bytes) -> bytes:
    """An event whose id says which stream it is on and which event of it."""
    return b"id: %d-%d\ndata: %b\n\n" % (stream, number, text)


def priming_event(stream: int, number: int, retry_ms: int) -> bytes:
    """An empty event, from whose id a client can resume, `retry_ms` milliseconds after a disconnect."""
    return b"id: %d-%d\nretry: %d\ndata: \n\n" % (stream, number, retry_ms)


def named_event(name: bytes, data: bytes) -> bytes:
    """An event of the HTTP+SSE transport of 2024-11-05."""
    return b"event: %b\ndata: %b\n\n" % (name, data)


class EventStream:
    """What is put in comes out in order, for one reader that may be slower.

    When more comes while more than `max_unsent_bytes` wait for it, the reader is given up: the stream ends
    there and then, and what waited is dropped. One event may be larger than that.
    """

    __slots__ = ("_frames", "_limit", "_size", "_waiter", "broken", "ended")

    def __init__(self, max_unsent_bytes: int) -> None:
        self._frames: list[bytes] = []
        self._size = 0
        self._limit = max_unsent_bytes
        self._waiter: asyncio.Future[None] | None = None
        #: Nothing more is taken in.
        self.ended = False
        #: The reader was too slow, or is gone: nothing more comes out either.
        self.broken = False

    def put(self, frame: bytes) -> None:
        """Send `frame`; nothing once the stream has ended."""
        if self.ended:
            return
        if self._size > self._limit:
            self.break_off()
            return
        self._frames.append(frame)
        self._size += len(frame)
        self._wake()

    def end(self) -> None:
        """Send what waits, then nothing more."""
        self.ended = True
        self._wake()

    def break_off(self) -> None:
        """Send nothing more, not even what waits."""
        self.ended = self.broken = True
        self._frames.clear()
        self._wake()

    async def next(self, keep_alive_seconds: float) -> bytes:
        """What there is to send, once there is any; a comment after `keep_alive_seconds`; b"" at the end."""
        if not self._frames and not self.ended:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_later(keep_alive_seconds, self._wake)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        if self._frames:
            data = b"".join(self._frames)
            self._frames.clear()
            self._size = 0
            return data
        return b"" if self.ended else _KEEP_ALIVE

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


async def send_stream(
    stream: EventStream,
    send: Send,
    *,
    keep_alive_seconds: float,
    write_seconds: float,
    headers: tuple[Header, ...] = (),
) -> bool:
    """Answer a request with `stream`; returns whether all of it could be sent.

    Where the reader takes nothing for `write_seconds`, or the stream breaks off, the response stays
    unfinished: that makes the server close the connection.
    """
    try:
        start = {"type": "http.response.start", "status": 200, "headers": [*HEADERS, *headers]}
        await in_time(send(start), write_seconds)
        while data := await stream.next(keep_alive_seconds):
            await in_time(
                send({"type": "http.response.body", "body": data, "more_body": True}), write_seconds
            )
        if not stream.broken:
            await in_time(send({"type": "http.response.body", "body": b""}), write_seconds)
    except TimeoutError:
        stream.break_off()
    return not stream.broken


async def watch(receive: Receive) -> None:
    """Return when the client goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def break_off_when_gone(stream: EventStream, receive: Receive) -> None:
    """Break `stream` off when the client goes away."""
    await watch(receive)
    stream.break_off()
