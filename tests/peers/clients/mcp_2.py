"""The official Python client (PyPI mcp 2.x) against examples/everything; prints what it saw as JSON.

Arguments: stdio|http|sse, the revision, then the command or the URL. Runs in tests/peers/.venv.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import anyio
import mcp.client.session
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.types import (
    CreateMessageResult,
    ElicitResult,
    ListRootsResult,
    PromptReference,
    ResourceTemplateReference,
    Root,
    TextContent,
)

warnings.simplefilter("ignore")
WATCHED = "test://watched-resource"
transport, revision, *target = sys.argv[1:]
modern = revision == "2026-07-28"
saw: dict[str, Any] = {}
log: list[str] = []
notified: list[Any] = []


async def elicit(context: Any, params: Any) -> ElicitResult:
    if params.mode == "url":
        return ElicitResult(action="accept")
    return ElicitResult(action="accept", content={"username": "ada", "email": "ada@example.com"})


async def sample(context: Any, params: Any) -> CreateMessageResult:
    text = f"echo of {params.messages[0].content.text}"
    return CreateMessageResult(role="assistant", model="none", content=TextContent(type="text", text=text))


async def roots(context: Any) -> ListRootsResult:
    return ListRootsResult(roots=[Root(uri="file:///work", name="work")])


async def logged(params: Any) -> None:
    log.append(params.data)


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
    saw["tools"] = [tool.name for tool in (await client.list_tools()).tools]
    saw["prompts"] = [prompt.name for prompt in (await client.list_prompts()).prompts]
    saw["resources"] = [resource.uri for resource in (await client.list_resources()).resources]
    templates = (await client.list_resource_templates()).resource_templates
    saw["templates"] = [template.uri_template for template in templates]
    added = await client.call_tool("add", {"a": 2, "b": 3.5})
    saw["sum"] = [added.content[0].text, added.structured_content]
    failed = await client.call_tool("test_error_handling")
    saw["tool error"] = [failed.is_error, failed.content[0].text]
    saw["unknown tool"] = await code(client.call_tool("none"))
    link = (await client.call_tool("resource_link")).content[0]
    saw["link"] = link.type
    saw["text"] = (await client.read_resource("test://static-text")).contents[0].text
    saw["blob"] = (await client.read_resource("test://static-binary")).contents[0].blob
    saw["template"] = json.loads((await client.read_resource("test://template/123/data")).contents[0].text)
    saw["unknown resource"] = await code(client.read_resource("test://none"))
    prompt = await client.get_prompt("test_prompt_with_arguments", {"arg1": "Paris", "arg2": "Louvre"})
    saw["prompt"] = prompt.messages[0].content.text
    cities = PromptReference(type="ref/prompt", name="test_prompt_with_arguments")
    found = await client.complete(cities, {"name": "arg1", "value": "Li"})
    saw["cities"] = found.completion.values
    found = await client.complete(cities, {"name": "arg2", "value": "l"}, {"arg1": "Paris"})
    saw["sights"] = found.completion.values
    ids = ResourceTemplateReference(type="ref/resource", uri="test://template/{id}/data")
    saw["ids"] = (await client.complete(ids, {"name": "id", "value": "12"})).completion.values


async def asking(client: Client) -> None:
    message = {"message": "Who are you?"}
    saw["elicited"] = await text_of(client, "test_elicitation", message)
    saw["visited"] = await text_of(client, "elicitation_url")
    saw["sampled"] = await text_of(client, "test_sampling", {"prompt": "hello"})
    saw["roots"] = await text_of(client, "test_input_required_result_list_roots")


async def working(client: Client) -> None:
    progress: list[list[float | None]] = []

    async def report(done: float, total: float | None, message: str | None) -> None:
        progress.append([done, total])

    await client.call_tool("test_tool_with_progress", progress_callback=report)
    saw["progress"] = progress
    if not modern:
        await client.set_logging_level("info")
    await client.call_tool("test_tool_with_logging")
    saw["log"] = log
    saw["reconnected"] = await text_of(client, "test_reconnection")


async def cancelling(client: Client) -> None:
    async def cancelled() -> int:
        return int((await client.read_resource("test://cancelled-waits")).contents[0].text)

    before = await cancelled()
    async with anyio.create_task_group() as calls:

        async def hang_up(*_: Any) -> None:
            calls.cancel_scope.cancel()

        await client.call_tool("wait", {"seconds": 60}, progress_callback=hang_up)
    for _ in range(100):
        saw["cancelled"] = await cancelled() - before
        if saw["cancelled"]:
            break
        await anyio.sleep(0.05)


async def watching(client: Client) -> None:
    seen: set[str] = set()
    with anyio.fail_after(20):
        if modern:
            async with client.listen(tools_list_changed=True, resource_subscriptions=[WATCHED]) as changes:
                await client.call_tool("touch")
                await client.call_tool("test_trigger_tool_change")
                async for change in changes:
                    seen.add(type(change).__name__)
                    if seen == {"ResourceUpdated", "ToolsListChanged"}:
                        break
        else:
            await client.subscribe_resource(WATCHED)
            await client.call_tool("touch")
            await client.call_tool("test_trigger_tool_change")
            names = {"notifications/resources/updated": "ResourceUpdated"}
            names["notifications/tools/list_changed"] = "ToolsListChanged"
            while seen != set(names.values()):
                await anyio.sleep(0.01)
                seen = {names[each.method] for each in notified if getattr(each, "method", None) in names}
            await client.unsubscribe_resource(WATCHED)
    saw["changes"] = sorted(seen)


async def main() -> None:
    server: Any = target[0]
    if transport == "stdio":
        server = StdioServerParameters(command=target[0], args=target[1:])
    elif transport == "sse":
        server = sse_client(target[0])
    if not modern:
        # There is no other way to have it offer an older revision.
        mcp.client.session.LATEST_HANDSHAKE_VERSION = revision
    client = Client(
        server,
        mode="auto" if modern else "legacy",
        elicitation_callback=elicit,
        sampling_callback=sample,
        list_roots_callback=roots,
        logging_callback=logged,
        log_level="info" if modern else None,
        message_handler=message,
    )
    async with client:
        saw["revision"] = client.protocol_version
        for part in (reading, asking, working, cancelling, watching):
            await part(client)
        saw["server"] = client.server_info and client.server_info.name


anyio.run(main)
print(json.dumps(saw))
