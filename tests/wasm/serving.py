"""Hosts of wasi:http as processes: they serve a component until the test is over."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

#: For tests alone: any text of 32 bytes.
KEY = "a key of tests that is long enough"


class Served:
    """Where a host listens, and what it and its instances have printed."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self.log = log

    @property
    def printed(self) -> str:
        return self.log.read_text(errors="replace")


@contextmanager
def wasmtime_serve(
    wasmtime: Path, compiled: Path, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """`wasmtime serve`, which makes an instance for each request."""
    granted = {"MCPGEN_KEY": KEY} if environment is None else environment
    variables = [f"--env={name}={value}" for name, value in granted.items()]
    command: list[str | Path] = [
        wasmtime,
        *("serve", "-Scli", "--allow-precompiled", "--addr", "127.0.0.1:0"),
        *variables,
        compiled,
    ]
    with running(command, log, r"Serving HTTP on http://127.0.0.1:(\d+)/", os.environ) as served:
        yield served


@contextmanager
def jco_serve(peers: Path, component: Path, log: Path) -> Iterator[Served]:
    """`jco serve`, which has one instance and gives it one request after the other.

    It does not tell that a client is gone: listen streams would keep the instance for ever.
    """
    bin = peers / "node_modules/.bin"
    with socket.create_server(("localhost", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PATH": f"{bin}{os.pathsep}{os.environ['PATH']}",
        "MCPGEN_KEY": KEY,
        "MCPGEN_STREAM_SECONDS": "1",
    }
    command: list[str | Path] = [bin / "jco", "serve", component, "--port", str(port)]
    with running(command, log, r"Server listening @ localhost:(\d+)", environment) as served:
        yield served


@contextmanager
def running(
    command: list[str | Path], log: Path, address: str, environment: Mapping[str, str]
) -> Iterator[Served]:
    """A process that tells by `address` at which port it listens."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 60
        while (told := re.search(address, log.read_text(errors="replace"))) is None:
            assert process.poll() is None, f"the host did not start: {log.read_text(errors='replace')}"
            assert time.monotonic() < deadline, f"the host does not listen: {log.read_text()}"
            time.sleep(0.02)
        yield Served(int(told[1]), log)
        assert process.poll() is None, f"the host died meanwhile: {log.read_text(errors='replace')[-3000:]}"
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End what leads a session of its own, and all that it started: jco leaves its server behind."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
