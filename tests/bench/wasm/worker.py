"""The calculator as a worker, under workerd: its first request, and how many it answers."""

from __future__ import annotations

import http.client
import os
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
    """Of one start: the ms until it answers at all, the ms of its first call, and the load after it."""

    start: float
    first: float
    load: load.Load


def turns(folder: Path, *, rounds: int, seconds: int) -> list[Figures]:
    """Start it so many times, and call it for so long each."""
    return [_turn(folder, seconds) for _ in range(rounds)]


def median(figures: list[Figures], name: str) -> float:
    """The median of `start`, `first`, or a figure of the load."""
    found: list[float] = [getattr(each if hasattr(each, name) else each.load, name) for each in figures]
    return statistics.median(found)


def _turn(folder: Path, seconds: int) -> Figures:
    with _started(folder) as (port, began):
        _loaded(port)
        start = (time.perf_counter() - began) * 1e3
        began = time.perf_counter()
        status, body = _call(port)
        first = (time.perf_counter() - began) * 1e3
        if status != 200 or b'"sum":3' not in body:
            raise RuntimeError(f"wrong answer, {status}: {body!r}")
        load.load(port, messages.MODERN, None, connections=8, seconds=_WARM_SECONDS, call=ADD)
        return Figures(
            start, first, load.load(port, messages.MODERN, None, connections=8, seconds=seconds, call=ADD)
        )


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


def _loaded(port: int) -> None:
    """Wait until the worker's module is loaded: what it has no path for, it answers by itself."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            _ask(port, "GET", "/mcp", {}, None)
            return
        except OSError:
            if time.monotonic() > deadline:
                raise RuntimeError("workerd did not start") from None
            time.sleep(0.01)


def _call(port: int) -> tuple[int, bytes]:
    headers = messages.headers(messages.MODERN, "tools/call", "add")
    return _ask(port, "POST", "/mcp", headers, messages.request(messages.MODERN, 1, "tools/call", ADD))


def _ask(port: int, method: str, path: str, headers: dict[str, str], body: bytes | None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
