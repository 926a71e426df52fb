"""Our own client before the script, in every revision: it is accused of nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mcpgen.validate.clients.over_http import HttpServer
from mcpgen.validate.clients.play import Play
from mcpgen.validate.clients.run import _listener, _Listening, _report, _url
from mcpgen.validate.report import Report
from mcpgen_runtime.client import Client
from mcpgen_runtime.client.http import HttpTransport
from mcpgen_types import REVISIONS
from mcpgen_types.v2026_07_28.codecs import encode_Tool
from mcpgen_types.v2026_07_28.types import CreateMessageResult, ElicitResult, Root, TextContent

_TIMEOUT = 60


def elicit(params: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"name": "ada", "age": 36})


def sample(params: Any) -> CreateMessageResult:
    return CreateMessageResult(
        role="assistant", model="none", content=TextContent(type="text", text="yes"), stop_reason="endTurn"
    )


async def outcome(awaitable: Any) -> str:
    try:
        await awaitable
    except Exception:
        return "error"
    return "result"


async def collected(items: Any) -> list[Any]:
    return [item async for item in items]


async def tour(client: Client) -> None:
    tools = await collected(client.tools())
    await collected(client.resources())
    await outcome(collected(client.resource_templates()))
    for prompt in await collected(client.prompts()):
        await client.get_prompt(prompt.name)
    await client.read_resource("scene://asks" if client.is_modern else "scene://first")
    names = [tool.name for tool in tools]
    for tool in tools:
        examples = encode_Tool(tool)["inputSchema"].get("examples", [{}])
        saw = await outcome(client.call_tool(tool.name, examples[0]))
        if "saw" in names and tool.name not in ("saw", "session_ends"):
            await client.call_tool("saw", {"tool": tool.name, "outcome": saw})


async def played(revision: str) -> Report:
    app = HttpServer(Play("http"), asyncio.get_running_loop().time)
    listener = _listener("127.0.0.1", 0)
    url = _url("127.0.0.1", listener)
    async with (
        _Listening(app, listener),
        Client(
            HttpTransport(url),
            revision=revision,
            on_elicit=elicit,
            on_sample=sample,
            roots=[Root(uri="file:///work")],
        ) as client,
    ):
        await tour(client)
    return _report({"transport": "http", "url": url}, app.conversations, None)


@pytest.mark.parametrize("revision", [each for each in REVISIONS if each != "2024-11-05"])
def test_our_client_goes_through_everything_and_is_accused_of_nothing(revision: str) -> None:
    report = asyncio.run(asyncio.wait_for(played(revision), _TIMEOUT))
    assert [(each.rule, each.message) for each in report.findings] == []
    (run,) = report.runs
    assert (run.revision, run.notes) == (revision, ())


def test_structured_content_that_contradicts_a_listed_output_schema_is_a_bad_answer() -> None:
    async def calls(client: Client) -> list[str]:
        return [await outcome(client.call_tool("contradicts_schema")), *await listed(client)]

    async def listed(client: Client) -> list[str]:
        await collected(client.tools())
        return [await outcome(client.call_tool(name)) for name in ("contradicts_schema", "deep")]

    # What was never listed promised nothing.
    assert asyncio.run(asyncio.wait_for(_with(calls), _TIMEOUT)) == ["result", "error", "result"]


async def _with(use: Any) -> Any:
    app = HttpServer(Play("http"), asyncio.get_running_loop().time)
    listener = _listener("127.0.0.1", 0)
    async with _Listening(app, listener), Client(HttpTransport(_url("127.0.0.1", listener))) as client:
        return await use(client)
