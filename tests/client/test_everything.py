"""Every feature of the client against examples/everything, a real process, on every transport."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime.client import (
    Client,
    HttpSseTransport,
    HttpTransport,
    ListChanged,
    McpError,
    RequestTimeout,
    ResourceUpdated,
    StdioTransport,
    TcpTransport,
    Transport,
    UnixTransport,
    WebSocketTransport,
)
from mcpgen_types import REVISIONS
from mcpgen_types.v2026_07_28 import (
    BlobResourceContents,
    CompleteRequestParamsArgument,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequestFormParams,
    ElicitRequestURLParams,
    ElicitResult,
    PromptReference,
    ResourceTemplateReference,
    Root,
    TextContent,
)

WATCHED = "test://watched-resource"
MODERN = REVISIONS[-1]
MEETINGS = [
    *(
        (transport, revision)
        for transport in ("stdio", "http", "websocket", "ws", "tcp", "unix")
        for revision in REVISIONS
    ),
    # What 2024-11-05 had instead of Streamable HTTP; the newest old client may come that way too.
    ("http+sse", "2024-11-05"),
    ("http+sse", "2025-11-25"),
]


Reach = Callable[[str], Transport]


@pytest.fixture
def reach(everything_addresses: dict[str, str], everything_directory: Path, mcpgen: str) -> Reach:
    """A function from the kind of a transport to one that leads to the server."""
    http, ws, tcp, unix = (everything_addresses[scheme] for scheme in ("http", "ws", "tcp", "unix"))

    def transport(kind: str) -> Transport:
        match kind:
            case "stdio":
                return StdioTransport([mcpgen, "serve", "server:server"], cwd=everything_directory)
            case "http":
                return HttpTransport(http)
            case "http+sse":
                return HttpSseTransport(http.removesuffix("/mcp") + "/sse")
            case "websocket":  # on the same port and path as HTTP
                return WebSocketTransport(http.replace("http:", "ws:"))
            case "ws":
                return WebSocketTransport(ws)
            case "tcp":
                host, _, port = tcp.removeprefix("tcp://").rpartition(":")
                return TcpTransport(host, int(port))
            case "unix":
                return UnixTransport(unix.removeprefix("unix:"))
        raise AssertionError(kind)

    return transport


async def fill(asked: ElicitRequestFormParams) -> ElicitResult:
    fields = asked.requested_schema.properties
    return ElicitResult(action="accept", content=dict.fromkeys(fields, "Ada"))


def visit(asked: ElicitRequestURLParams) -> ElicitResult:
    return ElicitResult(action="accept")


async def sample(asked: CreateMessageRequestParams) -> CreateMessageResult:
    return CreateMessageResult(role="assistant", model="m", content=TextContent(text="Paris"))


def text_of(result: Any) -> str:
    """The text of a tool's result that is nothing else."""
    (block,) = result.content
    assert isinstance(block, TextContent) and not result.is_error
    return block.text


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "revision"), MEETINGS)
def test_client_and_server_share_everything(kind: str, revision: str, reach: Reach) -> None:
    async def meet() -> None:
        logged: list[Any] = []
        client = Client(
            reach(kind),
            revision=revision,
            on_elicit=fill,
            on_elicit_url=visit,
            on_sample=sample,
            roots=[Root(uri="file:///a"), Root(uri="file:///b")],
            on_log=lambda message: logged.append(message.data),
            log_level="info",
            timeout=20,
        )
        async with asyncio.timeout(60), client:
            assert client.server_info["name"] == "everything"
            await share_everything(client, revision, logged)

    asyncio.run(meet())


async def share_everything(client: Client, revision: str, logged: list[Any] | None) -> None:
    """Every feature, once. `logged` are the log messages that came; None where a proxy is in between, which
    speaks the newest revision to the server: no log message comes through, and errors are of that revision.
    """
    assert client.revision == revision
    await lists(client)
    await calls(client, logged)
    await questions(client, revision)
    await changes(client)
    await given_up(client)


async def lists(client: Client) -> None:
    tools = [tool.name async for tool in client.tools()]
    assert len(tools) > 30 and "add" in tools
    assert len([prompt async for prompt in client.prompts()]) == 5
    assert {resource.uri async for resource in client.resources()} >= {"test://static-text", WATCHED}
    assert [template async for template in client.resource_templates()]


