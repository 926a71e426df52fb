"""Event streams over HTTP as they are read: their messages, and what their events say beside these.

Spec pages: 2025-11-25 basic/transports, 2026-07-28 basic/transports/streamable-http.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from mcpgen_runtime.client.http_replies import BROKEN
from mcpgen_runtime.client.packing import unpacked
from mcpgen_runtime.client.sse import Event, EventReader
from mcpgen_runtime.client.transport import Channel, Deliver, Ending, Frame, StreamEvent

#: How many seconds a server may have its client wait before it comes back.
LONGEST_RETRY = 5.0


class Exchange:
    """A request and its reply, while it lasts."""

    __slots__ = ("answered", "begun", "ending", "method", "number", "patience", "task")

    def __init__(self, number: int, method: str) -> None:
        self.number = number
        self.method = method
        self.task: asyncio.Task[None] | None = None
        self.answered = False
        # The reply has begun, or there will be none.
        self.begun = asyncio.Event()
        self.ending: Ending | None = None
        # Runs while the reply's stream is read; set once the answer has come.
        self.patience: asyncio.Timeout | None = None


@dataclass(slots=True)
class Stream:
    """What an event stream said of itself: its last event id, the pause it advises in ms, how it ended."""

    last_id: str | None = None
    retry: int | None = None
    ending: Ending = "whole"

    @property
    def pause(self) -> float:
        """How many seconds to wait before it is resumed."""
        return min((1000 if self.retry is None else self.retry) / 1000, LONGEST_RETRY)


async def read_events(
    reply: httpx.Response,
    exchange: Exchange | None,
    channel: Channel,
    *,
    deliver: Deliver,
    measure: Callable[[int], None],
    holds: Callable[[int], None],
) -> Stream:
    """Deliver every event and its message; return what the stream said of itself.

    One whose `exchange` is given is left soon after its answer has come. `measure` is told the size of each
    chunk, `holds` that of what is held of a message; both may raise `LimitPassed`.
    """
    reader = EventReader()
    stream = Stream()
    number = None if exchange is None else exchange.number
    patience = asyncio.timeout(None)
    try:
        async with patience:
            if exchange is not None:
                exchange.patience = patience
            async for chunk in unpacked(reply):
                measure(len(chunk))
                for event in reader.feed(chunk):
                    stream.last_id = (event.id or None) if event.id is not None else stream.last_id
                    stream.retry = event.retry if event.retry is not None else stream.retry
                    says_more(event, number, channel, deliver)
                    if event.kind == "message" and event.data.strip():
                        holds(len(event.data))
                        deliver(Frame(event.data, channel, number, reply.status_code))
                holds(reader.buffered)
    except BROKEN:
        # Also the patience's TimeoutError, an OSError. A stream that breaks may be resumed; without an
        # event id, `ReplyEnd` tells the rest.
        stream.ending = "left" if patience.expired() else "broken"
    finally:
        if exchange is not None:
            exchange.patience = None
    return stream


def says_more(event: Event, exchange: int | None, channel: Channel, deliver: Deliver) -> None:
    """Deliver what an event says besides its message, if anything: before the message."""
    empty = not event.data.strip()
    # An empty id is none: it takes back those before.
    event_id = event.id or None
    if empty or event_id is not None or event.retry is not None or event.kind != "message":
        text = "" if event.kind == "message" else event.data.decode("utf-8", "replace")
        deliver(StreamEvent(exchange, channel, event.kind, event_id, event.retry, empty, text))
