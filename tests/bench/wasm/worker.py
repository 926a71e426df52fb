"""The calculator as a worker, under workerd: its first request, and how many it answers."""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..serving import load, messages
from ..serving.contenders import ROOT
from ..serving.process import free_port
from .hosted import ADD

WORKERD = ROOT / "tests/peers/node_modules/.bin/workerd"
_KEY = "of no use but for this benchmark and long enough"
_START_SECONDS = 60.0
#: Requests that come together each get an instance, and those are made meanwhile.
_WARM_SECONDS = 5


@dataclass(frozen=True)
class Figures:
    """Of one start, in ms: until its port is open, its first call from then on, the second; and the load."""

    start: float
    first: float
    second: float
    load: load.Load


def turns(folder: Path, *, rounds: int, seconds: int) -> list[Figures]:
    """Start it so many times, and call it for so long each."""
    return [_turn(folder, seconds) for _ in range(rounds)]


def median(figures: list[Figures], name: str) -> float:
    """The median of `start`, `first`, `second`, or a figure of the load."""
    found: list[float] = [getattr(each if hasattr(each, name) else each.load, name) for each in figures]
    return statistics.median(found)


def _turn(folder: Path, seconds: int) -> Figures:
    with _started(folder) as (port, began):
        _listening(port)
        opened = time.perf_counter()
        _call(port)
        first = time.perf_counter()
        _call(port)
        second = time.perf_counter()
        load.load(port, messages.MODERN, None, connections=8, seconds=_WARM_SECONDS, call=ADD)
        loaded = load.load(port, messages.MODERN, None, connections=8, seconds=seconds, call=ADD)
        return Figures((opened - began) * 1e3, (first - opened) * 1e3, (second - first) * 1e3, loaded)


@contextmanager
def _started(folder: Path) -> Iterator[tuple[int, float]]:
    port = free_port()
    began = time.perf_counter()
    process = subprocess.Popen(
        [WORKERD, "serve", folder / "config.capnp", f"--socket-addr=http=127.0.0.1:{port}"],
        env={**os.environ, "MCPGEN_KEY": _KEY},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port, began
    finally:
        process.terminate()
        process.wait(10)


def _listening(port: int) -> None:
    """Wait until the port is open, and ask for nothing: the first request is to find all as it is."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=60).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise RuntimeError("workerd did not start") from None
            time.sleep(0.002)


def _call(port: int) -> None:
    """Call the tool, on a connection of its own. Raises `RuntimeError` for another answer than its own."""
    headers = messages.headers(messages.MODERN, "tools/call", "add")
    body = messages.request(messages.MODERN, 1, "tools/call", ADD)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/mcp", body, headers)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status != 200 or b'"sum":3' not in answer:
        raise RuntimeError(f"wrong answer, {response.status}: {answer!r}")
