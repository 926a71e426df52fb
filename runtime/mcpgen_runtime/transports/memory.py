"""The memory transport: two connected ends in one process, with the framing of stdio.

Chunks are handed over as they are, none is copied; but they are bytes, split into lines and parsed on the
other side, so that what holds here holds on a socket.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.stream import Streams

# How much may wait to be received before a sender has to wait too.
_HIGH_WATER = 256 * 1024
_LOW_WATER = 64 * 1024


class End:
    """One end of a `pipe`. What one end sends, the other receives."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._size = 0
        # Nothing more will come; nobody will take any more.
        self._ended = False
        self._closed = False
        self._arrived = asyncio.Event()
        self._taken = asyncio.Event()
        self._peer = self

    async def send(self, data: bytes) -> None:
        """Hand `data` to the other end, waiting while it is behind. Raises `BrokenPipeError`."""
        peer = self._peer
        self._put(data)
        while peer._size > _HIGH_WATER and not peer._closed:
            peer._taken.clear()
            await peer._taken.wait()

    def offer(self, data: bytes) -> bool:
        """Hand `data` to the other end at once, unless that is behind. Raises `BrokenPipeError`."""
        if self._peer._size > _HIGH_WATER:
            return False
        self._put(data)
        return True

    async def receive(self) -> bytes:
        """The next chunk; b"" when the other end has finished and everything was received."""
        while not self._chunks:
            if self._ended or self._closed:
                return b""
            self._arrived.clear()
            await self._arrived.wait()
        chunk = self._chunks.popleft()
        self._size -= len(chunk)
        self._taken.set()
        return chunk

    def finish(self) -> None:
        """Send no more. What the other end still sends can be received."""
        self._peer._ended = True
        self._peer._arrived.set()

    def close(self) -> None:
        """Send and receive no more. May be repeated."""
        self.finish()
        self._closed = self._ended = True
        self._arrived.set()
        self._taken.set()
        self._chunks.clear()
        self._size = 0

    def _put(self, data: bytes) -> None:
        peer = self._peer
        if self._closed or peer._closed or peer._ended:
            raise BrokenPipeError("the other end is closed")
        peer._chunks.append(data)
        peer._size += len(data)
        peer._arrived.set()


def pipe() -> tuple[End, End]:
    """Two ends that are connected to each other."""
    one, other = End(), End()
    one._peer, other._peer = other, one
    return one, other


class MemoryAdapter:
    """Serves the client at the other end of a pipe, once. `listening` is called once it reads."""

    name: ClassVar[str] = "memory"

    def __init__(self, end: End, *, listening: Callable[[str], object] | None = None) -> None:
        self._end = end
        self._config = TransportConfig()
        self._listening = listening

    def configure(self, config: TransportConfig) -> None:
        """See `TransportAdapter.configure`."""
        self._config = config

    async def serve(self, handler: ProtocolHandler) -> None:
        """See `TransportAdapter.serve`."""
        streams = Streams(handler, self._config, transport=self.name, patient=True)
        try:
            EndTransport(asyncio.get_running_loop(), streams.stream(), self._end)
            if self._listening is not None:
                self._listening("memory")
            await streams.wait()
        finally:
            await streams.close()


class EndTransport(asyncio.Transport):
    """An asyncio transport over one end of a pipe."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, end: End) -> None:
        super().__init__()
        self._loop = loop
        self._protocol = protocol
        self._end = end
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._paused = self._closing = self._lost = False
        protocol.connection_made(self)
        self._writer: asyncio.Task[None] | None = None
        self._reader = loop.create_task(self._read())

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """There is none."""
        return default

    def pause_reading(self) -> None:
        """Hand over no input."""
        self._may_read.clear()

    def resume_reading(self) -> None:
        """Hand over input."""
        self._may_read.set()

    async def _read(self) -> None:
        try:
            while chunk := await self._end.receive():
                await self._may_read.wait()
                self._protocol.data_received(chunk)
            if not self._closing and not self._protocol.eof_received():
                self.close()
        except Exception as error:
            self._loop.call_exception_handler(
                {"message": "the protocol failed", "exception": error, "transport": self}
            )
            self._lose(error)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hand over `data`, or keep it until the other end has caught up."""
        if self._lost:
            return
        try:
            if not self._waiting and self._end.offer(bytes(data)):
                return
        except BrokenPipeError as error:
            self._lose(error)
            return
        self._waiting.append(bytes(data))
        self._size += len(data)
        if self._writer is None:
            self._writer = self._loop.create_task(self._write_on())
        if self._size > _HIGH_WATER and not self._paused:
            self._paused = True
            self._protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        """How many bytes wait to be handed over."""
        return self._size

    def can_write_eof(self) -> bool:
        """It has no need of it: nothing is lost where an end is closed."""
        return False

    async def _write_on(self) -> None:
        while self._waiting:
            try:
                await self._end.send(self._waiting[0])
            except BrokenPipeError as error:
                self._lose(error)
                return
            self._size -= len(self._waiting.popleft())
            if self._paused and self._size <= _LOW_WATER:
                self._paused = False
                self._protocol.resume_writing()
        self._writer = None
        if self._closing:
            self._lose(None)

    def is_closing(self) -> bool:
        """Whether the end has begun."""
        return self._closing

    def close(self) -> None:
        """Read no more; hand over what waits, and end."""
        if not self._closing:
            self._closing = True
            self.pause_reading()
            if self._writer is None:
                self._lose(None)

    def abort(self) -> None:
        """End at once."""
        self._lose(None)

    def _lose(self, error: Exception | None) -> None:
        if self._lost:
            return
        self._lost = self._closing = True
        self._reader.cancel()
        if self._writer is not None:
            self._writer.cancel()
        self._end.close()
        # Never out of a call that the protocol itself makes.
        self._loop.call_soon(self._protocol.connection_lost, error)
