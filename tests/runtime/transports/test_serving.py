"""Several transports on one handler, and the process that serves them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.memory import MemoryAdapter, pipe
from mcpgen_runtime.transports.serving import CannotServe, serve_all
from mcpgen_runtime.transports.tcp import TcpAdapter

from ..servers.workshop import server
from .peers import ServerProcess, StdioPeer, TcpPeer, call, text_of


def running(coroutine: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await coroutine

    asyncio.run(bounded())


def line(message: Any) -> bytes:
    return json.dumps(message).encode() + b"\n"


def tcp(addresses: list[str]) -> TcpAdapter:
    adapter = TcpAdapter(listening=addresses.append)
    adapter.configure(TransportConfig(port=0))
    return adapter


def test_first_transport_to_end_ends_all() -> None:
    async def talk() -> None:
        addresses: list[str] = []
        ours, theirs = pipe()
        serving = asyncio.ensure_future(
            serve_all(ServerCore(server), [tcp(addresses), MemoryAdapter(theirs)])
        )
        await ours.send(line(call("echo", {"text": "hi"})))
        assert b"hi" in await ours.receive()
        while not addresses:
            await asyncio.sleep(0.01)
        host, _, port = addresses[0].rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        ours.finish()
        assert await reader.read() == b""
        writer.close()
        await serving
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(host, int(port))

    running(talk())


def test_transport_that_cannot_listen_ends_all_and_is_named() -> None:
    async def talk() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            adapter = TcpAdapter()
            adapter.configure(TransportConfig(port=taken.getsockname()[1]))
            ours, theirs = pipe()
            with pytest.raises(CannotServe) as failed:
                await serve_all(ServerCore(server), [MemoryAdapter(theirs), adapter])
        assert failed.value.transport == "tcp"
        assert await ours.receive() == b""

    running(talk())


def test_cancelled_it_lets_calls_in_flight_end_and_cancelled_twice_it_does_not() -> None:
    async def talk(*, twice: bool) -> None:
        ours, theirs = pipe()
        serving = asyncio.ensure_future(serve_all(ServerCore(server), [MemoryAdapter(theirs), tcp([])]))
        await ours.send(line(call("wait", {"seconds": 0.1})))
        await ours.send(line(call("echo", {"text": "begun"}, id=2)))
        assert b"begun" in await ours.receive()
        serving.cancel()
        await asyncio.sleep(0.01)
        if twice:
            serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        assert serving.cancelled()
        assert (b"waited" in await ours.receive()) is not twice

    running(talk(twice=False))
    running(talk(twice=True))


def test_one_server_is_served_on_all_of_them(sockets: ServerProcess) -> None:
    schemes = ("http://", "ws://", "tcp://", "unix:")
    assert len({sockets.address(scheme) for scheme in schemes}) == 4


def test_end_of_standard_input_ends_the_sockets_too() -> None:
    peer = StdioPeer("--stdio", "--tcp", "127.0.0.1:0")
    try:
        other = TcpPeer(peer.server)
        assert peer.is_served() and other.is_served()
        other.tell(call("wait", {"seconds": 0.2}))
        assert other.is_served()
        peer.finish()
        assert text_of(other.hear()) == "waited"
        assert other.heard_to_the_end() == []
        other.close()
        assert peer.server.wait() == 0
    finally:
        peer.close()


def test_program_of_ones_own_runs_until_a_signal_and_goes_on() -> None:
    script = textwrap.dedent(
        """
        from mcpgen_runtime import Server, ServerCore
        from mcpgen_runtime.transports.serving import run
        from mcpgen_runtime.transports.stdio import StdioAdapter
        run(ServerCore(Server("own", "1")), [StdioAdapter()])
        print("after it")
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(line({"jsonrpc": "2.0", "id": 1, "method": "ping"}))
    assert b'"result"' in process.stdout.readline()
    process.terminate()
    assert process.stdout.read() == b"after it\n"
    assert process.wait(20) == 0
    process.stdin.close()
    process.stdout.close()


def test_programs_of_the_page_on_transports_serve(project_root: Path, tmp_path: Path) -> None:
    page = (project_root / "docs/transports.md").read_text("utf-8")
    programs = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(programs) == 2
    for program, count in zip(programs, (1, 2), strict=True):
        anywhere = re.sub(r"port=\d+", "port=0", program)
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", anywhere], stdout=subprocess.PIPE, cwd=tmp_path, bufsize=0
        )
        assert process.stdout is not None
        addresses = {process.stdout.readline().decode().strip().rpartition(":")[0] for _ in range(count)}
        assert addresses == ({"127.0.0.1"} if count == 1 else {"127.0.0.1", ""}), addresses
        process.send_signal(signal.SIGINT)
        # asyncio.run knows no better than to raise.
        assert process.wait(20) == (0 if count == 2 else -signal.SIGINT)
        process.stdout.close()
