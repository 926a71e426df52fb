"""Servers of every kind of channel whose bytes a test moves by hand, over real sockets and processes."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from mcpgen_runtime.client import MemoryTransport, StdioTransport, TcpTransport, Transport, UnixTransport
from mcpgen_runtime.client.websocket import WebSocketTransport
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.memory import End, pipe

# A server that is nothing but a connection between its standard streams and a socket.
RELAY = """
import os, socket, sys, threading
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
def inward():
    while chunk := os.read(0, 65536):
        peer.sendall(chunk)
    peer.shutdown(socket.SHUT_WR)
threading.Thread(target=inward, daemon=True).start()
while chunk := peer.recv(65536):
    os.write(1, chunk)
os.close(1)
os._exit(0)
"""


class Puppet(ABC):
    """The server's end of a channel."""

    #: Whether a message is a frame of its own instead of a line.
    framed = False

    @abstractmethod
    async def feed(self, data: bytes) -> None:
        """Write to the client."""

    @abstractmethod
    async def receive(self) -> bytes:
        """What the client wrote, b"" at the end."""

    @abstractmethod
    async def hang_up(self) -> None:
        """Close the connection."""

    async def accept(self) -> None:
        """Wait for the client to come again."""
        raise NotImplementedError


class _PipePuppet(Puppet):
    def __init__(self, end: End) -> None:
        self.end = end

    async def feed(self, data: bytes) -> None:
        await self.end.send(data)

    async def receive(self) -> bytes:
        return await self.end.receive()

    async def hang_up(self) -> None:
        self.end.close()


class _StreamPuppet(Puppet):
    """One connection at a time: the newest."""

    def __init__(self) -> None:
        self._connected: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._connected.put((reader, writer))

    async def accept(self) -> None:
        self._streams = await self._connected.get()

    async def streams(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            await self.accept()
        assert self._streams is not None
        return self._streams

    async def feed(self, data: bytes) -> None:
        _, writer = await self.streams()
        writer.write(data)
        await writer.drain()

    async def receive(self) -> bytes:
        reader, _ = await self.streams()
        return await reader.read(65536)

    async def hang_up(self) -> None:
        _, writer = await self.streams()
        writer.close()


class WebSocketPuppet(Puppet):
    """One connection at a time: the newest."""

    framed = True

    def __init__(self) -> None:
        self._connected: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self._connection: ServerConnection | None = None

    async def connected(self, connection: ServerConnection) -> None:
        await self._connected.put(connection)
        await connection.wait_closed()

    async def accept(self) -> None:
        self._connection = await self._connected.get()

    async def connection(self) -> ServerConnection:
        if self._connection is None:
            await self.accept()
        assert self._connection is not None
        return self._connection

    async def feed(self, data: bytes) -> None:
        await (await self.connection()).send(data, text=True)

    async def receive(self) -> bytes:
        try:
            return await (await self.connection()).recv(decode=False)
        except ConnectionClosed:
            return b""

    async def hang_up(self) -> None:
        await (await self.connection()).close()


MCP = Subprotocol("mcp")
KINDS = ["memory", "tcp", "unix", "stdio", "websocket"]


@asynccontextmanager
async def channel(kind: str, *, limits: Limits | None = None) -> AsyncIterator[tuple[Transport, Puppet]]:
    """A transport of that kind, not yet open, and the server that it will reach."""
    transport: Transport
    if kind == "memory":
        near, far = pipe()
        yield MemoryTransport(near, limits=limits), _PipePuppet(far)
        return
    if kind == "websocket":
        spoken = WebSocketPuppet()
        async with serve(spoken.connected, "127.0.0.1", 0, subprotocols=[MCP], max_size=None) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            yield WebSocketTransport(f"ws://127.0.0.1:{port}/mcp", limits=limits), spoken
        return
    puppet = _StreamPuppet()
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory) / "s")
        if kind == "tcp":
            listening = await asyncio.start_server(puppet.connected, "127.0.0.1", 0)
            transport = TcpTransport("127.0.0.1", listening.sockets[0].getsockname()[1], limits=limits)
        else:
            listening = await asyncio.start_unix_server(puppet.connected, path)
            relay = [sys.executable, "-S", "-c", RELAY, path]
            transport = (
                UnixTransport(path, limits=limits)
                if kind == "unix"
                else StdioTransport(relay, limits=limits, eof_seconds=0.2)
            )
        yield transport, puppet
        listening.close()
