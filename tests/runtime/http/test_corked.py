"""The corked transport, on real sockets and on both event loops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop

from mcpgen_runtime.transports.http.corked import Corked
from mcpgen_runtime.transports.http.turns import EndOfTurn

Run = Callable[[Coroutine[Any, Any, Any]], Any]
_SECONDS = 5


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    chosen: Run = request.param
    return chosen


class Pair:
    """The server's end of a connection, corked, and the client's."""

    def __init__(self, corked: Corked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.corked = corked
        self.reader = reader
        self.writer = writer

    async def heard(self) -> bytes:
        """All that the client got, once the server has closed."""
        return await asyncio.wait_for(self.reader.read(), _SECONDS)


@asynccontextmanager
async def connected(count: int) -> AsyncIterator[list[Pair]]:
    """So many connections to one server, which all write at the end of a turn."""
    ends: asyncio.Queue[asyncio.Transport] = asyncio.Queue()
    end_of_turn = EndOfTurn()

    class Accepting(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            ends.put_nowait(transport)

    server = await asyncio.get_running_loop().create_server(Accepting, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    pairs = []
    for _ in range(count):
        reader, writer = await asyncio.open_connection(host, port)
        pairs.append(Pair(Corked(await asyncio.wait_for(ends.get(), _SECONDS), end_of_turn), reader, writer))
    yield pairs
    for pair in pairs:
        pair.corked.abort()
        pair.writer.close()
    server.close()


def test_a_connection_that_has_gone_takes_nothing_of_the_others_with_it(run: Run) -> None:
    async def scenario() -> bytes:
        async with connected(2) as (gone, there):
            gone.corked.abort()
            await asyncio.sleep(0.05)
            gone.corked.write(b"to nobody")
            there.corked.write(b"to ")
            there.corked.write(b"somebody")
            return await asyncio.wait_for(there.reader.readexactly(11), _SECONDS)

    assert run(scenario()) == b"to somebody"


def test_closing_writes_what_waits_first(run: Run) -> None:
    async def scenario() -> bytes:
        async with connected(1) as (pair,):
            pair.corked.write(b"the last")
            pair.corked.close()
            return await pair.heard()

    assert run(scenario()) == b"the last"


def test_aborting_writes_nothing(run: Run) -> None:
    async def scenario() -> bytes:
        async with connected(1) as (pair,):
            pair.corked.write(b"unsaid")
            pair.corked.abort()
            return await pair.heard()

    assert run(scenario()) == b""
