"""TCP: what only a server at an address has to do."""

from __future__ import annotations

import socket
import time

import pytest

from .peers import ServerProcess, TcpPeer, call


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_port_0_is_one_that_the_system_chooses(host: str) -> None:
    if "::" in host and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    server = ServerProcess("--tcp", f"{host}:0")
    try:
        assert server.address("tcp://").startswith(f"{host}:")
        peer = TcpPeer(server)
        assert peer.is_served()
        peer.close()
    finally:
        server.stop()


def test_address_in_use_is_told_and_ends_it_with_3(sockets: ServerProcess) -> None:
    address = sockets.address("tcp://")
    second = ServerProcess("--tcp", address)
    try:
        assert second.wait() == 3
        assert second.log() == (
            f"error: cannot listen on --tcp {address}: address already in use\n"
            "hint: end the server that listens there, or choose another address\n"
        )
    finally:
        second.stop()


def test_port_is_free_again_at_once() -> None:
    first = ServerProcess("--tcp", "127.0.0.1:0")
    address = first.address("tcp://")
    peer = TcpPeer(first)
    peer.tell(call("wait", {"seconds": 60}))
    first.stop()
    peer.close()
    second = ServerProcess("--tcp", address)
    try:
        assert second.address("tcp://") == address
    finally:
        second.stop()


def test_peer_that_was_still_sending_has_time_to_hang_up() -> None:
    """A socket that is closed at once resets the connection, and takes back what is still on its way."""
    server = ServerProcess("--tcp", "127.0.0.1:0")
    try:
        peer = TcpPeer(server)
        peer.tell(call("wait", {"seconds": 0.3}, id="slow"))
        assert peer.is_served()
        server.process.terminate()
        assert [answer["id"] for answer in peer.heard_to_the_end()] == ["slow"]
        for _ in range(3):
            peer.tell(call("echo", {"text": "too late"}))
            time.sleep(0.02)
        peer.close()
        assert server.wait() == 0
    finally:
        server.stop()
