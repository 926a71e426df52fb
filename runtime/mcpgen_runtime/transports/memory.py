"""The memory transport: two connected ends in one process, with the framing of stdio.

Chunks are handed over as they are, none is copied; but they are bytes, split into lines and parsed on the
other side, so that what holds here holds on a socket.
"""

from __future__ import annotations

import asyncio
from collections import deque

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
        if self._closed or peer._closed or peer._ended:
            raise BrokenPipeError("the other end is closed")
        peer._chunks.append(data)
        peer._size += len(data)
        peer._arrived.set()
        while peer._size > _HIGH_WATER and not peer._closed:
            peer._taken.clear()
            await peer._taken.wait()

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


def pipe() -> tuple[End, End]:
    """Two ends that are connected to each other."""
    one, other = End(), End()
    one._peer, other._peer = other, one
    return one, other
