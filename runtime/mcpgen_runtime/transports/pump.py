"""An asyncio transport over a pair of coroutines: one that receives a chunk, one that sends one.

It is for streams that asyncio knows nothing of, and gives them what its own transports have: writing
without waiting, a measured buffer, and a protocol that is told when to pause.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections import deque
from typing import Any

# How much may wait before the protocol is asked to write no more, and how much when it may again.
_HIGH_WATER = 64 * 1024
_LOW_WATER = 16 * 1024


class PumpTransport(asyncio.Transport):
    """Pumps chunks between `protocol` and whatever a subclass receives from and sends to.

    Each chunk that is written is sent by itself, as it is.
    """

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._paused = self._closing = self._lost = False
        protocol.connection_made(self)
        self._writer: asyncio.Task[None] | None = None
        self._reader = self._loop.create_task(self._read())

    # What a subclass does.

    @abstractmethod
    async def _receive(self) -> bytes:
        """The next chunk; b"" at the end."""

    def _offer(self, data: bytes) -> bool:
        """Send `data` at once, or return False where that means waiting. Raises `BrokenPipeError`."""
        return False

    @abstractmethod
    async def _send(self, data: bytes) -> None:
        """Send `data`, however long it takes. Raises `OSError` where nobody receives any more."""

    @abstractmethod
    def _hang_up(self) -> None:
        """Nothing more will be received or sent."""

    # What asyncio says of transports.

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """There is none."""
        return default

    def pause_reading(self) -> None:
        """Hand over no input."""
        self._may_read.clear()

    def resume_reading(self) -> None:
        """Hand over input."""
        self._may_read.set()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send `data`, or keep it until that can be done."""
        if self._lost or not data:
            return
        chunk = bytes(data)
        try:
            if not self._waiting and self._offer(chunk):
                return
        except OSError as error:
            self._lose(error)
            return
        self._waiting.append(chunk)
        self._size += len(chunk)
        if self._writer is None:
            self._writer = self._loop.create_task(self._write())
        if self._size > _HIGH_WATER and not self._paused:
            self._paused = True
            self._protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        """How many bytes wait to be sent."""
        return self._size

    def can_write_eof(self) -> bool:
        """No: it has one end, for both directions."""
        return False

    def is_closing(self) -> bool:
        """Whether the end has begun."""
        return self._closing

    def close(self) -> None:
        """Receive no more; send what waits, and end."""
        if not self._closing:
            self._closing = True
            self.pause_reading()
            if self._writer is None:
                self._lose(None)

    def abort(self) -> None:
        """End at once."""
        self._lose(None)

    async def _read(self) -> None:
        try:
            while chunk := await self._receive():
                await self._may_read.wait()
                self._protocol.data_received(chunk)
            if not self._closing and not self._protocol.eof_received():
                self.close()
        except Exception as error:
            self._loop.call_exception_handler(
                {"message": "the protocol failed", "exception": error, "transport": self}
            )
            self._lose(error)

    async def _write(self) -> None:
        while self._waiting:
            try:
                await self._send(self._waiting[0])
            except OSError as error:
                self._lose(error)
                return
            self._size -= len(self._waiting.popleft())
            if self._paused and self._size <= _LOW_WATER:
                self._paused = False
                self._protocol.resume_writing()
        self._writer = None
        if self._closing:
            self._lose(None)

    def _lose(self, error: Exception | None) -> None:
        if self._lost:
            return
        self._lost = self._closing = True
        self._waiting.clear()
        self._size = 0
        self._reader.cancel()
        if self._writer is not None:
            self._writer.cancel()
        self._hang_up()
        # Never out of a call that the protocol itself makes.
        self._loop.call_soon(self._protocol.connection_lost, error)
