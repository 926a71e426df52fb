"""Layers over real transports, under asyncio, in both eras."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime.client import Client, HttpTransport, StdioTransport
from mcpgen_runtime.errors import McpError
from mcpgen_types.v2026_07_28 import ElicitResult

from ..transports.peers import ServerProcess
from .workbench import BOTH

LAYERED = f"{Path(__file__).with_name('layered.py')}:server"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the server is served over HTTP."""
    server = ServerProcess("--http", "127.0.0.1:0", target=LAYERED)
    yield f"http://{server.address('http://')}"
    server.stop()


@pytest.fixture(params=["stdio", "http"])
def transport(request: pytest.FixtureRequest) -> Any:
    """A transport to the server, not connected yet."""
    if request.param == "stdio":
        return StdioTransport([sys.executable, "-m", "mcpgen", "serve", LAYERED])
    return HttpTransport(request.getfixturevalue("url"))


async def name(question: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"name": "Ann"})


async def failed(client: Client, tool: str, **arguments: Any) -> McpError:
    """The error that a call ends in."""
    with pytest.raises(McpError) as raised:
        await client.call_tool(tool, arguments)
    return raised.value


@BOTH
def test_layers_do_what_they_are_for(transport: Any, revision: str) -> None:
    async def converse() -> None:
        async with Client(transport, revision=revision, on_elicit=name) as client:

            async def call(tool: str, **arguments: Any) -> str:
                result = await client.call_tool(tool, arguments)
                return str(result.content[0].text)  # type: ignore[union-attr]

            # The allow-list hides and refuses; the cache lets the layers before it alone see the second list.
            tools = [tool.name async for tool in client.tools()]
            assert "echo" in tools
            assert "hidden" not in tools
            assert (await failed(client, "hidden")).code == -32602
            assert [tool.name async for tool in client.tools()] == tools
            assert int(await call("entered")) >= 2
            # The timeout cancels what waits, and nothing else.
            slow, quick = await asyncio.gather(
                failed(client, "wait"), call("echo", text="meanwhile"), return_exceptions=False
            )
            assert (slow.code, slow.data) == (-32603, {"limit": "timeout", "value": 0.1})
            assert quick == "meanwhile"
            # A round trip to the user passes unharmed, a layer that breaks shows nothing.
            assert await call("ask") == "Ann"
            broken = await failed(client, "broken")
            assert (broken.code, set(broken.data)) == (-32603, {"correlationId"})
            # The limit says when to come back.
            key = f"{type(transport).__name__} {revision}"
            assert await call("limited", key=key) == "done"
            limited = await failed(client, "limited", key=key)
            assert (limited.code, limited.data["limit"]) == (-32600, "rate_limit")
            assert limited.data["retryAfterMs"] > 900_000

    asyncio.run(asyncio.wait_for(converse(), 30))
