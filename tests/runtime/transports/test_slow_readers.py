"""Peers that do not read: what they may leave unread, for how long, and what it costs."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.stream import Stream, Streams

from ..servers import workshop
from .peers import PATIENCE, MemoryPeer, Peer, ServerProcess, StdioPeer, TcpPeer, UnixPeer, call, eventually

IMPATIENT = TransportConfig(limits=Limits(write_seconds=0.2))


class Open(Stream):
    """A stream whose transport can be looked at."""

    transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        super().connection_made(transport)


async def leave_a_little(half_closed: bool) -> None:
    """Serve a peer that leaves less unread than makes a server pause, until it is gone."""
    loop = asyncio.get_running_loop()
    streams = Streams(ServerCore(workshop.server), IMPATIENT, transport="tcp", kind=Open)
    served: list[Open] = []

    def protocol() -> Stream:
        stream = streams.stream()
        assert isinstance(stream, Open)
        served.append(stream)
        return stream

    def unread() -> int:
        transport = served[0].transport if served else None
        return 0 if transport is None else transport.get_write_buffer_size()

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.setblocking(False)
        await loop.sock_connect(peer, server.sockets[0].getsockname())
        line = json.dumps(call("flood", {"bytes": 30_000})).encode() + b"\n"
        while not 0 < unread() < 64 * 1024:
            await loop.sock_sendall(peer, line)
            await asyncio.sleep(0.005)
        if half_closed:
            peer.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(PATIENCE):
            await streams.wait()
    server.close()
    await streams.close()


@pytest.mark.parametrize("half_closed", [False, True], ids=["that stays", "that sends no more"])
def test_peer_that_leaves_a_little_unread_is_left(
    half_closed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(leave_a_little(half_closed))
    assert "nothing was read for write_seconds (0.2)" in caplog.text


def test_server_ends_whose_client_leaves_a_little_unread_and_sends_no_more() -> None:
    peer = StdioPeer("--set", "write_seconds=0.3")
    try:
        # A pipe holds less than this, but not much.
        peer.tell(call("flood", {"bytes": 100_000}))
        peer.finish()
        assert peer.server.wait() == 0
        assert "nothing was read for write_seconds (0.3)" in peer.log()
    finally:
        peer.close()


def test_end_of_memory_that_leaves_a_little_unread_is_left(caplog: pytest.LogCaptureFixture) -> None:
    peer = MemoryPeer(lambda: caplog.text, IMPATIENT)
    try:
        for number in range(10):
            peer.tell(call("flood", {"bytes": 30_000}, id=number))
        peer.finish()
        eventually(lambda: "nothing was read for write_seconds (0.2)" in caplog.text)
    finally:
        peer.close()


def test_unread_answers_do_not_count_before_there_are_any() -> None:
    """A peer that was idle for longer than `write_seconds` has that long for its next answer."""
    peer = StdioPeer("--set", "write_seconds=0.4")
    try:
        assert peer.ask(call("wait", {"seconds": 0.8}))["id"] == 1
        peer.tell(call("flood", {"bytes": 100_000}))
        assert peer.hear()["id"] == 1
        assert peer.is_served()
    finally:
        peer.close()


@pytest.fixture(params=[StdioPeer, TcpPeer, UnixPeer], ids=lambda kind: kind.name)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ServerProcess, Peer]]:
    """A server of its own, and a peer of it."""
    if request.param is StdioPeer:
        alone = StdioPeer()
        yield alone.server, alone
        alone.close()
    else:
        server = ServerProcess("--tcp", "127.0.0.1:0", "--unix", str(tmp_path / "socket"))
        peer = request.param(server)
        yield server, peer
        peer.close()
        server.stop()


def most_memory_of(server: ServerProcess) -> int:
    """The most bytes it ever had at once."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def sleeps(server: ServerProcess) -> bool:
    """Whether it has done what it could."""
    return Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_pipelined_calls_with_big_answers_cost_no_more_than_one_of_them(
    pair: tuple[ServerProcess, Peer],
) -> None:
    server, peer = pair
    assert peer.is_served()
    before = most_memory_of(server)
    # Together they come in one read; together their answers have 300 MB.
    lines = [json.dumps(call("flood", {"bytes": 1_000_000}, id=number)).encode() for number in range(300)]
    peer.send(b"\n".join(lines) + b"\n")
    peer.hear()
    eventually(lambda: sleeps(server))
    assert most_memory_of(server) - before < 50_000_000
