"""Servers behind a WebSocket, a TCP port or a Unix socket: judged as on stdio, by the rules that apply."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from mcpgen.validate.recorder import Limits
from mcpgen.validate.report import Report
from mcpgen.validate.run import Options, validate
from mcpgen.validate.target import Target

from .test_stdio_deviants import DEVIANTS, processes_with

KINDS = ["tcp", "unix", "websocket"]


@pytest.fixture(autouse=True)
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No deviant outlives the test that started it."""
    value = uuid.uuid4().hex
    monkeypatch.setenv("DEVIANT_MARK", value)
    yield
    assert not processes_with(value)


async def started(mode: str, era: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, str(DEVIANTS), mode, era]
    return await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )


async def relay(
    process: asyncio.subprocess.Process,
    receive: Callable[[], Awaitable[bytes]],
    send: Callable[[bytes], Awaitable[None]],
) -> None:
    """Carry lines between a client and a deviant until one of them ends."""
    assert process.stdin is not None and process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    async def inward() -> None:
        while data := await receive():
            stdin.write(data)
            await stdin.drain()

    async def outward() -> None:
        while line := await stdout.readline():
            await send(line)

    ways = [asyncio.create_task(inward()), asyncio.create_task(outward())]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:  # the end of the loop cancels it, and nobody else knows the process
        for way in ways:
            way.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.gather(*ways, return_exceptions=True)
        await process.wait()


@contextlib.asynccontextmanager
async def listening(kind: str, mode: str, era: str, directory: Path) -> AsyncIterator[Target]:
    """A deviant behind a socket of that kind; each connection gets one of its own."""

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def send(line: bytes) -> None:
            writer.write(line)
            await writer.drain()

        await relay(await started(mode, era), lambda: reader.read(65536), send)
        writer.close()

    async def socket(connection: ServerConnection) -> None:
        async def receive() -> bytes:
            return await connection.recv(decode=False) + b"\n"

        async def send(line: bytes) -> None:
            await connection.send(line.rstrip(b"\n"), text=True)

        await relay(await started(mode, era), receive, send)

    if kind == "websocket":
        async with serve(socket, "127.0.0.1", 0, subprotocols=[Subprotocol("mcp")]) as web:
            yield Target(ws=f"ws://127.0.0.1:{next(iter(web.sockets)).getsockname()[1]}/mcp")
    elif kind == "tcp":
        async with await asyncio.start_server(stream, "127.0.0.1", 0) as server:
            yield Target(tcp=("127.0.0.1", server.sockets[0].getsockname()[1]))
            server.close()
    else:
        async with await asyncio.start_unix_server(stream, str(directory / "s")) as server:
            yield Target(unix=directory / "s")
            server.close()


def judged(kind: str, mode: str, directory: Path, era: str = "legacy", **options: object) -> Report:
    async def run() -> Report:
        async with listening(kind, mode, era, directory) as target:
            chosen = Options(timeout=2, deadline=20, **options)  # type: ignore[arg-type]
            return await validate(target, chosen, announce=lambda _: None)

    return asyncio.run(run())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("era", ["legacy", "both"])
def test_nothing_is_found_on_an_honest_server(kind: str, era: str, tmp_path: Path) -> None:
    report = judged(kind, "honest", tmp_path, era)
    assert report.findings == []
    assert report.exit_code == 0
    assert report.target["transport"] == kind
    assert report.summary()["passed"] > 12


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("mode", "rules"),
    [
        ("id-as-string", {"jsonrpc-id-echoed"}),
        # On standard output this is stdio's own rule.
        ("garbage", {"jsonrpc-message"}),
    ],
)
def test_what_is_found_is_what_applies_there(kind: str, mode: str, rules: set[str], tmp_path: Path) -> None:
    report = judged(kind, mode, tmp_path)
    assert {finding.rule for finding in report.findings} == rules
    assert report.exit_code == 1


@pytest.mark.parametrize("kind", KINDS)
def test_server_that_hangs_up_on_the_question_for_the_era_is_asked_again(kind: str, tmp_path: Path) -> None:
    report = judged(kind, "dies-of-the-probe", tmp_path)
    assert report.exit_code == 0
    assert report.runs[0].revision == "2025-11-25"


@pytest.mark.parametrize("kind", KINDS)
def test_server_that_goes_in_the_middle_stops_the_run(kind: str, tmp_path: Path) -> None:
    assert judged(kind, "die", tmp_path).exit_code == 4


@pytest.mark.parametrize("kind", KINDS)
def test_limits_hold_there_too(kind: str, tmp_path: Path) -> None:
    report = judged(kind, "honest", tmp_path, limits=Limits(frames=3))
    assert report.exit_code == 4
    assert report.failure is not None and "more than 3 messages" in report.failure.message


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        (Target(tcp=("127.0.0.1", 9)), {"transport": "tcp", "address": "127.0.0.1:9"}),
        (Target(tcp=("::1", 9)), {"transport": "tcp", "address": "[::1]:9"}),
        (Target(unix=Path("/no/such/socket")), {"transport": "unix", "path": "/no/such/socket"}),
        (
            Target(ws="ws://user:secret@127.0.0.1:9/mcp"),
            {"transport": "websocket", "url": "ws://127.0.0.1:9/mcp"},
        ),
    ],
)
def test_what_cannot_be_reached_is_named_without_a_password(target: Target, shown: dict[str, str]) -> None:
    report = asyncio.run(validate(target, Options(timeout=2), announce=lambda _: None))
    assert report.exit_code == 3
    assert report.target == shown
    assert report.failure is not None and "cannot reach" in report.failure.message
    assert "secret" not in str(report.to_json())


def test_package_that_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcpgen.validate.target.find_spec", lambda name: None)
    report = asyncio.run(
        validate(Target(ws="ws://127.0.0.1:9/"), Options(timeout=2), announce=lambda _: None)
    )
    assert report.exit_code == 2
    assert report.failure is not None and "mcpgen[http]" in report.failure.hint


def test_port_that_speaks_something_else_is_told_as_that() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        await reader.readline()
        writer.close()

    async def run() -> Report:
        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            target = Target(tcp=("127.0.0.1", server.sockets[0].getsockname()[1]))
            return await validate(target, Options(timeout=2), announce=lambda _: None)

    report = asyncio.run(run())
    assert report.exit_code == 3
    assert report.failure is not None and "is an MCP server" in report.failure.hint
