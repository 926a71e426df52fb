"""A client transport of the runtime, with everything that passes entered in a journal.

The transport hands over frames as they came; here they are read strictly, held against the limits of a
run, and written down before anybody acts on them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mcpgen.errors import TargetUnreachable
from mcpgen.validate.correlate import is_answer
from mcpgen.validate.frames import read_frame
from mcpgen.validate.journal import (
    Closed,
    Ended,
    Fetched,
    Finished,
    HttpReply,
    Journal,
    Paused,
    Received,
    Sent,
    Stream,
    StreamEvent,
)
from mcpgen_runtime.client import transport as wire
from mcpgen_runtime.client.errors import ConnectFailed, LimitPassed, ServerGone

# Of an event that is no message only the beginning is kept.
_SHOWN = 2000


#: About how many bytes an event takes beside its texts.
_EVENT = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a server may send before the validator stops listening.

    All of it is kept until it is judged: `memory_bytes` is what the values of all messages may take.
    """

    message_bytes: int = 8 * 1024 * 1024
    total_bytes: int = 256 * 1024 * 1024
    memory_bytes: int = 96 * 1024 * 1024
    frames: int = 10_000


# What a server says of itself beside its messages is short.
_LONGEST_DOCUMENT = 256 * 1024


@dataclass(slots=True)
class Tally:
    """What was taken so far: by all conversations that count towards the same limits."""

    total_bytes: int = 0
    memory_bytes: int = 0
    frames: int = 0


