"""The Unix socket transport: stdio's framing over Unix domain sockets, one client each.

Who may connect is a matter of the socket's permissions, 0600 unless told otherwise, from the moment it
exists. A socket that a server left behind is replaced, one that a server listens at is not.

Spec page: 2026-07-28 basic/transports/stdio, which says to reuse its framing on sockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import ConfigError, TransportConfig
from mcpgen_runtime.transports.living import living
from mcpgen_runtime.transports.stream import Streams


class UnixAdapter:
    """Listens at `socket_path`. `listening` is called with the path, once it does."""

    name: ClassVar[str] = "unix"

    def __init__(self, *, listening: Callable[[str], object] | None = None) -> None:
        self._config = TransportConfig()
        self._listening = listening

    def configure(self, config: TransportConfig) -> None:
        """See `TransportAdapter.configure`. Raises `ConfigError` without `socket_path`."""
        if config.socket_path is None:
            raise ConfigError("socket_path", "a Unix socket needs socket_path")
        self._config = config

    async def serve(self, handler: ProtocolHandler) -> None:
        """See `TransportAdapter.serve`."""
        async with living(handler):
            streams = Streams(handler, self._config, transport=self.name)
            try:
                await self._listen(streams)
            finally:
                await streams.close()

    async def _listen(self, streams: Streams) -> None:
        config = self._config
        loop = asyncio.get_running_loop()
        assert config.socket_path is not None, "configure it first"
        path = Path(config.socket_path)
        listener, inode = listen(path, config.socket_mode, backlog=config.backlog)
        try:
            server = await loop.create_unix_server(streams.stream, sock=listener, backlog=config.backlog)
            if self._listening is not None:
                self._listening(str(path))
            try:
                await loop.create_future()
            finally:
                server.close()
        finally:
            listener.close()
            _remove(path, inode)


def listen(path: Path, mode: int, *, backlog: int) -> tuple[socket.socket, int]:
    """A socket that listens at `path`, and the inode of `path`.

    Raises `OSError`, also where a server listens there or something else than a socket is there.
    """
    _clear(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        # Linux creates the file with these permissions. Elsewhere nobody gets in either before it
        # listens, and by then they are as they should be.
        with contextlib.suppress(OSError):
            os.fchmod(listener.fileno(), mode)
        listener.bind(str(path))
        path.chmod(mode)
        # At once: a socket that refuses looks to another server like one left behind.
        listener.listen(backlog)
        return listener, path.lstat().st_ino
    except OSError as error:
        listener.close()
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None


def _clear(path: Path) -> None:
    """Remove what a server left behind at `path`."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise FileExistsError(errno.EEXIST, "something is there that is no socket", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            _remove(path, found.st_ino)
            return
        except BlockingIOError:  # it listens, and more wait than it can take
            pass
    raise OSError(errno.EADDRINUSE, "a server listens there already", str(path))


def _remove(path: Path, inode: int) -> None:
    """Remove the socket at `path`, unless somebody else has put another one there."""
    with contextlib.suppress(FileNotFoundError):
        if path.lstat().st_ino == inode:
            path.unlink()
