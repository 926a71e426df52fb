"""The Unix socket transport: stdio's framing over a Unix domain socket."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from mcpgen_runtime.client.lines import CHUNK
from mcpgen_runtime.client.sockets import SocketTransport
from mcpgen_runtime.limits import Limits


class UnixTransport(SocketTransport):
    """Speaks to the server that listens at the socket `path`."""

    name: ClassVar[str] = "unix"

    def __init__(
        self, path: str | Path, *, connect_seconds: float = 10.0, limits: Limits | None = None
    ) -> None:
        super().__init__(connect_seconds=connect_seconds, limits=limits)
        self.path = Path(path)

    @property
    def address(self) -> str:
        """The path."""
        return str(self.path)

    async def _streams_of(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_unix_connection(str(self.path), limit=CHUNK)
