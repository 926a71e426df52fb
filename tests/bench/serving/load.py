"""Load on an HTTP server: `wrk` where it is installed, else a generator of our own, in a process of its own.

`python -m tests.bench.serving.load PORT CONNECTIONS SECONDS` reads {"headers": …, "body": …} from its input
and prints what it did as JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

from . import messages
from .contenders import PYTHON, ROOT

_UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6}


@dataclass(frozen=True)
class Load:
    """What came of it: answers a second, and the latency of one in µs."""

    a_second: float
    p50: float
    p99: float


def generator() -> str:
    """Which generator `load` uses."""
    return "wrk" if shutil.which("wrk") else "our own generator"


def load(
    port: int,
    revision: str,
    session: str | None,
    *,
    connections: int,
    seconds: int,
    call: Mapping[str, Any] = messages.CALL,
) -> Load:
    """Have `connections` clients do the `call`, each again and again; `seconds` is a whole number.

    Raises `RuntimeError` for an answer that is an error.
    """
    headers = messages.headers(revision, "tools/call", call["name"], session)
    # Every call has an id of its own, and always one of eight digits.
    body = messages.request(revision, "#", "tools/call", dict(call)).decode().replace('"#"', "#")
    if shutil.which("wrk"):
        return _wrk(port, headers, body, connections, seconds)
    run = subprocess.run(
        [PYTHON, "-m", __name__, str(port), str(connections), str(seconds)],
        input=json.dumps({"headers": headers, "body": body}),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return Load(**json.loads(run.stdout))


def _wrk(port: int, headers: dict[str, str], body: str, connections: int, seconds: int) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "post.lua")
        before, after = body.split("#")
        lines = [
            "wrk.method = 'POST'",
            "local id = 10000000",
            "request = function()",
            "  id = id + 1",
            f"  return wrk.format(nil, nil, nil, [==[{before}]==] .. id .. [==[{after}]==])",
            "end",
        ]
        lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items()]
        script.write_text("\n".join(lines))
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
        run = subprocess.run(
            [*command, f"http://127.0.0.1:{port}/mcp"], capture_output=True, text=True, check=True
        )
    if "Non-2xx" in run.stdout or "Socket errors" in run.stdout:
        raise RuntimeError(run.stdout)
    percent = dict(re.findall(r"^\s+(50|99)%\s+(\S+)$", run.stdout, re.MULTILINE))
    rate = re.search(r"Requests/sec:\s+(\S+)", run.stdout)
    if rate is None or not percent:
        raise RuntimeError(run.stdout)
    return Load(float(rate[1]), _microseconds(percent["50"]), _microseconds(percent["99"]))


def _microseconds(text: str) -> float:
    found = re.fullmatch(r"([\d.]+)(us|ms|s)", text)
    assert found is not None
    return float(found[1]) * _UNITS[found[2]]


class _Caller(asyncio.Protocol):
    """One connection: sends the request again whenever it is answered."""

    def __init__(self, before: bytes, after: bytes, times: list[float], ids: Iterator[int]) -> None:
        self._before = before
        self._after = after
        self._ids = ids
        self._times = times
        self._buffer = b""
        self._started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            raise RuntimeError(f"not answered: {self._buffer!r}")
        if len(body) >= int(length[1]):
            self._times.append(time.perf_counter() - self._started)
            self._buffer = b""
            self._send()

    def _send(self) -> None:
        self._started = time.perf_counter()
        self._transport.write(b"%b%d%b" % (self._before, next(self._ids), self._after))


async def _call(port: int, connections: int, seconds: int, before: bytes, after: bytes) -> Load:
    loop = asyncio.get_running_loop()
    ids = count(10_000_000)
    times: list[float] = []
    transports = []
    started = time.perf_counter()
    for _ in range(connections):
        transport, _ = await loop.create_connection(
            lambda: _Caller(before, after, times, ids), "127.0.0.1", port
        )
        transports.append(transport)
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - started
    for transport in transports:
        transport.abort()
    micros = [each * 1e6 for each in times]
    return Load(len(micros) / elapsed, statistics.median(micros), statistics.quantiles(micros, n=100)[98])


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _main() -> None:
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    given = json.load(sys.stdin)
    before, after = given["body"].encode().split(b"#")
    length = len(before) + len(after) + 8
    lines = [f"{name}: {value}" for name, value in given["headers"].items()]
    head = "\r\n".join(["POST /mcp HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {length}", *lines])
    runner = asyncio.Runner(loop_factory=_loop_factory())
    with runner:
        outcome = runner.run(_call(port, connections, seconds, head.encode() + b"\r\n\r\n" + before, after))
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    _main()
