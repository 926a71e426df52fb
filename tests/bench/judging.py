"""What it takes to judge an honest server, beyond what the server itself takes to start and to end."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.serving.paper import Paper

FIVE_TOOLS = Path(__file__).with_name("five_tools.py")
EVERYTHING = Path("tests/peers/node_modules/.bin/mcp-server-everything")
_INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1"},
    },
}


def start_up(command: Sequence[str]) -> float:
    """Seconds from starting a server to its answer to `initialize`, and until it is gone again."""
    began = time.monotonic()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(json.dumps(_INITIALIZE).encode() + b"\n")
        server.stdin.flush()
        server.stdout.readline()
        server.stdin.close()
        server.wait(30)
    return time.monotonic() - began


def judging(command: Sequence[str], *options: str) -> float:
    """Seconds that `mcpgen validate` takes for a server."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "mcpgen", "validate", *options, "--", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return time.monotonic() - began


def report_judging(paper: Paper, *, rounds: int) -> None:
    """Print medians, and what was to be reached."""
    table = paper.table("mcpgen validate, medians in s", "the server alone", "judged", "beyond the server")
    goals = paper.goals("mcpgen validate", "validate")
    servers = {"a stdio server of five tools": [sys.executable, str(FIVE_TOOLS)]}
    if EVERYTHING.exists():
        servers["server-everything"] = [str(EVERYTHING), "stdio"]
    for name, command in servers.items():
        alone = statistics.median(start_up(command) for _ in range(rounds))
        whole = statistics.median(judging(command) for _ in range(rounds))
        table.add_row(name, f"{alone:.2f}", f"{whole:.2f}", f"{whole - alone:.2f}")
        if name == "server-everything":
            goals.add_row(f"{name}, in all", "≤ 8 s", f"{whole:.2f} s")
        else:
            goals.add_row(f"{name}, beyond itself", "≤ 2 s", f"{whole - alone:.2f} s")
    paper.print(table)
    paper.take(goals)
