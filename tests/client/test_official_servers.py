"""The client against servers that others wrote, as real processes, in every revision and transport."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime.client import (
    Client,
    ListChanged,
    McpError,
    RequestTimeout,
    ResourceUpdated,
    StdioTransport,
    Transport,
)
from mcpgen_runtime.client.http import HttpTransport
from mcpgen_types.v2026_07_28 import (
    CompleteRequestParamsArgument,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequestFormParams,
    ElicitResult,
    PromptReference,
    Root,
    TextContent,
)

Require = Callable[[str | Path], str]
# What is asked for, and what is spoken. tests/client/test_everything.py has all pairs, with a quicker server.
MEETINGS = [
    ("stdio", "2024-11-05", "2024-11-05"),
    ("stdio", "2025-11-25", "2025-11-25"),
    ("stdio", "auto", "2026-07-28"),
    ("http", "2025-03-26", "2025-03-26"),
    ("http", "2025-06-18", "2025-06-18"),
    ("http", "auto", "2026-07-28"),
    # The client finds out that there is only HTTP+SSE.
    ("sse", "auto", "2025-11-25"),
]


@contextmanager
def reached(kind: str, command: list[str]) -> Iterator[Transport]:
    """A transport to the server, and for HTTP the server too."""
    if kind == "stdio":
        yield StdioTransport([*command, "stdio"])
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*command, kind, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, "the server does not listen"
                time.sleep(0.05)
        yield HttpTransport(f"http://127.0.0.1:{port}/{'mcp' if kind == 'http' else 'sse'}")
    finally:
        process.kill()
        process.wait()


async def fill(asked: ElicitRequestFormParams) -> ElicitResult:
    return ElicitResult(action="accept", content={"name": "Ada"})


def sample(asked: CreateMessageRequestParams) -> CreateMessageResult:
    return CreateMessageResult(role="assistant", content=TextContent(text="roses"), model="m")


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "revision", "spoken"), MEETINGS)
def test_official_python_server(
    kind: str, revision: str, spoken: str, peers: Path, require_tool: Require
) -> None:
    command = [require_tool(peers / ".venv/bin/python"), str(peers / "servers/official.py")]
    logged: list[Any] = []

    async def meet(transport: Transport) -> None:
        client = Client(
            transport,
            revision=revision,
            on_elicit=fill,
            on_sample=sample,
            roots=[Root(uri="file:///a")],
            on_log=lambda message: logged.append(message.data),
            log_level="info",
            timeout=30,
        )
        async with asyncio.timeout(90), client:
            assert client.revision == spoken
            assert client.instructions == "Be careful."
            await use(client)

    with reached(kind, command) as transport:
        asyncio.run(meet(transport))
    assert logged == ["counting 1", "counting 2"]


async def said(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error and isinstance(result.content[0], TextContent)
    return result.content[0].text


async def use(client: Client) -> None:
    assert "echo" in [tool.name async for tool in client.tools()]
    assert await said(client, "echo", text="hé") == "hé"
    assert (await client.call_tool("fail")).is_error
    steps: list[float] = []
    await client.call_tool("count", {"to": 2}, on_progress=lambda report: steps.append(report.progress))
    assert steps == [1, 2]
    assert await said(client, "recite") == "It goes: roses"
    assert await said(client, "where") == "file:///a"
    if client.revision >= "2025-06-18":
        assert await said(client, "greet") == "Hello, Ada"
    read = await client.read_resource("file:///x")
    assert "the file x" in str(read.contents[0])
    assert (await client.get_prompt("review", {"code": "x"})).messages
    completed = await client.complete(
        PromptReference(name="review"), CompleteRequestParamsArgument(name="code", value="x")
    )
    assert completed.completion.values == ["x1", "x2"]
    with pytest.raises(McpError):
        await client.get_prompt("none")
    with pytest.raises(RequestTimeout):
        await client.call_tool("wait", {"seconds": 60}, timeout=0.3)
    assert await said(client, "echo", text="still there") == "still there"
    if client.is_modern:
        async with client.watch("tools", resources=["note://one"]) as changes:
            await client.call_tool("touch", {"uri": "note://one"})
            assert [await anext(changes), await anext(changes)] == [
                ResourceUpdated("note://one"),
                ListChanged("tools"),
            ]


@pytest.mark.slow
def test_server_everything_of_the_specification_project(peers: Path, require_tool: Require) -> None:
    command = require_tool(peers / "node_modules/.bin/mcp-server-everything")

    async def meet() -> None:
        client = Client(StdioTransport([command, "stdio"]), on_sample=sample, roots=[Root(uri="file:///a")])
        async with asyncio.timeout(60), client:
            assert client.revision == "2025-11-25"
            tools = [tool.name async for tool in client.tools()]
            assert "echo" in tools
            assert await said(client, "echo", message="hi") == "Echo: hi"
            resources = [resource.uri async for resource in client.resources()]
            async with client.watch(resources=resources[:1]):
                assert (await client.read_resource(resources[0])).contents
            assert [prompt async for prompt in client.prompts()]

    asyncio.run(meet())
