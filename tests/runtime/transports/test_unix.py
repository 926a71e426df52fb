"""Unix sockets: what only a server at a path has to do."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcpgen_runtime.transports.config import ConfigError, TransportConfig
from mcpgen_runtime.transports.unix import UnixAdapter, listen

from .peers import ServerProcess, UnixPeer

Serve = Callable[..., ServerProcess]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "socket"


@pytest.fixture
def serve(path: Path) -> Iterator[Serve]:
    servers: list[ServerProcess] = []

    def start(*arguments: str) -> ServerProcess:
        servers.append(ServerProcess("--unix", str(path), *arguments))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def is_served(server: ServerProcess) -> bool:
    peer = UnixPeer(server)
    try:
        return peer.is_served()
    finally:
        peer.close()


def test_socket_is_for_its_owner_alone(serve: Serve, path: Path) -> None:
    serve().address("unix:")
    assert stat.S_IMODE(path.lstat().st_mode) == 0o600


def test_socket_has_the_permissions_it_is_given(serve: Serve, path: Path) -> None:
    serve("--set", "socket_mode=666").address("unix:")
    assert stat.S_IMODE(path.lstat().st_mode) == 0o666


def test_permissions_hold_from_when_it_listens(path: Path) -> None:
    listener, _ = listen(path, 0o600, backlog=1)
    with listener:
        assert stat.S_IMODE(path.lstat().st_mode) == 0o600


def test_socket_looks_left_behind_at_no_time(path: Path) -> None:
    """Not even before its server accepts anybody."""
    listener, inode = listen(path, 0o600, backlog=1)
    with listener:
        with pytest.raises(OSError, match="a server listens there already"):
            listen(path, 0o600, backlog=1)
        assert path.lstat().st_ino == inode


def test_socket_that_a_server_left_behind_is_replaced(serve: Serve, path: Path) -> None:
    first = serve()
    first.address("unix:")
    first.process.kill()
    first.process.wait()
    assert path.is_socket()
    assert is_served(serve())


def test_socket_that_a_server_listens_at_is_refused(serve: Serve, path: Path) -> None:
    first = serve()
    first.address("unix:")
    second = serve()
    assert second.wait() == 3
    assert second.log() == (
        f"error: cannot listen on --unix {path}: a server listens there already\n"
        "hint: end the server that listens there, or choose another address\n"
    )
    assert is_served(first)


def test_file_that_is_no_socket_is_kept(serve: Serve, path: Path) -> None:
    path.write_text("precious")
    server = serve()
    assert server.wait() == 3
    assert "something is there that is no socket" in server.log()
    assert path.read_text() == "precious"


def test_missing_directory_is_told(tmp_path: Path) -> None:
    server = ServerProcess("--unix", str(tmp_path / "missing" / "socket"))
    try:
        assert server.wait() == 3
        assert "no such file or directory" in server.log()
    finally:
        server.stop()


def test_path_that_is_too_long_is_told(tmp_path: Path) -> None:
    server = ServerProcess("--unix", str(tmp_path / ("x" * 120)))
    try:
        assert server.wait() == 3
        assert "path too long" in server.log()
    finally:
        server.stop()


def test_socket_is_gone_at_the_end(serve: Serve, path: Path) -> None:
    server = serve()
    server.address("unix:")
    assert server.end() == 0
    assert not path.exists()


def test_socket_that_somebody_else_put_there_stays(serve: Serve, path: Path) -> None:
    server = serve()
    server.address("unix:")
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        assert server.end() == 0
        assert path.is_socket()


def test_adapter_needs_a_path() -> None:
    with pytest.raises(ConfigError, match="socket_path"):
        UnixAdapter().configure(TransportConfig())


def test_umask_neither_widens_nor_narrows_the_permissions(path: Path) -> None:
    before = os.umask(0o777)
    try:
        listener, _ = listen(path, 0o660, backlog=1)
    finally:
        os.umask(before)
    with listener:
        assert stat.S_IMODE(path.lstat().st_mode) == 0o660
