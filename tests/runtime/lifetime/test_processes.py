"""Lifespans in processes of their own: how `mcpgen serve` begins and how it ends, on every transport."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SERVER = """
import asyncio
import os
import sys
from contextlib import asynccontextmanager

from mcpgen_runtime import Server

def say(what):
    print(what, file=sys.stderr, flush=True)

@asynccontextmanager
async def lifespan(server):
    print("on standard output")
    if os.environ.get("FAIL") == "start":
        connect()
    if os.environ.get("FAIL") == "hang":
        say("STARTING")
        try:
            await asyncio.sleep(60)
        finally:
            say("GIVEN UP")
    async def tick():
        try:
            await asyncio.sleep(60)
        finally:
            say("TICKED")
    server.background(tick())
    say("START")
    yield {"answer": "42"}
    if os.environ.get("FAIL") == "end":
        raise OSError("disk full")
    say("END")

def connect():
    raise ConnectionRefusedError(111, "no database")

server = Server("lasting", "1", lifespan=lifespan)

async def slow(arguments, ctx):
    say("CALLED")
    await asyncio.sleep(0.3)
    return ctx.state(dict)["answer"]

server.add_tool({"name": "slow", "inputSchema": {"type": "object"}}, slow)
"""
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def line(method: str, **params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n"


MODERN = line("tools/call", name="slow", _meta=META)
LEGACY = (
    line(
        "initialize",
        protocolVersion="2025-11-25",
        capabilities={},
        clientInfo={"name": "test", "version": "1"},
    ).replace(b'"id": 1', b'"id": 0')
    + b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
    + line("tools/call", name="slow")
)


class Process:
    """`mcpgen serve lasting.py:server`; what it writes is kept."""

    def __init__(self, directory: Path, *arguments: str, **env: str) -> None:
        self.running = subprocess.Popen(
            [sys.executable, "-m", "mcpgen", "serve", "lasting.py:server", *arguments],
            cwd=directory,
            env=os.environ | env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.errors: list[str] = []

    def until(self, word: str) -> str:
        assert self.running.stderr is not None
        while True:
            read = self.running.stderr.readline().decode()
            assert read, self.errors
            self.errors.append(read.rstrip())
            if word in read:
                return read.rstrip()

    def send(self, data: bytes) -> None:
        assert self.running.stdin is not None
        self.running.stdin.write(data)
        self.running.stdin.flush()

    def ends(self) -> tuple[int, list[Any]]:
        """Its exit code, and its answers. What it said is in `errors`."""
        out, errors = self.running.communicate(timeout=30)
        self.errors += errors.decode().splitlines()
        return self.running.returncode, [
            json.loads(each) for each in out.splitlines() if each.startswith(b"{")
        ]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "lasting.py").write_text(SERVER)
    return tmp_path


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Iterator[list[Process]]:
    processes: list[Process] = []
    yield processes
    for process in processes:
        if process.running.poll() is None:
            process.running.kill()
            process.running.communicate()


@pytest.mark.parametrize("opening", [MODERN, LEGACY], ids=["modern", "legacy"])
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, None], ids=["SIGTERM", "SIGINT", "end"])
def test_it_ends_after_the_call_in_flight_is_answered(
    directory: Path, started: list[Process], opening: bytes, ending: signal.Signals | None
) -> None:
    process = Process(directory)
    started.append(process)
    process.send(opening)
    process.until("CALLED")
    if ending is not None:
        process.running.send_signal(ending)
    code, answers = process.ends()
    assert code == 0
    assert answers[-1]["result"]["content"][0]["text"] == "42"
    assert process.errors == ["on standard output", "START", "CALLED", "TICKED", "END"]


@pytest.mark.parametrize("transports", [["--http", "127.0.0.1:0"], ["--tcp", "127.0.0.1:0"]])
def test_it_begins_before_anything_listens_and_once_for_all_transports(
    directory: Path, started: list[Process], transports: list[str]
) -> None:
    process = Process(directory, "--stdio", *transports, "--unix", str(directory / "s"))
    started.append(process)
    process.until("serving")
    process.send(MODERN)
    process.until("CALLED")
    code, answers = process.ends()
    said = [each for each in process.errors if not each.startswith("serving")]
    assert (code, answers[-1]["result"]["content"][0]["text"]) == (0, "42")
    assert said == ["on standard output", "START", "CALLED", "TICKED", "END"]
    assert process.errors[1] == "START"  # and then "serving …"


@pytest.mark.parametrize("transports", [[], ["--http", "127.0.0.1:0"], ["--stdio", "--tcp", "127.0.0.1:0"]])
def test_a_start_that_raises_is_told_with_the_authors_lines(
    directory: Path, started: list[Process], transports: list[str]
) -> None:
    process = Process(directory, *transports, FAIL="start")
    started.append(process)
    code, answers = process.ends()
    assert (code, answers) == (3, [])
    errors = "\n".join(process.errors)
    assert 'lasting.py", line' in errors
    assert "in connect" in errors
    assert "mcpgen_runtime" not in errors  # the author's lines alone
    assert "contextlib" not in errors
    assert "serving" not in errors  # it never listened
    assert (
        "error: the lifespan of lasting.py:server raised ConnectionRefusedError: [Errno 111] no database"
        in errors
    )


def test_an_end_that_raises_is_told_too(directory: Path, started: list[Process]) -> None:
    process = Process(directory, FAIL="end")
    started.append(process)
    process.until("START")
    process.running.send_signal(signal.SIGTERM)
    assert process.ends()[0] == 3
    assert "error: the lifespan of lasting.py:server raised OSError: disk full" in process.errors


def test_a_start_that_hangs_is_ended_by_a_signal(directory: Path, started: list[Process]) -> None:
    process = Process(directory, FAIL="hang")
    started.append(process)
    process.until("STARTING")
    process.running.send_signal(signal.SIGTERM)
    assert process.ends()[0] == 0
    assert process.errors[-1] == "GIVEN UP"
