"""The memory transport: two connected ends in one process, with the framing of stdio.

Chunks are handed over as they are, none is copied; but they are bytes, split into lines and parsed on the
other side, so that what holds here holds on a socket.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import ClassVar

from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.living import living
from mcpgen_runtime.transports.pump import PumpTransport
from mcpgen_runtime.transports.stream import Streams

# How much may wait to be received before a sender has to wait too.
_HIGH_WATER = 256 * 1024


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

    @property
    def deserted(self) -> bool:
        """Whether the other end is closed, and not just finished."""
        return self._peer._closed

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
        async with living(handler):
            streams = Streams(handler, self._config, transport=self.name, patient=True)
            try:
                EndTransport(streams.stream(), self._end)
                if self._listening is not None:
                    self._listening("memory")
                await streams.wait()
            finally:
                await streams.close()


class EndTransport(PumpTransport):
    """An asyncio transport over one end of a pipe."""

    def __init__(self, protocol: asyncio.Protocol, end: End) -> None:
        self._end = end
        super().__init__(protocol)

    async def _receive(self) -> bytes:
        chunk = await self._end.receive()
        if not chunk and self._end.deserted:
            self.abort()
        return chunk

    def _offer(self, data: bytes) -> bool:
        return self._end.offer(data)

    async def _send(self, data: bytes) -> None:
        await self._end.send(data)

    def _hang_up(self) -> None:
        self._end.close()
