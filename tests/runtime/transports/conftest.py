"""A peer of each transport, connected to the workshop (`tests/runtime/servers/workshop.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .http_peers import HttpPeer, HttpSessionPeer, SsePeer
from .peers import AsgiPeer, MemoryPeer, Peer, ServerProcess, StdioPeer, TcpPeer, UnixPeer, WebSocketPeer

LINES = ["stdio", "tcp", "unix", "memory"]
SOCKETS: tuple[type[Any], ...] = (
    TcpPeer,
    UnixPeer,
    WebSocketPeer,
    AsgiPeer,
    HttpPeer,
    HttpSessionPeer,
    SsePeer,
)
EVERY = ["stdio", "memory", *(kind.name for kind in SOCKETS)]


@pytest.fixture(scope="session")
def sockets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server that listens on every kind of socket at once."""
    path: Path = tmp_path_factory.mktemp("sockets") / "unix"
    anywhere = "127.0.0.1:0"
    server = ServerProcess("--tcp", anywhere, "--unix", str(path), "--ws", anywhere, "--http", anywhere)
    yield server
    server.stop()


@pytest.fixture
def connect(sockets: ServerProcess, caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[str], Peer]]:
    """A function that connects one more peer of the named transport."""
    connected: list[Peer] = []
    socket_peers: dict[str, Callable[[ServerProcess], Peer]] = {kind.name: kind for kind in SOCKETS}

    def make(name: str) -> Peer:
        peer: Peer
        if name == "stdio":
            peer = StdioPeer()
        elif name == "memory":
            peer = MemoryPeer(lambda: caplog.text)
        else:
            peer = socket_peers[name](sockets)
        connected.append(peer)
        return peer

    yield make
    for peer in connected:
        peer.close()


@pytest.fixture(params=EVERY)
def peer(request: pytest.FixtureRequest, connect: Callable[[str], Peer]) -> Peer:
    """A peer of each transport in turn."""
    return connect(request.param)


@pytest.fixture(params=LINES)
def line_peer(request: pytest.FixtureRequest, connect: Callable[[str], Peer]) -> Peer:
    """A peer of each transport in turn whose messages are lines."""
    return connect(request.param)
