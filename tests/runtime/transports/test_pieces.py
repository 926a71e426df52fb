"""HTTP and WebSocket messages survive whatever happens to the bytes between the two ends, as lines do."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import chain

import pytest

from .conftest import SOCKETS
from .http_peers import HttpPeer, HttpSessionPeer
from .peers import Peer, WebSocketPeer, call, chopped, text_of

NAMES = [kind.name for kind in SOCKETS if not kind.lines]
FRAMES = ["websocket", "asgi"]
GREETING = "Grüße ☂"


def message(peer: Peer, text: str = GREETING, *, tool: str = "echo", id: int = 1, ending: str = "") -> bytes:
    """A call in the words of the peer's era; with `ending` that stands between its members."""
    said = call(tool, {"name" if tool == "hold" else "text": text}, id=id)
    if isinstance(peer, HttpSessionPeer):
        del said["params"]["_meta"]
    return json.dumps(said, ensure_ascii=False, indent=1 if ending else None).replace("\n", ending).encode()


def one_by_one(connection: socket.socket, data: bytes) -> None:
    """Send it in pieces of seven bytes, each by itself; one begins inside of the first umlaut."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    inside = data.find("ü".encode()) + 1
    for piece in chain(chopped(data[:inside], 7), chopped(data[inside:], 7)):
        connection.sendall(piece)
        time.sleep(0.0002)


def half_of_it(connection: socket.socket, data: bytes) -> None:
    """Send half of it, and be gone."""
    connection.sendall(data[: len(data) // 2])
    connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("name", NAMES)
def test_message_may_come_in_pieces(connect: Callable[[str], Peer], name: str) -> None:
    peer = connect(name)
    peer.carry = one_by_one
    peer.say(message(peer))
    assert text_of(peer.hear()) == GREETING
    assert peer.is_served()


@pytest.mark.parametrize("name", NAMES)
def test_lines_of_one_message_may_end_in_carriage_return_and_line_feed(
    connect: Callable[[str], Peer], name: str
) -> None:
    peer = connect(name)
    peer.say(message(peer, "a\r\nb", ending="\r\n"))
    assert text_of(peer.hear()) == "a\r\nb"


@pytest.mark.parametrize("name", FRAMES)
def test_many_frames_may_come_in_one_piece(connect: Callable[[str], Peer], name: str) -> None:
    peer = connect(name)
    collected: list[bytes] = []
    peer.carry = lambda connection, data: collected.append(data)
    for number in range(50):
        peer.say(message(peer, id=number))
    assert isinstance(peer, WebSocketPeer)
    peer.socket.sendall(b"".join(collected))
    del peer.carry
    assert [peer.hear()["id"] for _ in range(50)] == list(range(50))


@pytest.mark.parametrize("name", FRAMES)
def test_frame_may_end_inside_of_a_character(connect: Callable[[str], Peer], name: str) -> None:
    peer = connect(name)
    text = message(peer)
    inside = text.index("ü".encode()) + 1
    assert isinstance(peer, WebSocketPeer)
    peer.say_in_frames(text[:inside], text[inside:])
    assert text_of(peer.hear()) == GREETING


@pytest.mark.parametrize("size", [100, 2_000])
@pytest.mark.parametrize("name", ["http", "http session"])
def test_requests_may_come_before_the_answers_to_those_before_them(
    connect: Callable[[str], Peer], name: str, size: int
) -> None:
    peer = connect(name)
    assert isinstance(peer, HttpPeer)
    with peer.connection() as connection:
        posts = b"".join(peer.post(message(peer, f"{GREETING} {number}", id=number)) for number in range(10))
        for piece in chopped(posts, size):
            connection.sendall(piece)
            time.sleep(0.0002)
        with connection.makefile("rb") as replies:
            for number in range(10):
                head = b"".join(iter(replies.readline, b"\r\n")).lower()
                assert head.startswith(b"http/1.1 200 ")
                answer = json.loads(replies.read(int(head.partition(b"content-length:")[2].split()[0])))
                assert (answer["id"], text_of(answer)) == (number, f"{GREETING} {number}")


@pytest.mark.parametrize("name", NAMES)
def test_peer_that_leaves_in_the_middle_of_a_message_is_forgotten(
    connect: Callable[[str], Peer], name: str
) -> None:
    peer, other = connect(name), connect(name)
    before = len(peer.log())
    peer.carry = half_of_it
    with suppress(ConnectionError):
        peer.say(message(peer, f"half of {name}", tool="hold"))
    assert not other.holds(f"half of {name}")
    assert other.is_served()
    assert "Traceback" not in peer.log()[before:]


@pytest.mark.parametrize("name", NAMES)
def test_reader_that_is_slow_gets_every_answer(connect: Callable[[str], Peer], name: str) -> None:
    peer = connect(name)
    # More than any buffer on the way holds.
    count, size = (12, 500_000) if peer.ordered else (2, 6_000_000)
    for number in range(count):
        peer.tell(call("flood", {"bytes": size}, id=number))
    time.sleep(0.1)
    answers = [peer.hear() for _ in range(count)]
    assert all(len(text_of(answer)) == size for answer in answers)
    heard = [answer["id"] for answer in answers]
    assert (heard if peer.ordered else sorted(heard)) == list(range(count))
    assert peer.is_served()
