"""The official Python client (PyPI mcp 2.x) goes through what `mcpgen validate-client` plays.

Arguments: the revision, then the server's command; without one it goes to $MCPGEN_URL. Runs in
tests/peers/.venv.
"""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

import anyio
import mcp.client.session
from mcp import Client, StdioServerParameters
from mcp.types import CreateMessageResult, ElicitResult, ListRootsResult, Root, TextContent

warnings.simplefilter("ignore")
revision, *command = sys.argv[1:]
modern = revision == "2026-07-28"


async def elicit(context: Any, params: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"name": "ada", "age": 36})


async def sample(context: Any, params: Any) -> CreateMessageResult:
    return CreateMessageResult(role="assistant", model="none", content=TextContent(type="text", text="yes"))


async def roots(context: Any) -> ListRootsResult:
    return ListRootsResult(roots=[Root(uri="file:///work", name="work")])


async def outcome(awaitable: Any) -> str:
    try:
        await awaitable
    except Exception as error:
        print(f"  {type(error).__name__}: {str(error)[:100]}", file=sys.stderr)
        return "error"
    return "result"


async def pages(list_page: Any) -> None:
    cursor = (await list_page()).next_cursor
    for _ in range(30):
        if cursor is None:
            return
        cursor = (await list_page(cursor=cursor)).next_cursor


async def tour(client: Client) -> None:
    tools = (await client.list_tools()).tools
    await pages(client.list_resources)
    await pages(client.list_resource_templates)
    await client.list_prompts()
    for uri in ("scene://first", *(["scene://asks"] if modern else [])):
        await outcome(client.read_resource(uri))
    for prompt in ("plain", *(["frage größe"] if modern else [])):
        await outcome(client.get_prompt(prompt))
    names = {tool.name for tool in tools}
    for tool in tools:
        arguments = (tool.input_schema.get("examples") or [{}])[0]
        saw = await outcome(client.call_tool(tool.name, arguments))
        print(tool.name, saw, file=sys.stderr)
        if "saw" in names and tool.name not in ("saw", "session_ends"):
            await outcome(client.call_tool("saw", {"tool": tool.name, "outcome": saw}))


async def main() -> None:
    server: Any = os.environ.get("MCPGEN_URL")
    if command:
        server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    if not modern:
        # There is no other way to have it offer an older revision.
        mcp.client.session.LATEST_HANDSHAKE_VERSION = revision
    async with Client(
        server,
        mode="auto" if modern else "legacy",
        elicitation_callback=elicit,
        sampling_callback=sample,
        list_roots_callback=roots,
        read_timeout_seconds=20,
    ) as client:
        await tour(client)


anyio.run(main)