class Recorder:
    """Opens, sends over and closes `transport`; whatever it sends and receives is in `journal`.

    `explain` makes of a failed connection what the user is to be told. A connection that breaks while
    nothing is being sent shows as a `Closed` entry; a limit that is passed, as `failure` too. `on_loopback`
    says that the server is at an address of this machine; `endpoint` is its URL where it has one, and
    `credentials` are what the user gave for `Authorization`, `foreign_token` is one of another server's
    and `other_token` one of another user's. Who `withholds` was given more in confidence than a token, which
    goes to the endpoint alone.
    """

    def __init__(
        self,
        transport: wire.Transport,
        journal: Journal,
        *,
        limits: Limits,
        tally: Tally | None = None,
        explain: Callable[[ConnectFailed], TargetUnreachable],
        on_loopback: bool = False,
        endpoint: str | None = None,
        credentials: str | None = None,
        foreign_token: str | None = None,
        other_token: str | None = None,
        withholds: bool = False,
    ) -> None:
        self.name = transport.name
        self.on_loopback = on_loopback
        self.endpoint = endpoint
        self.credentials = credentials
        self.foreign_token = foreign_token
        self.other_token = other_token
        self.withholds = withholds
        self.journal = journal
        self.failure: LimitPassed | None = None
        self._transport = transport
        self._limits = limits
        self._explain = explain
        self._tally = tally if tally is not None else Tally()
        # What the last message weighs.
        self._weight = 0
        transport.meter = self._took_bytes

    async def open(self) -> None:
        """Start or reach the server. Raises `TargetUnreachable`."""
        try:
            await self._transport.open(self._take)
        except ConnectFailed as failed:
            raise self._explain(failed) from None

    async def send(
        self, message: dict[str, Any], *, probe: str = "", headers: Mapping[str, str] | None = None
    ) -> int:
        """Write one message, enter it in the journal and return its index there. Raises `ServerGone`."""
        if self.failure is not None:
            raise ServerGone("the connection is closed")
        # Entered before it is written: an answer must never stand before its question.
        index = self.journal.add(Sent(self.journal.clock(), message, probe))
        await self._transport.send(message, exchange=index, headers=headers)
        return index

    async def send_frame(self, text: str, *, probe: str, headers: Mapping[str, str] | None = None) -> int:
        """Write `text`, which need be no message, as one frame; otherwise as `send`."""
        if self.failure is not None:
            raise ServerGone("the connection is closed")
        index = self.journal.add(_unread(text, self.journal.clock(), probe))
        await self._transport.send_frame(text.encode(), exchange=index, headers=headers)
        return index

    async def knock(
        self, verb: str, *, probe: str, timeout: float, headers: Mapping[str, str] | None = None
    ) -> int:
        """Make a GET or a DELETE over HTTP; its index, once the reply has begun, or did not in time.

        Its stream is read until it ends, or is abandoned. Raises `ServerGone`.
        """
        if self.failure is not None:
            raise ServerGone("the connection is closed")
        index = self.journal.add(Sent(self.journal.clock(), {}, probe, verb=verb))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._transport.knock(verb, exchange=index, headers=headers), timeout)
        return index

    async def drain(self) -> None:
        """Wait, within bounds, until the replies that brought their answers are over."""
        await self._transport.drain()

    async def fetch(self, url: str, *, endpoint: str, probe: str, seconds: float) -> Fetched:
        """GET a document beside the `endpoint`, enter it in the journal and return the entry.

        Raises `ServerGone` and `LimitPassed`.
        """
        document = await self._transport.fetch(url, at_most=_LONGEST_DOCUMENT, seconds=seconds)
        value, fault = None, document.broken
        if not fault:
            try:
                read = read_frame(document.body, at=0, stream="get", weigh=self._weigh)
                value, fault = read.value, (read.fault or "").replace("-", " ")
            except LimitPassed as passed:
                fault = str(passed)
        at, status = self.journal.clock(), document.status
        entry = Fetched(at, probe, endpoint, url, status, value, fault, self.withholds)
        self.journal.add(entry)
        return entry

    def abandon(self, exchange: int) -> None:
        """Nobody waits for the reply to what was sent at `exchange`: end it, where it stands by itself."""
        self._transport.abandon(exchange)

    @property
    def in_session(self) -> bool:
        """Whether the server has given the connection a session id."""
        return self._transport.in_session

    @property
    def replies_apart(self) -> bool:
        """Whether each request has a reply of its own, whose closing tells that nobody waits for it."""
        return self._transport.replies_apart

    def listen(self) -> None:
        """Begin to take messages that answer nothing, where they have a channel of their own."""
        self._transport.listen()

    def settle(self, revision: str, *, session: bool) -> None:
        """From here on the connection speaks `revision`; `session` tells the era that has sessions."""
        self._transport.settle(revision, session=session)

    def last_words(self) -> tuple[str, ...]:
        """What the server lately wrote for people to read (standard error), oldest line first."""
        return self._transport.last_words()

    async def close(self) -> None:
        """End the connection, and the server if the transport started it. May be repeated."""
        await self._transport.close()

    def _take(self, event: wire.Event) -> None:
        at = self.journal.clock()
        match event:
            case wire.Frame():
                self._take_frame(event, at)
            case wire.ReplyHead(exchange, status, kind, has_body, session_id, headers):
                self.journal.add(HttpReply(at, exchange, status, kind, has_body, session_id, headers))
            case wire.StreamEvent(exchange, channel, kind, event_id, retry, empty, text):
                if empty:
                    self._count()
                self._weigh(_EVENT + sys.getsizeof(kind) + sys.getsizeof(event_id))
                told = text[:_SHOWN]
                self.journal.add(StreamEvent(at, exchange, channel, kind, event_id, retry, empty, told))
            case wire.Paused(exchange, event_id, retry):
                self.journal.add(Paused(at, event_id, retry, exchange))
            case wire.ReplyEnd(exchange, reason, status, None, ending):
                self.journal.add(Finished(at, exchange, reason, status, ending))
            case wire.ReplyEnd(error=error) | wire.Gone(error=error):
                assert error is not None
                self._lost(error, at)
            case wire.Ended(signal, waited):
                self.journal.add(Ended(at, signal, waited))

    def _take_frame(self, frame: wire.Frame, at: float) -> None:
        self._count()
        stream: Stream = "stdout" if self.name == "stdio" else frame.channel
        self._weight = 0
        received = read_frame(
            frame.data,
            at=at,
            stream=stream,
            carrier=frame.exchange,
            status=frame.status,
            weigh=self._weigh,
        )
        if received.fault is not None:
            # Of what is no JSON only the beginning is kept.
            self._tally.memory_bytes -= self._weight
        self.journal.add(received)
        if frame.exchange is not None and _answers(received):
            self._transport.release(frame.exchange)

    def _lost(self, error: Exception, at: float) -> None:
        if isinstance(error, LimitPassed):
            if self.failure is not None:
                return
            self.failure = error
        self.journal.add(Closed(at, str(error)))

    def _count(self) -> None:
        self._tally.frames += 1
        if self._tally.frames > self._limits.frames:
            raise LimitPassed(f"the server sent more than {self._limits.frames} messages in one run")

    def _weigh(self, weight: int) -> None:
        self._weight = weight
        self._tally.memory_bytes += weight
        if self._tally.memory_bytes > self._limits.memory_bytes:
            megabytes = self._limits.memory_bytes // (1024 * 1024)
            raise LimitPassed(f"what the server sent in one run takes more than {megabytes} MiB of memory")

    def _took_bytes(self, count: int) -> None:
        self._tally.total_bytes += count
        if self._tally.total_bytes > self._limits.total_bytes:
            raise LimitPassed(f"the server sent more than {self._limits.total_bytes} bytes in one run")


def _unread(text: str, at: float, probe: str) -> Sent:
    """The entry for a frame that is sent as it is: its object, or the text where there is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return Sent(at, {}, probe, text, "not-json")
    return Sent(at, value, probe) if isinstance(value, dict) else Sent(at, {}, probe, text, "not-object")


def _answers(frame: Received) -> bool:
    messages = frame.value if isinstance(frame.value, list) else [frame.value]
    return any(is_answer(message) for message in messages)
