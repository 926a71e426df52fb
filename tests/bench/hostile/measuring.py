"""Runs `mcpgen validate` against one hostile server, and measures what that took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER = Path(__file__).with_name("server.py")
WAYS = ("stdio", "http", "stream", "sse")


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
        yield ["--sse" if way == "sse" else "--url", f"http://127.0.0.1:{port}/mcp"]
    finally:
        server.kill()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()


def main() -> None:
    """`python -m tests.bench.hostile.measuring KIND… [-- OPTION…]`: one line for each kind and way."""
    arguments = sys.argv[1:]
    kinds = arguments[: arguments.index("--")] if "--" in arguments else arguments
    options = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    for kind in kinds:
        name, _, only = kind.partition(":")
        for way in (only,) if only else WAYS:
            cost = measure(name, way, *options)
            print(
                f"{cost.kind:12} {cost.way:7} {cost.seconds:6.1f} s {cost.processor:6.1f} s CPU"
                f" {cost.megabytes:6.0f} MiB  exit {cost.exit_code}  {cost.said[:110]}",
                flush=True,
            )


if __name__ == "__main__":
    main()
