"""Changes as they happen: one watch, in either era."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcpgen_runtime.client import Client, ListChanged, McpError, RequestTimeout, ResourceUpdated, ServerGone

from .scripted import META_SUBSCRIPTION, Script, Server, complete, legacy, modern, talking

FILTER = {"toolsListChanged": True, "resourceSubscriptions": ["a:1", "a:2"]}


def run(script: Script, use: Callable[[Client], Awaitable[Any]], **options: Any) -> Any:
    async def whole() -> Any:
        async with talking(script, **options) as (client, _):
            return await use(client)

    return asyncio.run(whole())


async def acknowledge(server: Server, request: dict[str, Any], agreed: dict[str, Any]) -> None:
    await server.tell(
        "notifications/subscriptions/acknowledged",
        {"notifications": agreed, "_meta": {META_SUBSCRIPTION: request["id"]}},
    )


async def tell(server: Server, request: dict[str, Any], method: str, **params: Any) -> None:
    await server.tell(method, {**params, "_meta": {META_SUBSCRIPTION: request["id"]}})


def test_modern_watch_is_a_request_that_lasts() -> None:
    async def script(server: Server) -> None:
        request = await server.expect("subscriptions/listen")
        assert request["params"]["notifications"] == FILTER
        await acknowledge(server, request, FILTER)
        await tell(server, request, "notifications/resources/updated", uri="a:1")
        await tell(server, request, "notifications/tools/list_changed")
        told = await server.expect("notifications/cancelled")
        assert told["params"]["requestId"] == request["id"]

    async def use(client: Client) -> Any:
        async with client.watch("tools", resources=["a:1", "a:2"]) as changes:
            assert changes.refused == ()
            return [await anext(changes), await anext(changes)]

    assert run(modern(script), use) == [ResourceUpdated("a:1"), ListChanged("tools")]


def test_list_that_there_is_not_is_named_with_those_that_there_are() -> None:
    client = Client(["mcpgen", "serve"], revision="2026-07-28")  # type: ignore[arg-type]  # it is never opened
    with pytest.raises(ValueError, match="no list of 'tool' to watch; there are tools, prompts, resources"):
        client.watch("tool")  # type: ignore[arg-type]


def test_modern_watches_hear_each_their_own() -> None:
    async def script(server: Server) -> None:
        first = await server.expect("subscriptions/listen")
        await acknowledge(server, first, {"toolsListChanged": True})
        second = await server.expect("subscriptions/listen")
        await acknowledge(server, second, {"promptsListChanged": True})
        await tell(server, second, "notifications/prompts/list_changed")
        await tell(server, first, "notifications/tools/list_changed")

    async def use(client: Client) -> Any:
        async with client.watch("tools") as tools, client.watch("prompts") as prompts:
            return [await anext(tools), await anext(prompts)]

    assert run(modern(script), use) == [ListChanged("tools"), ListChanged("prompts")]


def test_what_the_server_does_not_agree_to_is_told() -> None:
    async def script(server: Server) -> None:
        request = await server.expect("subscriptions/listen")
        await acknowledge(server, request, {"resourceSubscriptions": ["a:1"]})
        await server.answer(request, complete({"_meta": {META_SUBSCRIPTION: request["id"]}}))

    async def use(client: Client) -> Any:
        async with client.watch("tools", resources=["a:1", "a:2"]) as changes:
            return changes.refused, [change async for change in changes]

    assert run(modern(script), use) == (("tools", "a:2"), [])


@pytest.mark.parametrize("way", ["answer", "cancelled"])
def test_iteration_ends_when_the_server_ends_the_subscription(way: str) -> None:
    async def script(server: Server) -> None:
        request = await server.expect("subscriptions/listen")
        await acknowledge(server, request, {"toolsListChanged": True})
        await tell(server, request, "notifications/tools/list_changed")
        if way == "answer":
            await server.answer(request, complete({"_meta": {META_SUBSCRIPTION: request["id"]}}))
        else:
            await server.tell("notifications/cancelled", {"requestId": request["id"]})

    async def use(client: Client) -> Any:
        async with client.watch("tools") as changes:
            return [change async for change in changes]

    assert run(modern(script), use) == [ListChanged("tools")]


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_watch_of_a_server_that_goes_raises(era: str) -> None:
    async def script(server: Server) -> None:
        request = await server.receive()
        if era == "modern":
            await acknowledge(server, request, {"resourceSubscriptions": ["a:1"]})
        else:
            await server.answer(request, {})
        server.end.close()

    async def use(client: Client) -> None:
        async with client.watch(resources=["a:1"]) as changes:
            await anext(changes)

    with pytest.raises(ServerGone):
        run((modern if era == "modern" else legacy)(script), use)


def test_subscription_that_is_refused_raises_the_error() -> None:
    async def script(server: Server) -> None:
        await server.refuse(await server.receive(), -32601, "Method not found")

    async def use(client: Client) -> None:
        async with client.watch("tools"):
            pass

    with pytest.raises(McpError, match="Method not found"):
        run(modern(script), use)


def test_subscription_that_is_not_acknowledged_is_given_up() -> None:
    async def script(server: Server) -> None:
        await server.expect("subscriptions/listen")
        await server.expect("notifications/cancelled")

    async def use(client: Client) -> None:
        async with client.watch("tools"):
            pass

    with pytest.raises(RequestTimeout, match="not acknowledged"):
        run(modern(script), use, timeout=0.2)


def test_legacy_watch_subscribes_to_each_resource_and_takes_its_leave() -> None:
    async def script(server: Server) -> None:
        for uri in ("a:1", "a:2"):
            request = await server.expect("resources/subscribe")
            assert request["params"] == {"uri": uri}
            await server.answer(request, {})
        for uri in ("a:3", "a:20", "a:2", "a:2/b"):
            await server.tell("notifications/resources/updated", {"uri": uri})
        await server.send({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        await server.send({"jsonrpc": "2.0", "method": "notifications/prompts/list_changed"})
        for uri in ("a:1", "a:2"):
            request = await server.expect("resources/unsubscribe")
            assert request["params"] == {"uri": uri}
            await server.answer(request, {})

    async def use(client: Client) -> Any:
        async with client.watch("tools", "resources", resources=["a:1", "a:2"]) as changes:
            assert changes.refused == ("resources",)
            return [await anext(changes) for _ in range(3)]

    script_ = legacy(script, tools={"listChanged": True}, resources={"subscribe": True})
    assert run(script_, use) == [ResourceUpdated("a:2"), ResourceUpdated("a:2/b"), ListChanged("tools")]


def test_legacy_resource_stays_subscribed_while_another_watch_wants_it() -> None:
    async def script(server: Server) -> None:
        for _ in range(2):
            await server.answer(await server.expect("resources/subscribe"), {})
        await server.answer(await server.expect("resources/unsubscribe"), {})

    async def whole() -> None:
        async with talking(legacy(script)) as (client, server), client.watch(resources=["a:1"]):
            async with client.watch(resources=["a:1"]):
                pass
            assert [one["method"] for one in server.seen[-2:]] == ["resources/subscribe"] * 2
        assert server.seen[-1]["method"] == "resources/unsubscribe"

    asyncio.run(whole())


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_change_that_no_watch_asked_for_reaches_the_general_callback(era: str) -> None:
    async def script(server: Server) -> None:
        await server.tell("notifications/resources/updated", {"uri": "a:1"})
        await server.answer(await server.expect("tools/list"), complete({"tools": [], **EXTRA}))

    heard: list[tuple[str, Any]] = []

    async def use(client: Client) -> None:
        await client.list_tools()

    run(
        (modern if era == "modern" else legacy)(script),
        use,
        on_notification=lambda method, params: heard.append((method, params.uri)),
    )
    assert heard == [("notifications/resources/updated", "a:1")]


EXTRA = {"ttlMs": 0, "cacheScope": "private"}
