"""The memory transport: a server in the same process, with the framing of stdio."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mcpgen_runtime.client.errors import ConnectFailed, ServerGone
from mcpgen_runtime.client.lines import LineTransport
from mcpgen_runtime.limits import Limits

if TYPE_CHECKING:
    from mcpgen_runtime.transports.memory import End


class MemoryTransport(LineTransport):
    """Speaks over one end of a `mcpgen_runtime.transports.memory.pipe`, once: an end is not reconnected."""

    name: ClassVar[str] = "memory"

    def __init__(self, end: End, *, limits: Limits | None = None) -> None:
        super().__init__(limits=limits)
        self._end = end
        self._used = False

    async def _connect(self) -> None:
        if self._used:
            raise ConnectFailed("this end of the pipe was closed before")
        self._used = True

    async def _read(self) -> bytes:
        return await self._end.receive()

    async def _write(self, data: bytes) -> None:
        try:
            await self._end.send(data)
        except BrokenPipeError:
            raise ServerGone("the server closed its end of the pipe") from None

    async def _hang_up(self) -> None:
        self._end.close()
