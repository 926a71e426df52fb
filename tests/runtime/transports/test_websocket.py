"""WebSocket, alone and on the ASGI app: what only a server of frames has to do."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import InvalidStatus

from .peers import PATIENCE, AsgiPeer, Ended, Peer, ServerProcess, WebSocketPeer, call, eventually, text_of

KINDS = {"alone": WebSocketPeer, "on the ASGI app": AsgiPeer}


@pytest.fixture(params=KINDS)
def connect_to(request: pytest.FixtureRequest) -> Iterator[Callable[..., WebSocketPeer]]:
    """A function that connects one more peer to a server."""
    peers: list[Peer] = []

    def connect(server: ServerProcess, **more: str) -> WebSocketPeer:
        peer = KINDS[request.param](server, **more)
        peers.append(peer)
        return peer

    yield connect
    for peer in peers:
        peer.close()


@pytest.fixture
def peer(connect_to: Callable[..., WebSocketPeer], sockets: ServerProcess) -> WebSocketPeer:
    return connect_to(sockets)


def test_message_may_come_in_several_frames(peer: WebSocketPeer) -> None:
    peer.say_in_frames(b'{"jsonrpc":"2.0",', b'"id":1,"method"', b':"ping"}')
    assert peer.hear()["result"] == {}


def test_frames_of_a_message_may_be_empty(peer: WebSocketPeer) -> None:
    peer.say_in_frames(b"", b'{"jsonrpc":"2.0",', b"", b'"id":1,"method":"ping"}', b"")
    assert peer.hear()["result"] == {}
    assert peer.is_served()


def test_binary_frame_ends_the_connection_with_1003(peer: WebSocketPeer) -> None:
    peer.say_binary(b'{"jsonrpc":"2.0","id":1,"method":"ping"}')
    with pytest.raises(Ended):
        peer.hear()
    assert peer.close_code == 1003


def test_empty_message_is_no_end(peer: WebSocketPeer) -> None:
    peer.say(b"")
    assert peer.hear()["error"]["code"] == -32700
    assert peer.is_served()


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"path": "/elsewhere"}, 404),
        ({"subprotocol": ""}, 400),
        ({"subprotocol": "graphql-ws"}, 400),
    ],
    ids=["origin", "null origin", "path", "no subprotocol", "another subprotocol"],
)
def test_wrong_opening_is_refused(
    connect_to: Callable[..., WebSocketPeer], sockets: ServerProcess, wrong: dict[str, str], status: int
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect_to(sockets, **wrong)
    assert refused.value.response.status_code == status


def test_page_of_this_machine_may_connect(
    connect_to: Callable[..., WebSocketPeer], sockets: ServerProcess
) -> None:
    assert connect_to(sockets, origin="http://localhost:6274").is_served()


@pytest.fixture
def server() -> Iterator[Callable[..., ServerProcess]]:
    servers: list[ServerProcess] = []

    def start(*arguments: str) -> ServerProcess:
        servers.append(ServerProcess("--ws", "127.0.0.1:0", "--http", "127.0.0.1:0", *arguments))
        return servers[-1]

    yield start
    for each in servers:
        each.stop()


def test_only_origins_that_are_allowed_may_connect(
    connect_to: Callable[..., WebSocketPeer], server: Callable[..., ServerProcess]
) -> None:
    started = server("--allow-origin", "https://app.example", "--path", "/here")
    assert connect_to(started, origin="https://app.example").is_served()
    with pytest.raises(InvalidStatus):
        connect_to(started, origin="http://localhost")


def test_hosts_that_are_not_allowed_are_refused(
    connect_to: Callable[..., WebSocketPeer], server: Callable[..., ServerProcess]
) -> None:
    started = server("--allow-host", "mcp.example")
    with pytest.raises(InvalidStatus):
        connect_to(started)


def test_signal_ends_it_after_the_calls_in_flight_and_with_1001(
    connect_to: Callable[..., WebSocketPeer], server: Callable[..., ServerProcess]
) -> None:
    started = server()
    peer = connect_to(started)
    peer.tell(call("wait", {"seconds": 0.3}))
    assert peer.is_served()
    started.process.terminate()
    assert text_of(peer.hear()) == "waited"
    with pytest.raises(Ended):
        peer.hear()
    assert peer.close_code == 1001
    peer.close()
    assert started.wait() == 0


def test_peer_that_answers_no_ping_is_left(server: Callable[..., ServerProcess]) -> None:
    started = server("--set", "ping_seconds=0.3")
    deaf, other = WebSocketPeer(started), WebSocketPeer(started)
    # Whoever reads nothing sends no pong.
    while "no answer to a ping within ping_seconds (0.3)" not in started.log():
        assert other.is_served()
    assert other.is_served()
    deaf.close()
    other.close()


def go_on_until_left(peer: WebSocketPeer, go_on: Callable[[], None]) -> None:
    """Do it again and again, until the server says that a message takes too long."""

    def left() -> bool:
        go_on()
        return "a message took longer than message_seconds (0.3)" in peer.log()

    eventually(left)


@pytest.mark.parametrize("part", [b" ", b""], ids=["with a little", "empty"])
def test_peer_whose_message_has_no_last_frame_is_left(
    server: Callable[..., ServerProcess], part: bytes
) -> None:
    started = server("--set", "message_seconds=0.3")
    peer, other = WebSocketPeer(started), WebSocketPeer(started)
    peer.say_part(part, first=True)
    go_on_until_left(peer, lambda: peer.say_part(part))
    assert other.is_served()
    peer.close()
    other.close()


def test_peer_whose_message_has_no_last_frame_is_left_whatever_it_pings(
    server: Callable[..., ServerProcess],
) -> None:
    started = server("--set", "message_seconds=0.3")
    peer = WebSocketPeer(started)
    peer.say_part(b"{", first=True)
    go_on_until_left(peer, peer.ping)
    peer.close()


def test_peer_that_says_much_is_not_slow(server: Callable[..., ServerProcess]) -> None:
    """Some part of a message has always come, but never of the same one."""
    started = server("--set", "message_seconds=0.3")
    peer = WebSocketPeer(started)
    peer.say_part(b"{", first=True)
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        peer.say_part(b'"jsonrpc":"2.0","id":1,"method":"ping"')
        peer.say_last_part_and_begin(b"}", b"{")
        assert peer.hear()["result"] == {}
    peer.close()


def test_connection_over_the_limit_that_asks_for_nothing_is_left(
    server: Callable[..., ServerProcess],
) -> None:
    started = server("--set", "message_seconds=0.3", "--set", "max_connections=1")
    peer = WebSocketPeer(started)
    assert peer.is_served()
    host, _, port = started.address("ws://").partition("/")[0].rpartition(":")
    with socket.create_connection((host, int(port)), PATIENCE) as silent:
        assert silent.recv(1) == b""
    assert peer.is_served()
    peer.close()
