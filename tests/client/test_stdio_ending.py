"""How a server ended, as the stdio transport tells it: never a word about pipes where there is an exit."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from mcpgen_runtime.client import ServerGone, StdioTransport

PING = {"jsonrpc": "2.0", "method": "ping", "id": 1}
# Deaf from the start, and gone only a while later: what a busy machine makes of every server that exits.
DEAF = "exec 0<&- 1>&-; echo WHY >&2; sleep 0.8; exit 5"


async def refusal(script: str) -> tuple[str, tuple[str, ...]]:
    """What `send` says once the standard input of this server is closed, and the server's last words."""
    transport = StdioTransport(["sh", "-c", script])
    await transport.open(lambda event: None)
    process = transport._process
    assert process is not None and process.stdin is not None
    try:
        async with asyncio.timeout(10):
            while not process.stdin.is_closing():
                await asyncio.sleep(0.01)
            with pytest.raises(ServerGone) as lost:
                await transport.send(PING, exchange=1)
    finally:
        await transport.close()
    return str(lost.value), transport.last_words()


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return not sys.platform.startswith("linux")
    # A zombie is dead, whether or not somebody has come for it yet.
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_closed_input_is_told_as_the_exit_behind_it() -> None:
    assert asyncio.run(refusal(DEAF)) == ("the server exited with status 5", ("WHY",))


def test_what_a_server_started_does_not_outlive_it(tmp_path: Path) -> None:
    async def run() -> int:
        transport = StdioTransport(["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/child; echo '{{}}'; cat"])
        heard = asyncio.Event()
        await transport.open(lambda event: heard.set())
        await heard.wait()
        await transport.close()
        return int((tmp_path / "child").read_text())

    child = asyncio.run(asyncio.wait_for(run(), 20))
    until = time.monotonic() + 5
    while is_alive(child):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_server_that_closed_its_input_and_lives_on_is_told_as_that() -> None:
    said, _ = asyncio.run(refusal("exec 0<&-; sleep 60"))
    assert said == "the server closed its standard input"


def test_a_command_in_one_string_is_refused() -> None:
    with pytest.raises(TypeError, match=r"shlex.split\('mcpgen serve hello'\)"):
        StdioTransport("mcpgen serve hello")
