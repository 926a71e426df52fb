"""A peer of each transport, connected to the workshop (`tests/runtime/servers/workshop.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.config import TransportConfig

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


#: How long the impatient servers wait for a peer that reads nothing.
WRITE_SECONDS = 0.5


def listening(path: Path, *options: str) -> ServerProcess:
    """One server that listens on every kind of socket at once."""
    anywhere = "127.0.0.1:0"
    places = ("--tcp", anywhere, "--unix", str(path), "--ws", anywhere, "--http", anywhere)
    return ServerProcess(*places, *options)


@pytest.fixture(scope="session")
def sockets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server on every kind of socket."""
    server = listening(tmp_path_factory.mktemp("sockets") / "unix")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def impatient_sockets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, int]]:
    """A server on every kind of socket that leaves peers which do not read; how many sockets it has alone."""
    path = tmp_path_factory.mktemp("impatient") / "unix"
    server = listening(path, "--set", f"write_seconds={WRITE_SECONDS}")
    for scheme in ("tcp://", "unix:", "ws://", "http://"):
        server.address(scheme)
    yield server, server.sockets()
    server.stop()


def connecting(
    sockets: ServerProcess, log: Callable[[], str], *options: str, config: TransportConfig | None = None
) -> Iterator[Callable[[str], Peer]]:
    """A function that connects one more peer of the named transport; `options` are for stdio's server."""
    connected: list[Peer] = []
    socket_peers: dict[str, Callable[[ServerProcess], Peer]] = {kind.name: kind for kind in SOCKETS}

    def make(name: str) -> Peer:
        peer: Peer
        if name == "stdio":
            peer = StdioPeer(*options)
        elif name == "memory":
            peer = MemoryPeer(log, config)
        else:
            peer = socket_peers[name](sockets)
        connected.append(peer)
        return peer

    yield make
    for peer in connected:
        peer.close()


@pytest.fixture
def connect(sockets: ServerProcess, caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[str], Peer]]:
    """A function that connects one more peer of the named transport."""
    yield from connecting(sockets, lambda: caplog.text)


@pytest.fixture
def connect_to_impatient(
    impatient_sockets: tuple[ServerProcess, int], caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[[str], Peer]]:
    """The same, to servers that leave peers which do not read."""
    config = TransportConfig(limits=Limits(write_seconds=WRITE_SECONDS))
    options = ("--set", f"write_seconds={WRITE_SECONDS}")
    yield from connecting(impatient_sockets[0], lambda: caplog.text, *options, config=config)


@pytest.fixture(params=EVERY)
def peer(request: pytest.FixtureRequest, connect: Callable[[str], Peer]) -> Peer:
    """A peer of each transport in turn."""
    return connect(request.param)


@pytest.fixture(params=LINES)
def line_peer(request: pytest.FixtureRequest, connect: Callable[[str], Peer]) -> Peer:
    """A peer of each transport in turn whose messages are lines."""
    return connect(request.param)
