"""Every deviant at once, over stdio and Streamable HTTP, in one thread of this process."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

import certifi
import uvicorn

from mcpgen.validate.run import OLDER
from mcpgen.validate.target import Target
from mcpgen_runtime.client import StdioTransport, Transport
from mcpgen_runtime.limits import Limits

from . import mutations, stdio  # noqa: F401  it fills the table
from .deviating import MUTATIONS, VARIANTS, Deviant, Mutation
from .guarding import FOREIGN_TOKEN, OTHER_TOKEN, TOKEN
from .http import Deviants, Spelling
from .unusual import UNUSUAL

#: What stands for no mutation.
CONFORMING = "conforming"


class Process(Target):
    """A server over stdio with all the time that it needs to end after its input has, however busy we are."""

    __slots__ = ()
    eof_seconds = 60.0

    def transport(self, limits: Limits) -> Transport:
        """See `Target.transport`."""
        return StdioTransport(
            self.command,
            on_stderr=None,
            limits=limits,
            eof_seconds=self.eof_seconds,
            sigterm_seconds=60.0,
        )


class Straggler(Process):
    """One that does not end, and is not waited for."""

    __slots__ = ()
    eof_seconds = 0.3


class Served:
    """Where the deviants are."""

    def __init__(self, directory: Path, listener: socket.socket) -> None:
        self._socket = directory / "deviants"
        self._port = listener.getsockname()[1]
        self._runs = itertools.count(1)

    def target(self, transport: str, name: str = CONFORMING) -> Target:
        """The deviant `name`, anew."""
        if transport == "http":
            guarded = name != CONFORMING and _named(name).guard is not None
            return Target(
                url=f"http://127.0.0.1:{self._port}/{name}/{next(self._runs)}/mcp",
                headers={"Authorization": f"Bearer {TOKEN}"} if guarded else {},
                foreign_token=FOREIGN_TOKEN if guarded else None,
                other_token=OTHER_TOKEN if guarded else None,
            )
        if transport == OLDER:
            return Target(sse=f"http://127.0.0.1:{self._port}/{name}/{next(self._runs)}/sse")
        mutation = MUTATIONS.get(name)
        kind = Straggler if mutation is not None and mutation.stays else Process
        return kind(command=stdio.command(self._socket, name))


def deviant(name: str) -> Deviant:
    """The deviant `name`, anew. Raises `KeyError`."""
    return Deviant(None if name == CONFORMING else _named(name))


def _named(name: str) -> Mutation:
    return {**MUTATIONS, **VARIANTS, **UNUSUAL}[name]


@contextmanager
def serving() -> Iterator[Served]:
    """Serve them all until the end of the block."""
    directory = Path(tempfile.mkdtemp(prefix="mcpgen-"))
    with _quick(directory):
        yield from _serving(directory)


@contextmanager
def _quick(directory: Path) -> Iterator[None]:
    """Spare the HTTP clients what is in vain: reading all authorities, looking for what is not installed."""
    first, end, _ = Path(certifi.where()).read_text(encoding="utf-8").partition("-----END CERTIFICATE-----")
    authority = directory / "authority.pem"
    authority.write_text(first + end + "\n", encoding="utf-8")
    with patch.dict(os.environ, SSL_CERT_FILE=str(authority)):
        # Not by `patch.dict`, which would forget what else is imported meanwhile.
        absent = "sniffio" not in sys.modules and find_spec("sniffio") is None
        if absent:
            sys.modules["sniffio"] = None  # type: ignore[assignment]
        try:
            yield
        finally:
            if absent:
                del sys.modules["sniffio"]


def _serving(directory: Path) -> Iterator[Served]:
    listener = socket.create_server(("127.0.0.1", 0))
    ready = threading.Event()
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        app = Deviants(deviant)
        config = uvicorn.Config(app, http=Spelling, lifespan="off", log_config=None, access_log=False)
        web = uvicorn.Server(config)
        lines = await asyncio.start_unix_server(
            partial(stdio.serve, deviant=deviant), directory / "deviants", limit=2**24
        )
        over = asyncio.Event()
        stop.append((asyncio.get_running_loop(), over))
        serving = asyncio.ensure_future(web.serve(sockets=[listener]))
        ready.set()
        await over.wait()
        lines.close()
        await app.close()
        web.should_exit = web.force_exit = True
        await serving

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    try:
        ready.wait(60)
        yield Served(directory, listener)
    finally:
        loop, over = stop[0]
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(over.set)
        thread.join(60)
        listener.close()
        shutil.rmtree(directory, ignore_errors=True)
