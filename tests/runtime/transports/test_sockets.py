"""TCP, Unix sockets and WebSocket: what servers with many peers have to do."""

from __future__ import annotations

import json
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.exceptions import WebSocketException

from .peers import (
    Ended,
    Peer,
    ServerProcess,
    SocketPeer,
    TcpPeer,
    UnixPeer,
    WebSocketPeer,
    call,
    eventually,
    text_of,
)

KINDS = ["tcp", "unix", "websocket"]
Connect = Callable[..., Peer]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def serve(kind: str, tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """A function that starts a server of one kind of socket, with these settings."""
    servers: list[ServerProcess] = []

    def start(*settings: str) -> ServerProcess:
        option = {"tcp": "--tcp", "unix": "--unix", "websocket": "--ws"}[kind]
        where = str(tmp_path / "socket") if kind == "unix" else "127.0.0.1:0"
        chosen = [word for each in settings for word in ("--set", each)]
        # Unix sockets are served by asyncio's own loop, the others by uvloop where it is installed.
        loop = "off" if kind == "unix" else "auto"
        servers.append(ServerProcess(option, where, *chosen, "--uvloop", loop))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def to(kind: str) -> Iterator[Callable[[ServerProcess], Peer]]:
    """A function that connects one more peer to a server."""
    peers: list[Peer] = []

    def connect(server: ServerProcess) -> Peer:
        peers.append({"tcp": TcpPeer, "unix": UnixPeer, "websocket": WebSocketPeer}[kind](server))
        return peers[-1]

    yield connect
    for peer in peers:
        peer.close()


Serve = Callable[..., ServerProcess]
To = Callable[[ServerProcess], Peer]


def test_peers_are_served_side_by_side(serve: Serve, to: To) -> None:
    server = serve()
    peers = [to(server) for _ in range(20)]
    for number, peer in enumerate(peers):
        peer.tell(call("wait", {"seconds": 0.05}, id=number))
    assert [peer.hear()["id"] for peer in peers] == list(range(20))


def test_each_connection_has_a_session_of_its_own(serve: Serve, to: To) -> None:
    server = serve()
    legacy, modern = to(server), to(server)
    legacy.initialize("2025-11-25")
    assert modern.is_served()
    assert legacy.ask({"jsonrpc": "2.0", "id": 1, "method": "ping"})["result"] == {}


def test_peer_that_stops_reading_is_left_and_others_do_not_notice(serve: Serve, to: To) -> None:
    server = serve("write_seconds=0.4")
    stuck, other = to(server), to(server)
    # More than the buffers of the system hold.
    stuck.tell(call("flood", {"bytes": 30_000_000}))
    assert other.is_served()
    eventually(lambda: "nothing was read for write_seconds (0.4)" in server.log())
    assert other.is_served()


def test_peer_that_lets_too_much_wait_is_left_and_others_do_not_notice(serve: Serve, to: To) -> None:
    server = serve("max_unsent_bytes=1000000")
    stuck, other = to(server), to(server)
    # These are under way before the flood keeps the server from reading more.
    for number in range(5):
        stuck.tell(call("flood.later", {"bytes": 30_000_000, "seconds": 0.2}, id=number))
    eventually(lambda: "more than max_unsent_bytes (1000000) wait to be read" in server.log())
    assert other.is_served()


# WebSocket peers are not read by hand.
@pytest.mark.parametrize("kind", ["tcp", "unix"], indirect=True)
def test_slow_reader_that_reads_at_all_is_not_left(serve: Serve, to: To) -> None:
    server = serve("write_seconds=0.4")
    peer = to(server)
    peer.tell(call("flood", {"bytes": 6_000_000}))
    assert isinstance(peer, SocketPeer)
    heard = b""
    while not heard.endswith(b"\n"):
        time.sleep(0.05)
        heard += peer.socket.recv(400_000)
    assert len(text_of(json.loads(heard))) == 6_000_000
    assert server.log().count("\n") == 1


def test_message_that_is_never_completed_ends_its_connection(serve: Serve, to: To) -> None:
    server = serve("message_seconds=0.3")
    slow, other = to(server), to(server)
    if isinstance(slow, SocketPeer):
        slow.send(b'{"jsonrpc":')
    else:
        assert isinstance(slow, WebSocketPeer)
        slow.socket.sendall(b"\x81\xfe\x01\x00")  # the head of a frame
    with pytest.raises(Ended):
        slow.hear()
    assert "a message took longer than message_seconds (0.3)" in server.log()
    assert other.is_served()


def test_idle_connection_is_ended(serve: Serve, to: To) -> None:
    server = serve("session_idle_seconds=0.3")
    peer = to(server)
    assert peer.is_served()
    with pytest.raises(Ended):
        peer.hear()


def test_connection_that_waits_for_an_answer_is_not_idle(serve: Serve, to: To) -> None:
    server = serve("session_idle_seconds=0.8")
    peer = to(server)
    assert peer.ask(call("wait", {"seconds": 1.2}, id="long"))["id"] == "long"
    # Nor is it for some time after the answer.
    time.sleep(0.3)
    assert peer.is_served()


def test_connection_over_the_limit_is_refused_and_a_place_is_free_again_later(serve: Serve, to: To) -> None:
    server = serve("max_connections=2")
    first, second = to(server), to(server)
    assert first.is_served() and second.is_served()
    if isinstance(first, WebSocketPeer):
        with pytest.raises(Exception, match="503"):
            to(server)
    else:
        third = to(server)
        assert third.hear()["error"]["data"] == {"limit": "max_connections", "value": 2}
        with pytest.raises(Ended):
            third.hear()
    first.close()

    def place_is_free() -> bool:
        try:
            return to(server).is_served()
        except (Exception, AssertionError):
            return False

    eventually(place_is_free)
    assert second.is_served()


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_signal_ends_it_after_the_calls_in_flight(serve: Serve, to: To, which: signal.Signals) -> None:
    server = serve()
    busy, idle = to(server), to(server)
    busy.tell(call("wait", {"seconds": 0.3}, id="slow"))
    assert busy.is_served() and idle.is_served()
    server.process.send_signal(which)
    assert [answer["id"] for answer in busy.heard_to_the_end()] == ["slow"]
    assert idle.heard_to_the_end() == []
    busy.close()
    idle.close()
    assert server.wait() == 0


def test_nobody_is_let_in_while_it_ends(serve: Serve, to: To) -> None:
    server = serve()
    busy = to(server)
    busy.tell(call("wait", {"seconds": 1}))
    assert busy.is_served()
    server.process.send_signal(signal.SIGTERM)

    def refused() -> bool:
        try:
            to(server).close()
        except (OSError, WebSocketException):
            return True
        return False

    eventually(refused)
    assert text_of(busy.hear()) == "waited"


def test_listen_streams_are_ended_by_their_result(serve: Serve, to: To) -> None:
    server = serve()
    peer = to(server)
    listen = call("", id="listen")
    listen["method"] = "subscriptions/listen"
    listen["params"] = {"_meta": listen["params"]["_meta"], "notifications": {"toolsListChanged": True}}
    assert peer.ask(listen)["method"] == "notifications/subscriptions/acknowledged"
    server.process.send_signal(signal.SIGTERM)
    *_, answer = peer.heard_to_the_end()
    assert (answer["id"], answer["result"]["resultType"]) == ("listen", "complete")


def test_reset_connection_ends_its_calls(serve: Serve, to: To) -> None:
    server = serve("drain_seconds=30")
    peer, other = to(server), to(server)
    peer.tell(call("wait", {"seconds": 60}))
    assert peer.is_served()
    assert isinstance(peer, SocketPeer | WebSocketPeer)
    raw = peer.socket
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()
    assert other.is_served()
    other.close()
    if isinstance(peer, TcpPeer):  # nothing is left to wait for
        assert server.end() == 0
