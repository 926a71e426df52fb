"""The hosts: each a way to have an example served, and a transport that leads there."""

from __future__ import annotations

import importlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from tests.wasm.serving import end

from mcpgen_runtime import Server
from mcpgen_runtime.client import HttpTransport, StdioTransport, Transport

#: Makes a transport to the server, for one client.
Reach: TypeAlias = Callable[[], Transport]

#: What seals sessions, for as long as the tests last.
KEY = "of no use but for these tests and long enough"
#: The module of an example's server.
MODULES = {"calculator": "handlers", "everything": "server"}


@contextmanager
def imported(directory: Path, module: str) -> Iterator[Server]:
    """The server of an example in this process, with a state of its own."""
    before = set(sys.modules)
    sys.path.insert(0, str(directory))
    try:
        yield importlib.import_module(module).server
    finally:
        sys.path.remove(str(directory))
        for name in set(sys.modules) - before:
            if str(directory) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


def over_stdio(command: Sequence[str | Path], cwd: Path) -> Reach:
    """A process for each client."""
    return lambda: StdioTransport([str(part) for part in command], cwd=cwd)


def free_port() -> int:
    """A port that nobody uses, for a host that does not choose one itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def over_http(command: Sequence[str | Path], cwd: Path, log: Path, listens: str | int) -> Iterator[Reach]:
    """One process for all clients, its environment as a deployment would have it.

    `listens` is the port that it was told, or the pattern by which its log tells an address.
    """
    environment = {**os.environ, "MCPGEN_KEY": KEY}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 120
        while (address := _address(log, listens)) is None:
            assert process.poll() is None, f"it did not start: {log.read_text(errors='replace')[-3000:]}"
            assert time.monotonic() < deadline, f"it does not listen: {log.read_text()[-3000:]}"
            time.sleep(0.05)
        url = f"http://{address}/mcp"
        yield lambda: HttpTransport(url)
        assert process.poll() is None, f"it died meanwhile: {log.read_text(errors='replace')[-3000:]}"
    finally:
        end(process)


def _address(log: Path, listens: str | int) -> str | None:
    if isinstance(listens, str):
        found = re.search(listens, log.read_text(errors="replace"))
        return found and found[1]
    try:
        socket.create_connection(("127.0.0.1", listens), 1).close()
    except OSError:
        return None
    return f"127.0.0.1:{listens}"
