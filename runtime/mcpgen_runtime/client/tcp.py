"""The TCP transport: stdio's framing over a TCP connection."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from mcpgen_runtime.client.lines import CHUNK
from mcpgen_runtime.client.sockets import SocketTransport
from mcpgen_runtime.limits import Limits


class TcpTransport(SocketTransport):
    """Speaks to the server that listens at `host`:`port`."""

    name: ClassVar[str] = "tcp"

    def __init__(
        self, host: str, port: int, *, connect_seconds: float = 10.0, limits: Limits | None = None
    ) -> None:
        super().__init__(connect_seconds=connect_seconds, limits=limits)
        self.host = host
        self.port = port

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    async def _streams_of(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port, limit=CHUNK)
