"""What the TCP and Unix transports share: one stream socket, a message a line."""

from __future__ import annotations

import asyncio
from abc import abstractmethod

from mcpgen_runtime.client.errors import ConnectFailed, ServerGone
from mcpgen_runtime.client.lines import CHUNK, LineTransport
from mcpgen_runtime.limits import Limits

# How long a connection may take to close.
_GOODBYE_SECONDS = 1.0


class SocketTransport(LineTransport):
    """One connection to a listening server, which must be made within `connect_seconds`."""

    def __init__(self, *, connect_seconds: float = 10.0, limits: Limits | None = None) -> None:
        super().__init__(limits=limits)
        self._connect_seconds = connect_seconds
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @abstractmethod
    async def _streams_of(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect."""

    @property
    @abstractmethod
    def address(self) -> str:
        """The address, for people."""

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(self._connect_seconds):
                self._streams = await self._streams_of()
        except TimeoutError:
            why = f"no connection within {self._connect_seconds:g} s"
            raise ConnectFailed(f"cannot reach {self.address}: {why}") from None
        except (OSError, ValueError, OverflowError) as error:
            raise ConnectFailed(f"cannot reach {self.address}: {_told(error)}") from error

    async def _read(self) -> bytes:
        assert self._streams is not None
        return await self._streams[0].read(CHUNK)

    async def _write(self, data: bytes) -> None:
        assert self._streams is not None
        writer = self._streams[1]
        try:
            # Otherwise asyncio only logs that nobody reads, and that not at once.
            if writer.is_closing():
                raise ConnectionResetError("the connection is closed")
            writer.write(data)
            await writer.drain()
        except OSError as error:
            raise ServerGone(_told(error)) from None

    async def _hang_up(self) -> None:
        assert self._streams is not None
        writer = self._streams[1]
        writer.close()
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await writer.wait_closed()
        except TimeoutError:
            # Nobody takes what is still to be written.
            writer.transport.abort()
        except OSError:
            pass


def _told(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