async def calls(client: Client, logged: list[Any] | None) -> None:
    added = await client.call_tool("add", {"a": 1, "b": 2})
    if client.revision >= "2025-06-18":
        assert added.structured_content is not None
    assert (await client.call_tool("test_error_handling")).is_error
    with pytest.raises(McpError, match="Unknown tool"):
        await client.call_tool("nothing of that name")
    if client.revision >= "2025-11-25" or logged is None:
        # Since then a model is to see what was wrong with its arguments.
        assert (await client.call_tool("add", {"a": "one"})).is_error
    else:
        with pytest.raises(McpError):
            await client.call_tool("add", {"a": "one"})
    # Over HTTP in the new era, this argument travels in a header too.
    assert text_of(await client.call_tool("test_x_mcp_header", {"region": "eu-wést"})) == "region=eu-wést"

    steps: list[float] = []
    await client.call_tool(
        "test_tool_with_progress", on_progress=lambda report: steps.append(report.progress)
    )
    assert steps == [0, 50, 100]
    if logged is not None:
        logged.clear()
        await client.call_tool("test_tool_with_logging")
        assert logged == ["Tool execution started", "Tool processing data", "Tool execution completed"]

    read = await client.read_resource("test://static-binary")
    assert isinstance(read.contents[0], BlobResourceContents)
    with pytest.raises(McpError) as error:
        await client.read_resource("test://nowhere")
    assert error.value.code == (-32602 if client.is_modern or logged is None else -32002)
    prompt = await client.get_prompt("test_prompt_with_arguments", {"arg1": "Paris", "arg2": "Louvre"})
    assert prompt.messages
    completed = await client.complete(
        PromptReference(name="test_prompt_with_arguments"),
        CompleteRequestParamsArgument(name="arg1", value=""),
    )
    assert completed.completion.values
    template = (await client.list_resource_templates()).resource_templates[0].uri_template
    completed = await client.complete(
        ResourceTemplateReference(uri=template), CompleteRequestParamsArgument(name="id", value="")
    )
    assert completed.completion.values
    many = await asyncio.gather(*(client.call_tool("add", {"a": n, "b": n}) for n in range(20)))
    assert [text_of(result) for result in many] == [
        text_of(await client.call_tool("add", {"a": n, "b": n})) for n in range(20)
    ]


async def questions(client: Client, revision: str) -> None:
    """Asked in the middle of a call, in the way of the era."""
    ask = "test_input_required_result_"
    assert text_of(await client.call_tool("test_sampling", {"prompt": "?"})) == "LLM response: Paris"
    assert text_of(await client.call_tool(f"{ask}sampling")) == "Model said: Paris"
    assert "2 root(s): file:///a, file:///b" in text_of(await client.call_tool(f"{ask}list_roots"))
    if revision < "2025-06-18":
        with pytest.raises(McpError):
            await client.call_tool(f"{ask}elicitation")
        return
    assert text_of(await client.call_tool(f"{ask}elicitation")) == "Hello, Ada!"
    assert text_of(await client.call_tool(f"{ask}multi_round")) == "Ada likes Ada."
    assert "Ada" in str((await client.get_prompt(f"{ask}prompt")).messages)
    if revision >= "2025-11-25":
        assert text_of(await client.call_tool("elicitation_url")) == "User response: action=accept"


async def changes(client: Client) -> None:
    async with client.watch("tools", resources=[WATCHED]) as watch:
        assert watch.refused == ()
        await client.call_tool("touch")
        assert await anext(watch) == ResourceUpdated(WATCHED)
        await client.call_tool("test_trigger_tool_change")
        assert await anext(watch) == ListChanged("tools")
    # Nobody listens any more, and nothing is said.
    await client.call_tool("touch")


async def given_up(client: Client) -> None:
    """The server learns that nobody waits any more, and its handler ends."""

    async def cancelled() -> int:
        (content,) = (await client.read_resource("test://cancelled-waits")).contents
        return int(getattr(content, "text", "0"))

    before = await cancelled()
    with pytest.raises(RequestTimeout):
        await client.call_tool("wait", {"seconds": 60}, timeout=0.3)
    until = time.monotonic() + 10
    while await cancelled() == before:
        assert time.monotonic() < until, "the handler went on"
        await asyncio.sleep(0.02)
    assert text_of(await client.call_tool("test_simple_text"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stdio", "http", "websocket", "tcp", "unix"])
def test_client_finds_out_by_itself_that_the_server_is_modern(kind: str, reach: Reach) -> None:
    async def meet() -> str:
        async with Client(reach(kind)) as client:
            return client.revision

    assert asyncio.run(meet()) == MODERN


@pytest.mark.slow
def test_stream_that_the_server_closes_is_taken_up_again(reach: Reach) -> None:
    async def meet() -> str:
        async with Client(reach("http"), revision="2025-11-25") as client:
            return text_of(await client.call_tool("test_reconnection"))

    assert asyncio.run(meet()) == "Reconnection test completed"
