"""Runs `mcpgen validate` against one hostile server, and measures what that took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

SERVER = Path(__file__).with_name("server.py")
WAYS = ("stdio", "http", "stream", "sse", "websocket")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: seconds by the clock and of the processor, MiB at its peak; and what it said."""

    kind: str
    way: str
    seconds: float
    processor: float
    megabytes: float
    exit_code: int
    said: str


def measure(kind: str, way: str, *options: str, environment: dict[str, str] | None = None) -> Cost:
    """Validate the hostile server of that `kind` over that `way`."""
    surroundings = {**os.environ, **(environment or {})}
    with _served(kind, way, surroundings) as target:
        command = [sys.executable, "-m", "mcpgen", "validate", *options, *target]
        began = time.monotonic()
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=surroundings
        )
        assert process.stderr is not None
        said = process.stderr.read()
        process.stderr.close()
        # Of this child alone, and what it waited for: the server over stdio, which holds less.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(
        kind,
        way,
        seconds,
        usage.ru_utime,
        usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024),
        process.returncode,
        next((line.removeprefix("error: ") for line in said.splitlines() if line.startswith("error: ")), ""),
    )


@contextmanager
def _served(kind: str, way: str, surroundings: dict[str, str]) -> Iterator[Sequence[str]]:
    if way == "stdio":
        yield ["--", sys.executable, str(SERVER), kind, "stdio"]
        return
    server = subprocess.Popen(
        [sys.executable, str(SERVER), kind, way],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=surroundings,
    )
    try:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        if way == "websocket":
            yield ["--ws", f"ws://127.0.0.1:{port}/"]
        else:
            yield ["--sse" if way == "sse" else "--url", f"http://127.0.0.1:{port}/mcp"]
    finally:
        server.kill()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()


def main() -> None:
    """`python -m tests.bench.hostile.measuring KIND[:WAY]… [-- OPTION…]`: a line of JSON for each run."""
    arguments = sys.argv[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    for kind in arguments[:cut]:
        name, _, only = kind.partition(":")
        for way in (only,) if only else WAYS:
            print(json.dumps(asdict(measure(name, way, *arguments[cut + 1 :]))), flush=True)


if __name__ == "__main__":
    main()
