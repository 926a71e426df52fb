"""A transport that writes once per turn of the event loop.

An ASGI server writes the head of a response and its body one after the other. Each would be a system call,
a packet, and a wake-up of the client: more than all the rest of a short call costs together.
"""

from __future__ import annotations

import asyncio
from typing import Any

from mcpgen_runtime.transports.http.turns import EndOfTurn


class Corked(asyncio.Transport):
    """Passes everything on to `transport`, but what is written in one turn of the loop at once."""

    __slots__ = ("_is_closing", "_pending", "_put_off", "_transport", "_write")

    def __init__(self, transport: asyncio.Transport, end_of_turn: EndOfTurn) -> None:
        self._transport = transport
        self._write = transport.write
        self._is_closing = transport.is_closing
        self._pending: list[bytes] = []
        self._put_off = end_of_turn.add

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pending = self._pending
        if not pending:
            self._put_off(self.flush)
        pending.append(bytes(data))

    def flush(self) -> None:
        """Write what waits now; to a connection that has gone, nothing: uvloop's would raise."""
        pending = self._pending
        if pending:
            data = b"".join(pending)
            pending.clear()
            if not self._is_closing():
                self._write(data)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        self._pending.clear()
        self._transport.abort()

    def write_eof(self) -> None:
        self.flush()
        self._transport.write_eof()

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self._pending)) + self._transport.get_write_buffer_size()

    # The rest as it is.

    def can_write_eof(self) -> bool:
        return self._transport.can_write_eof()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._transport.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._transport.get_protocol()

    def is_reading(self) -> bool:
        return self._transport.is_reading()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._transport.get_write_buffer_limits()
