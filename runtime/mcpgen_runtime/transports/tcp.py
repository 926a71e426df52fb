"""The TCP transport: stdio's framing over TCP connections, one client each.

Spec page: 2026-07-28 basic/transports/stdio, which says to reuse its framing on sockets.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import ClassVar

from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.living import living
from mcpgen_runtime.transports.stream import Streams


class TcpAdapter:
    """Listens at `host`:`port`. `listening` is called with each address, once it does."""

    name: ClassVar[str] = "tcp"

    def __init__(self, *, listening: Callable[[str], object] | None = None) -> None:
        self._config = TransportConfig()
        self._listening = listening

    def configure(self, config: TransportConfig) -> None:
        """See `TransportAdapter.configure`."""
        self._config = config

    async def serve(self, handler: ProtocolHandler) -> None:
        """See `TransportAdapter.serve`."""
        async with living(handler):
            streams = Streams(handler, self._config, transport=self.name)
            await serve_sockets(streams, self._listening)


async def serve_sockets(streams: Streams, listening: Callable[[str], object] | None) -> None:
    """Serve `streams` on whoever connects to the address of their configuration, until cancelled."""
    config = streams.config
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(streams.stream, config.host, config.port, backlog=config.backlog)
        try:
            for listener in server.sockets:
                # What is accepted inherits it. Of a peer whose machine is gone only the system can tell.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                if listening is not None:
                    listening(address_of(listener.getsockname()))
            await loop.create_future()
        finally:
            server.close()
    finally:
        await streams.close()


def address_of(name: tuple[str, int]) -> str:
    """HOST:PORT of a socket's name."""
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
