"""Features that come, go, and come back while clients are connected."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from mcpgen_runtime import DefinitionError, RequestContext, Server
from mcpgen_runtime.client import Client, McpError
from mcpgen_runtime.layering import CallNext
from mcpgen_runtime.revisions import REVISIONS
from mcpgen_runtime.testing import client
from mcpgen_types.v2026_07_28 import CompleteRequestParamsArgument, PromptReference

ANY = {"type": "object"}


def served() -> Server:
    server = Server("s", "1", page_size=2)
    for name in ("a", "b", "c"):
        server.add_tool({"name": name, "inputSchema": ANY}, lambda arguments, ctx: "done")
        server.add_resource({"uri": f"r://{name}", "name": name}, lambda uri, ctx: "read")
        server.add_resource_template(
            {"uriTemplate": f"t://{name}/{{id}}", "name": name}, lambda uri, variables, ctx: "read"
        )
        server.add_prompt(
            {"name": name, "arguments": [{"name": "x"}]},
            lambda arguments, ctx: "filled",
            complete={"x": lambda typed, settled, ctx: ["y"]},
        )
    return server


async def tools(session: Client) -> list[str]:
    return [each.name async for each in session.tools()]


async def resources(session: Client) -> list[str]:
    return [each.name async for each in session.resources()]


async def templates(session: Client) -> list[str]:
    return [each.name async for each in session.resource_templates()]


async def prompts(session: Client) -> list[str]:
    return [each.name async for each in session.prompts()]


#: Of each kind: its list, what changes, one entry's key, how it is used.
KINDS: list[Any] = [
    pytest.param("tool", tools, "tools", "b", lambda c: c.call_tool("b", {}), id="tool"),
    pytest.param(
        "resource", resources, "resources", "r://b", lambda c: c.read_resource("r://b"), id="resource"
    ),
    pytest.param(
        "resource_template",
        templates,
        "resources",
        "t://b/{id}",
        lambda c: c.read_resource("t://b/1"),
        id="template",
    ),
    pytest.param("prompt", prompts, "prompts", "b", lambda c: c.get_prompt("b"), id="prompt"),
]


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_is_there_all_the_time_is_on_one_of_the_pages(revision: str) -> None:
    server = Server("s", "1", page_size=2)
    for number in range(7):
        server.add_tool({"name": f"p{number}", "inputSchema": ANY}, lambda arguments, ctx: "done")

    async def main() -> None:
        async with client(server, revision=revision) as session:
            first = await session.list_tools()
            server.remove_tool("p0")
            server.disable_tool("p1")
            server.disable_tool("p2")  # with which the next page would have begun
            second = await session.list_tools(first.next_cursor)
            server.enable_tool("p1")
            server.add_tool({"name": "p7", "inputSchema": ANY}, lambda arguments, ctx: "done")
            server.remove_tool("p6")
            third = await session.list_tools(second.next_cursor)
            assert third.next_cursor is None
            pages = [[each.name for each in page.tools] for page in (first, second, third)]
            assert pages == [["p0", "p1"], ["p3", "p4"], ["p5", "p7"]]

    asyncio.run(main())


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(("kind", "listed", "changed", "key", "use"), KINDS)
def test_what_is_disabled_is_as_if_it_did_not_exist_and_comes_back_at_its_place(
    kind: str, listed: Any, changed: Any, key: str, use: Callable[[Client], Any], revision: str
) -> None:
    server = served()
    disable, enable = getattr(server, f"disable_{kind}"), getattr(server, f"enable_{kind}")
    missing: list[tuple[int, str]] = []

    async def main() -> None:
        async with client(server, revision=revision) as session, session.watch(changed) as changes:
            await use(session)
            disable(key)
            await anext(changes)
            assert await listed(session) == ["a", "c"]
            with pytest.raises(McpError) as never:
                await use(session)
            missing.append((never.value.code, never.value.message))
            disable(key)  # nothing changes, nobody is told
            enable(key)
            await anext(changes)
            assert await listed(session) == ["a", "b", "c"]
            await use(session)
            enable(key)
            getattr(server, f"remove_{kind}")(key)
            await anext(changes)
            with pytest.raises(McpError) as never:
                await use(session)
            missing.append((never.value.code, never.value.message))

    asyncio.run(main())
    assert missing[0] == missing[1]  # a client cannot tell disabled from removed


@pytest.mark.parametrize(("kind", "listed", "changed", "key", "use"), KINDS)
def test_nobody_is_told_of_what_was_not_to_be_seen(
    kind: str, listed: Any, changed: Any, key: str, use: Any
) -> None:
    server = served()
    told: list[str] = []

    class Ear:
        def changed(self, method: str, params: dict[str, Any]) -> None:
            told.append(method)

    server.changes.add(Ear())
    getattr(server, f"disable_{kind}")(key)
    getattr(server, f"disable_{kind}")(key)
    getattr(server, f"remove_{kind}")(key)
    assert told == [f"notifications/{changed}/list_changed"]
    for verb in ("enable", "disable", "remove"):
        with pytest.raises(KeyError, match=rf"there is no {kind.replace('_', ' ')} '{re.escape(key)}'"):
            getattr(server, f"{verb}_{kind}")(key)


def test_the_name_of_a_disabled_tool_is_taken() -> None:
    server = served()
    server.disable_tool("a")
    with pytest.raises(DefinitionError, match="there is a tool 'a' already"):
        server.add_tool({"name": "a", "inputSchema": ANY}, lambda arguments, ctx: "another")


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_client_hears_of_tools_that_were_all_disabled_when_it_came(revision: str) -> None:
    server = Server("s", "1")
    server.add_tool({"name": "a", "inputSchema": ANY}, lambda arguments, ctx: "done")
    server.disable_tool("a")

    async def main() -> None:
        async with client(server, revision=revision) as session, session.watch("tools") as changes:
            assert await tools(session) == []
            server.enable_tool("a")
            await anext(changes)
            assert await tools(session) == ["a"]

    asyncio.run(main())


def test_a_handler_disables_its_own_tool_and_still_answers() -> None:
    server = Server("s", "1")

    async def once(arguments: dict[str, Any], ctx: RequestContext) -> str:
        ctx.server.disable_tool("once")
        await asyncio.sleep(0)
        return "done"

    server.add_tool({"name": "once", "inputSchema": ANY}, once)

    async def main() -> None:
        async with client(server) as session:
            assert not (await session.call_tool("once", {})).is_error
            with pytest.raises(McpError, match="Unknown tool"):
                await session.call_tool("once", {})

    asyncio.run(main())


def test_the_layers_of_a_tool_are_there_when_it_is_enabled() -> None:
    seen: list[str] = []

    async def layer(request: Any, ctx: RequestContext, call_next: CallNext) -> Any:
        seen.append(request.method)
        return await call_next(request, ctx)

    server = Server("s", "1")
    server.add_tool({"name": "a", "inputSchema": ANY}, lambda arguments, ctx: "done", layers=[layer])
    server.disable_tool("a")

    async def main() -> None:
        async with client(server) as session:
            server.enable_tool("a")
            await session.call_tool("a", {})

    asyncio.run(main())
    assert seen == ["tools/call"]


def test_a_disabled_prompt_completes_nothing() -> None:
    server = served()

    async def main() -> None:
        async with client(server) as session:
            asked = (PromptReference(name="b"), CompleteRequestParamsArgument(name="x", value=""))
            assert (await session.complete(*asked)).completion.values == ["y"]
            server.disable_prompt("b")
            with pytest.raises(McpError):
                await session.complete(*asked)

    asyncio.run(main())
