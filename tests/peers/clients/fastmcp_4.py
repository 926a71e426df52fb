"""fastmcp's client (PyPI fastmcp 4.x) against examples/everything; prints what it saw as JSON.

Arguments: stdio|http|sse, the revision, then the command or the URL. Runs in tests/peers/.venv.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import warnings
from typing import Any

import mcp.client.session
from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import SSETransport, StdioTransport
from fastmcp.exceptions import ToolError
from mcp import MCPError
from mcp.client.subscriptions import listen
from mcp.types import PromptReference, ResourceTemplateReference

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
WATCHED = "test://watched-resource"
transport, revision, *target = sys.argv[1:]
modern = revision == "2026-07-28"
saw: dict[str, Any] = {}
log: list[str] = []
notified: list[Any] = []


async def elicit(message: str, form: Any, params: Any, context: Any) -> Any:
    if params.mode == "url":
        return ElicitResult(action="accept")
    return ElicitResult(action="accept", content={"username": "ada", "email": "ada@example.com"})


async def sample(messages: list[Any], params: Any, context: Any) -> str:
    return f"echo of {messages[0].content.text}"


async def logged(message: Any) -> None:
    log.append(message.data)


async def message(received: Any) -> None:
    notified.append(received)


async def code(awaitable: Any) -> int | None:
    try:
        await awaitable
    except MCPError as error:
        return error.code
    return None


async def text_of(client: Client, tool: str, arguments: dict[str, Any] | None = None) -> Any:
    try:
        return (await client.call_tool(tool, arguments)).content[0].text
    except MCPError as error:
        return error.code


async def reading(client: Client) -> None:
    saw["tools"] = [tool.name for tool in await client.list_tools()]
    saw["prompts"] = [prompt.name for prompt in await client.list_prompts()]
    saw["resources"] = [str(resource.uri) for resource in await client.list_resources()]
    saw["templates"] = [each.uri_template for each in await client.list_resource_templates()]
    added = await client.call_tool("add", {"a": 2, "b": 3.5})
    saw["sum"] = [added.content[0].text, added.structured_content]
    try:
        await client.call_tool("test_error_handling")
    except ToolError as error:
        saw["tool error"] = [True, str(error)]
    saw["unknown tool"] = await code(client.call_tool("none"))
    saw["link"] = (await client.call_tool("resource_link")).content[0].type
    saw["text"] = (await client.read_resource("test://static-text"))[0].text
    saw["blob"] = (await client.read_resource("test://static-binary"))[0].blob
    saw["template"] = json.loads((await client.read_resource("test://template/123/data"))[0].text)
    saw["unknown resource"] = await code(client.read_resource("test://none"))
    prompt = await client.get_prompt("test_prompt_with_arguments", {"arg1": "Paris", "arg2": "Louvre"})
    saw["prompt"] = prompt.messages[0].content.text
    cities = PromptReference(type="ref/prompt", name="test_prompt_with_arguments")
    saw["cities"] = (await client.complete(cities, {"name": "arg1", "value": "Li"})).values
    found = await client.complete(cities, {"name": "arg2", "value": "l"}, {"arg1": "Paris"})
    saw["sights"] = found.values
    ids = ResourceTemplateReference(type="ref/resource", uri="test://template/{id}/data")
    saw["ids"] = (await client.complete(ids, {"name": "id", "value": "12"})).values


async def asking(client: Client) -> None:
    saw["elicited"] = await text_of(client, "test_elicitation", {"message": "Who are you?"})
    saw["visited"] = await text_of(client, "elicitation_url")
    saw["sampled"] = await text_of(client, "test_sampling", {"prompt": "hello"})
    saw["roots"] = await text_of(client, "test_input_required_result_list_roots")


async def working(client: Client) -> None:
    progress: list[list[float | None]] = []

    async def report(done: float, total: float | None, message: str | None) -> None:
        progress.append([done, total])

    await client.call_tool("test_tool_with_progress", progress_handler=report)
    saw["progress"] = progress
    meta = {"io.modelcontextprotocol/logLevel": "info"} if modern else None
    if not modern:
        await client.set_logging_level("info")
    await client.call_tool("test_tool_with_logging", meta=meta)
    saw["log"] = log
    saw["reconnected"] = await text_of(client, "test_reconnection")


async def cancelling(client: Client) -> None:
    async def cancelled() -> int:
        return int((await client.read_resource("test://cancelled-waits"))[0].text)

    before = await cancelled()
    started = asyncio.Event()

    async def report(*_: Any) -> None:
        started.set()

    waiting = asyncio.create_task(client.call_tool("wait", {"seconds": 60}, progress_handler=report))
    await started.wait()
    waiting.cancel()
    for _ in range(100):
        saw["cancelled"] = await cancelled() - before
        if saw["cancelled"]:
            break
        await asyncio.sleep(0.05)


async def watching(client: Client) -> None:
    seen: set[str] = set()
    async with asyncio.timeout(20):
        if modern:
            # The client itself has no call for this; the session under it has.
            async with listen(
                client.session, tools_list_changed=True, resource_subscriptions=[WATCHED]
            ) as changes:
                await client.call_tool("touch")
                await client.call_tool("test_trigger_tool_change")
                async for change in changes:
                    seen.add(type(change).__name__)
                    if seen == {"ResourceUpdated", "ToolsListChanged"}:
                        break
        else:
            await client.session.subscribe_resource(WATCHED)
            await client.call_tool("touch")
            await client.call_tool("test_trigger_tool_change")
            names = {"notifications/resources/updated": "ResourceUpdated"}
            names["notifications/tools/list_changed"] = "ToolsListChanged"
            while seen != set(names.values()):
                await asyncio.sleep(0.01)
                seen = {names[each.method] for each in notified if getattr(each, "method", None) in names}
            await client.session.unsubscribe_resource(WATCHED)
    saw["changes"] = sorted(seen)


async def main() -> None:
    if not modern:
        # There is no other way to have it offer an older revision.
        mcp.client.session.LATEST_HANDSHAKE_VERSION = revision
    server: Any = target[0]
    if transport == "stdio":
        server = StdioTransport(target[0], target[1:], keep_alive=False)
    elif transport == "sse":
        server = SSETransport(target[0])
    client: Client = Client(
        server,
        mode="auto" if modern else "legacy",
        roots=["file:///work"],
        elicitation_handler=elicit,
        sampling_handler=sample,
        log_handler=logged,
        message_handler=message,
    )
    async with client:
        saw["revision"] = client.protocol_version
        for part in (reading, asking, working, cancelling, watching):
            await part(client)
        saw["server"] = client.server_info and client.server_info.name


asyncio.run(main())
print(json.dumps(saw))
