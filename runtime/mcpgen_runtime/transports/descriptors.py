"""An asyncio transport over two file descriptors, of whatever kind: pipes, sockets, terminals, files.

asyncio has one for pipes alone. A server that speaks over its standard streams also reads from files and
writes to them (`mcpgen serve … <requests >answers`).
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections import deque
from typing import Any

# A pipe of Linux holds as much; and more would be mapped anew for each read, which is slow.
_CHUNK = 64 * 1024
# How much may wait before the protocol is asked to write no more, and how much when it may again.
_HIGH_WATER = 64 * 1024
_LOW_WATER = 16 * 1024


class DescriptorTransport(asyncio.Transport):
    """Reads `input` and writes `output` for `protocol`; it closes neither.

    It ends as `asyncio.Transport` says, and also where the reader of an output pipe goes away.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, input: int, output: int
    ) -> None:
        super().__init__()
        self._loop = loop
        self._protocol = protocol
        self._input = input
        self._output = output
        self._waiting: deque[memoryview] = deque()
        self._size = 0
        self._reading = self._at_end = self._paused = self._closing = self._lost = False
        # Where a descriptor cannot be watched, because it is always ready: the next turn to read it.
        self._turn: asyncio.Handle | None = None
        kind = os.fstat(output).st_mode
        self._blocks = os.get_blocking(output)
        if not os.isatty(output):  # a terminal shares this property with the shell that lent it
            os.set_blocking(output, False)
        self._watches_output = stat.S_ISFIFO(kind)
        if self._watches_output:
            # The writing end of a pipe becomes readable when its reader is gone, and only then.
            loop.add_reader(output, self._lose, None)
        protocol.connection_made(self)
        self.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """There is none."""
        return default

    # Reading.

    def is_reading(self) -> bool:
        """Whether input is handed over as it comes."""
        return self._reading

    def pause_reading(self) -> None:
        """Hand over no input."""
        if self._reading:
            self._reading = False
            if self._turn is not None:
                self._turn.cancel()
                self._turn = None
            else:
                self._loop.remove_reader(self._input)

    def resume_reading(self) -> None:
        """Hand over input."""
        if self._reading or self._at_end or self._closing:
            return
        self._reading = True
        try:
            self._loop.add_reader(self._input, self._read)
        except PermissionError:  # epoll on a file, or /dev/null
            self._turn = self._loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        self._turn = self._loop.call_soon(self._take_turn)
        self._read()

    def _read(self) -> None:
        try:
            data = os.read(self._input, _CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # a terminal that hung up
            data = b""
        try:
            if data:
                self._protocol.data_received(data)
                return
            self.pause_reading()
            self._at_end = True
            if not self._protocol.eof_received():
                self.close()
        except Exception as error:
            self._loop.call_exception_handler(
                {"message": "the protocol failed", "exception": error, "transport": self}
            )
            self._lose(error)

    # Writing.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write `data` at once as far as the descriptor takes it, and the rest when it can."""
        if self._lost or not data:
            return
        written = 0
        if not self._waiting:
            written = self._write(data)
            if written == len(data):
                return
            if self._lost:
                return
            self._loop.add_writer(self._output, self._write_on)
        rest = memoryview(data)[written:]
        self._waiting.append(rest)
        self._size += len(rest)
        if self._size > _HIGH_WATER and not self._paused:
            self._paused = True
            self._protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        """How many bytes wait to be written."""
        return self._size

    def can_write_eof(self) -> bool:
        """No: there is one direction on each descriptor."""
        return False

    def _write(self, data: bytes | bytearray | memoryview) -> int:
        try:
            return os.write(self._output, data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self._lose(error)
            return 0

    def _write_on(self) -> None:
        waiting = self._waiting
        while waiting:
            written = self._write(waiting[0])
            self._size -= written
            if written < len(waiting[0]):
                waiting[0] = waiting[0][written:]
                break
            waiting.popleft()
        if self._lost:
            return
        if self._paused and self._size <= _LOW_WATER:
            self._paused = False
            self._protocol.resume_writing()
        if not waiting:
            self._loop.remove_writer(self._output)
            if self._closing:
                self._lose(None)

    # Ending.

    def is_closing(self) -> bool:
        """Whether the end has begun."""
        return self._closing

    def close(self) -> None:
        """Read no more; write what waits, and end."""
        if not self._closing:
            self._closing = True
            self.pause_reading()
            if not self._waiting:
                self._lose(None)

    def abort(self) -> None:
        """End at once."""
        self._lose(None)

    def _lose(self, error: Exception | None) -> None:
        if self._lost:
            return
        self._lost = self._closing = True
        self.pause_reading()
        if self._waiting:
            self._loop.remove_writer(self._output)
            self._waiting.clear()
            self._size = 0
        if self._watches_output:
            self._loop.remove_reader(self._output)
        if not os.isatty(self._output):
            os.set_blocking(self._output, self._blocks)
        # Never out of a call that the protocol itself makes.
        self._loop.call_soon(self._protocol.connection_lost, error)
