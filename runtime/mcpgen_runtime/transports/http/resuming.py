"""Event streams that survive their connection: what a legacy session can send again.

Every event of a session has an id, "STREAM-NUMBER", so that the client can name the last one it got on a
stream (`Last-Event-ID`) and have what followed on that stream, and on no other.

Spec pages: basic/transports of 2025-03-26 to 2025-11-25, resumability and redelivery.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http.events import EventStream, numbered_event, priming_event

#: How many sessions may keep `max_replay_bytes` at a time.
SESSIONS_WITH_ALL = 64


class Resumable:
    """One stream of a session: a POST's answer, or a GET. Events go to its `reader` and into the record."""

    __slots__ = ("_record", "idle_since", "last", "number", "over", "reader")

    def __init__(self, record: Record, number: int) -> None:
        self._record = record
        self.number = number
        #: The number of its latest event.
        self.last = 0
        #: Nothing more will come.
        self.over = False
        self.reader: EventStream | None = None
        #: Since when nobody has read it.
        self.idle_since = record.now()

    def put(self, text: bytes) -> None:
        """Send a message, or keep it for when the client is back."""
        self.last += 1
        frame = numbered_event(self.number, self.last, text)
        self._record.keep(self, frame)
        if self.reader is not None:
            self.reader.put(frame)

    def prime(self, retry_ms: int) -> None:
        """Give the reader an id to resume from, before there is any message."""
        if self.reader is not None:
            self.reader.put(priming_event(self.number, self.last, retry_ms))

    def finish(self) -> None:
        """The last message was put."""
        self.over = True
        self.idle_since = self._record.now()
        if self.reader is not None:
            self.reader.end()
            self.reader = None

    def attach(self, reader: EventStream, *, after: int | None = None) -> None:
        """Have `reader` read from now on, first what came after event `after`; a former reader is let go."""
        if self.reader is not None:
            self.reader.end()
        self.reader = reader
        if after is not None:
            for frame in self._record.since(self, after):
                reader.put(frame)
        if self.over:
            self.finish()

    def detach(self, reader: EventStream) -> None:
        """`reader` reads no more; the stream goes on without, until it is resumed."""
        if self.reader is reader:
            self.reader = None
            self.idle_since = self._record.now()


class Budget:
    """How many bytes of events the sessions of one server may still keep, all together."""

    __slots__ = ("left",)

    def __init__(self, config: TransportConfig) -> None:
        self.left = config.max_replay_bytes * SESSIONS_WITH_ALL


class Record:
    """The latest events of all streams of one session, as many as the configuration lets it keep."""

    __slots__ = ("_budget", "_config", "_events", "_next", "_size", "_streams", "now")

    def __init__(self, config: TransportConfig, budget: Budget, now: Callable[[], float]) -> None:
        self._config = config
        self._budget = budget
        self.now = now
        self._streams: dict[int, Resumable] = {}
        self._events: deque[tuple[Resumable, int, bytes]] = deque()
        self._size = 0
        self._next = 1

    def open(self) -> Resumable:
        """A new stream."""
        stream = self._streams[self._next] = Resumable(self, self._next)
        self._next += 1
        if len(self._streams) > max(self._config.max_replay_events, 1):
            self._forget_oldest()
        return stream

    def find(self, event_id: str) -> tuple[Resumable, int] | None:
        """The stream of an event and the event's number; None where not all that followed it is kept."""
        stream, _, number = event_id.partition("-")
        if not (stream.isascii() and stream.isdigit() and number.isascii() and number.isdigit()):
            return None
        if len(stream) > 18 or len(number) > 18:
            return None
        found, after = self._streams.get(int(stream)), int(number)
        if found is None or len(self.since(found, after)) != found.last - after:
            return None
        return found, after

    def keep(self, stream: Resumable, frame: bytes) -> None:
        """Remember the latest event of `stream`; the oldest of the session go."""
        config, budget = self._config, self._budget
        self._events.append((stream, stream.last, frame))
        self._grow(len(frame))
        while self._events and (
            len(self._events) > config.max_replay_events
            or self._size > config.max_replay_bytes
            or budget.left < 0
        ):
            self._grow(-len(self._events.popleft()[2]))

    def since(self, stream: Resumable, number: int) -> list[bytes]:
        """The kept events of `stream` after its event `number`."""
        return [frame for of, each, frame in self._events if of is stream and each > number]

    def forget(self) -> None:
        """Drop the streams that nobody has read, and nothing was put into, for `replay_seconds`."""
        before = self.now() - self._config.replay_seconds
        gone = [
            each
            for each in self._streams.values()
            if each.over and each.reader is None and each.idle_since < before
        ]
        for stream in gone:
            self._drop(stream)

    @property
    def read(self) -> bool:
        """Whether anybody reads any stream."""
        return any(stream.reader is not None for stream in self._streams.values())

    def close(self) -> None:
        """End every stream."""
        for stream in self._streams.values():
            stream.finish()
        self._streams.clear()
        self._events.clear()
        self._grow(-self._size)

    def _grow(self, size: int) -> None:
        self._size += size
        self._budget.left -= size

    def _forget_oldest(self) -> None:
        for stream in self._streams.values():
            if stream.over:
                self._drop(stream)
                return

    def _drop(self, stream: Resumable) -> None:
        del self._streams[stream.number]
        kept = [entry for entry in self._events if entry[0] is not stream]
        if len(kept) != len(self._events):
            self._events = deque(kept)
            self._grow(sum(len(frame) for _, _, frame in kept) - self._size)
