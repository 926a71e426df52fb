"""One peer on one stream of bytes in each direction, a message a line: what stdio, TCP, Unix sockets and
memory have in common.

Everything happens inside the callback that brought the bytes, and all answers to one chunk go out in one
write. A stream's life:

1.  Open: every line is handed to the connection. While the peer does not read, nothing is read from it.
2.  Finishing, from the end of its input on, or when told so: no line is handed over any more, and calls
    in flight are answered.
3.  Ending, once the last of them is: listen streams are ended, and what waits is sent.
4.  Over: the transport is closed. A peer that reads nothing for `write_seconds`, or lets more than
    `max_unsent_bytes` wait, gets there directly.

Spec pages: basic/transports ("stdio"); 2026-07-28 basic/transports/stdio, which says to reuse this framing
on sockets and pipes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import cast

from mcpgen_runtime.connection import Connection
from mcpgen_runtime.errors import LimitReached
from mcpgen_runtime.framing import LineSplitter
from mcpgen_runtime.host import Timer
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import Error
from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.asyncio_host import AsyncioHost
from mcpgen_runtime.transports.config import TransportConfig

log = logging.getLogger("mcpgen_runtime")

# How long a peer has to hang up after us. If we left its last words unread, its system would throw away
# what it has not read of ours.
LINGER_SECONDS = 1.0


class Stream(asyncio.Protocol):
    """Serves one peer, under any asyncio transport."""

    def __init__(self, streams: Streams, *, principal: str | None = None) -> None:
        self._streams = streams
        self._host = streams.host
        self._limits = streams.config.limits
        self._connection = Connection(
            streams.handler,
            self._host,
            self._write,
            limits=self._limits,
            transport=streams.transport,
            principal=principal,
        )
        self._connection.on_idle = self._settle
        self._left: Sequence[bytes] = ()
        self._splitter = LineSplitter(self._limits.max_message_bytes)
        self._transport: asyncio.Transport
        self._finishing = self._at_end = self._ending = self._paused = False
        # For the limits on time: when something last came or went; when the message that is not complete
        # began; how much was written; while some of it waits, when the peer was last seen to take some, and
        # how much in all.
        self._last_use = self._host.now()
        self._begun: float | None = None
        self._written = 0
        self._progress: tuple[float, int] | None = None

    @property
    def calls(self) -> int:
        """How many requests wait for their answers."""
        return self._connection.calls

    def finish(self) -> None:
        """Take no more messages; end once the calls in flight are answered."""
        self._finishing = True
        self._begun = None
        self._connection.hear_no_more()
        self._settle()

    def abort(self, reason: str = "") -> None:
        """End at once: calls in flight are cancelled, and what waits is not sent. `reason` is logged."""
        if reason:
            log.warning("%s: %s: the connection is closed", self, reason)
        self._connection.close()
        self._transport.abort()

    def watch(self, now: float) -> None:
        """End a peer that reads nothing; and, on a socket, one that is idle or slow at a message."""
        limits, config = self._limits, self._streams.config
        if self._is_stuck(now):
            self.abort(f"nothing was read for write_seconds ({limits.write_seconds:g})")
        elif self._paused or self._streams.patient:
            return
        elif self._begun is not None and now - self._begun >= config.message_seconds:
            self.abort(f"a message took longer than message_seconds ({config.message_seconds:g})")
        elif not self._ending and not self.calls and now - self._last_use >= limits.session_idle_seconds:
            self.finish()

    def __str__(self) -> str:
        peer = self._transport.get_extra_info("peername")
        return f"{self._streams.transport} {peer[0]}:{peer[1]}" if peer else self._streams.transport

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._streams.opened(self):
            self._refuse("max_connections")

    def data_received(self, data: bytes) -> None:
        if self._finishing:
            return
        splitter = self._splitter
        lines = splitter.feed(data)
        self._last_use = self._host.now()
        if data.endswith(b"\n"):
            self._begun = None
        elif lines or self._begun is None:
            self._begun = self._last_use
        if splitter.refused:
            refused, splitter.refused = splitter.refused, 0
            self._connection.refuse_oversized(refused)
        if lines:
            self._serve(lines)

    def eof_received(self) -> bool:
        self._at_end = True
        if self._ending:
            return False
        rest = self._splitter.end()
        if rest and not self._finishing:
            self._serve([rest])
        self.finish()
        return True

    def pause_writing(self) -> None:
        self._paused = self._connection.paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._paused = self._connection.paused = False
        left, self._left = self._left, ()
        if left and not self._finishing:
            self._serve(left)
        if not self._paused and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        # That a peer goes away is nothing to report; that a disk is full is.
        if exc is not None and not isinstance(exc, ConnectionError):
            log.error("%s: %s: the connection is closed", self, exc)
        self._connection.close()
        self._finishing = self._ending = True
        self._streams.over(self)

    def _serve(self, messages: Sequence[bytes]) -> None:
        # What one read brought may have more answers than the peer takes: the rest waits with it.
        if self._left:
            self._left = [*self._left, *messages]
        else:
            self._left = self._connection.receive(messages)

    # What the connection calls.

    def _write(self, messages: list[bytes]) -> None:
        transport = self._transport
        if self._paused and transport.get_write_buffer_size() > self._limits.max_unsent_bytes:
            self.abort(f"more than max_unsent_bytes ({self._limits.max_unsent_bytes}) wait to be read")
            return
        data = self._framed(messages)
        self._written += len(data)
        self._last_use = self._host.now()
        transport.write(data)

    def _framed(self, messages: list[bytes]) -> bytes:
        return b"\n".join((*messages, b""))

    def _settle(self) -> None:
        # The last call is over, but its answer perhaps not written yet.
        if self._finishing and not self.calls:
            self._host.loop.call_soon(self._end)

    def _end(self) -> None:
        if self._ending or self.calls:
            return
        self._connection.close(graceful=True)
        self._ending = True
        self._hang_up()

    def _hang_up(self) -> None:
        """Close the transport once everything is sent and the peer has hung up too, or had time to."""
        transport = self._transport
        if transport.is_closing():
            return
        if self._at_end or not transport.can_write_eof():
            transport.close()
        else:
            transport.resume_reading()
            transport.write_eof()
            self._host.call_later(LINGER_SECONDS, self._linger)

    def _linger(self) -> None:
        # Whoever takes nothing of what waits is ended by `watch`.
        if self._transport.get_write_buffer_size():
            self._host.call_later(LINGER_SECONDS, self._linger)
        else:
            self._transport.abort()

    def _refuse(self, limit: str) -> None:
        value = getattr(self._limits, limit)
        message = f"The server is at {limit} ({value}): try again later"
        error = Error.of(LimitReached(message, limit=limit, value=value), None)
        self._connection.close()
        self._finishing = self._ending = True
        if not self._transport.is_closing():
            self._transport.write(self._framed([dumps(error.to_json())]))
            self._hang_up()

    def _is_stuck(self, now: float) -> bool:
        """Whether something waits of which the peer has taken nothing for `write_seconds`."""
        waiting = self._transport.get_write_buffer_size()
        if not waiting:
            self._progress = None
            return False
        taken = self._written - waiting
        if self._progress is None or taken > self._progress[1]:
            self._progress = (now, taken)
        return now - self._progress[0] >= self._limits.write_seconds


class Streams:
    """The streams that one adapter serves, all on one handler: `max_connections` at most, and watched.

    It makes the protocol of each new connection, a `kind` of stream. Peers of `patient` ones may be idle,
    and slow at a message.
    """

    def __init__(
        self,
        handler: ProtocolHandler,
        config: TransportConfig,
        *,
        transport: str,
        kind: type[Stream] = Stream,
        patient: bool = False,
    ) -> None:
        self.handler = handler
        self.config = config
        self.transport = transport
        self.patient = patient
        self.host = AsyncioHost()
        self._kind = kind
        self._live: set[Stream] = set()
        self._admitted: set[Stream] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        limits = config.limits
        shortest = limits.write_seconds
        if not patient:
            shortest = min(shortest, config.message_seconds, config.ping_seconds, limits.session_idle_seconds)
        # Who is late is noticed a quarter too late at most.
        self._interval = shortest / 4
        self._timer: Timer | None = None

    def stream(self) -> Stream:
        """The protocol of a new connection."""
        return self._kind(self)

    def opened(self, stream: Stream) -> bool:
        """Take note of a connection; False where it is one too many."""
        most = self.config.limits.max_connections
        self._live.add(stream)
        self._empty.clear()
        if self._timer is None:
            self._timer = self.host.call_later(self._interval, self._watch)
        if len(self._admitted) < most:
            self._admitted.add(stream)
            return True
        if len(self._live) > 2 * most:  # as many are being told already
            stream.abort()
        return False

    def over(self, stream: Stream) -> None:
        """Take note of its end."""
        self._live.discard(stream)
        self._admitted.discard(stream)
        if not self._live:
            self._empty.set()

    @property
    def calls(self) -> int:
        """How many requests wait for their answers, of all connections."""
        return sum(stream.calls for stream in self._live)

    async def wait(self) -> None:
        """Until no connection is left."""
        await self._empty.wait()

    async def close(self) -> None:
        """Give calls in flight `drain_seconds`, then end every stream. Cancelled, end them at once."""
        config = self.config
        try:
            for stream in tuple(self._live):
                stream.finish()
            # Not `asyncio.timeout`: until Python 3.11.3 it tells nobody of the time in a task that was
            # cancelled, as the one that ends a server was.
            await asyncio.wait_for(self._empty.wait(), config.drain_seconds)
        except TimeoutError:
            calls = sum(stream.calls for stream in self._live)
            if calls:
                seconds = config.drain_seconds
                log.warning(
                    "%s: %d calls took longer than drain_seconds (%g)", self.transport, calls, seconds
                )
        finally:
            for stream in tuple(self._live):
                stream.abort()
            if self._timer is not None:
                self._timer.cancel()
            self.host.close()

    def _watch(self) -> None:
        now = self.host.now()
        for stream in tuple(self._live):
            stream.watch(now)
        # Where there are none, nobody need wake up for them.
        self._timer = self.host.call_later(self._interval, self._watch) if self._live else None
