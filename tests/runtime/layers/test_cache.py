"""Answers are given again only as long, and only to whom, the server said that they may be."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.host import Driver
from mcpgen_runtime.jsonrpc import Request, Response
from mcpgen_runtime.layering import CallNext
from mcpgen_runtime.layers import AllowList, Cache
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import ReadResourceResult, TextResourceContents

from ..core.client import NEUTRAL, Client, core_of
from .workbench import ALL, ANYTHING, BOTH, Json


class Shop:
    """A server behind a cache, which notes what gets through."""

    def __init__(self, *outer: Any, ttl_ms: int = 1000, scope: str = "public", **options: Any) -> None:
        self.heard: list[str] = []
        self.driver = Driver()
        layers = [*outer, Cache(**options), self.note]
        self.server = Server("shop", "1", layers=layers, ttl_ms=ttl_ms, cache_scope=scope)
        self.server.add_tool({"name": "find", "inputSchema": ANYTHING}, lambda arguments, ctx: "done")
        self.server.add_prompt({"name": "greet"}, lambda arguments, ctx: "hello")
        for uri in ("shop://a", "shop://b"):
            self.server.add_resource({"uri": uri, "name": uri}, self.read)
        self.text, self.ttl_ms = "one", ttl_ms
        self.scope: Literal["private", "public"] = "public" if scope == "public" else "private"
        self.core = core_of(self.server, time=self.driver.time)

    async def note(self, request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        self.heard.append(request.method)
        return await call_next(request, ctx)

    async def read(self, uri: str, ctx: RequestContext) -> ReadResourceResult:
        return ReadResourceResult(
            contents=[TextResourceContents(uri=uri, text=self.text)],
            result_type="complete",
            ttl_ms=self.ttl_ms,
            cache_scope=self.scope,
        )

    def client(self, revision: str, principal: str | None = None, **options: Any) -> Client:
        client = Client(self.core, revision, principal=principal, driver=self.driver, **options)
        self.heard.clear()
        return client


CACHED = [
    ("tools/list", {}),
    ("prompts/list", {}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("resources/read", {"uri": "shop://a"}),
]


@ALL
def test_fresh_answers_are_given_again_and_stale_ones_are_not(revision: str) -> None:
    shop = Shop()
    client = shop.client(revision)
    methods = CACHED + ([("server/discover", {})] if revision == NEUTRAL else [])
    for method, params in methods:
        first = client.result(method, params)
        shop.driver.advance(0.375)
        again = client.result(method, params)
        assert (first.pop("ttlMs", 1000), again.pop("ttlMs", 625)) == (1000, 625)
        assert again == first
        shop.driver.advance(0.625)
        client.result(method, params)
        assert shop.heard == [method, method]
        shop.heard.clear()


@BOTH
def test_nothing_else_is_kept(revision: str) -> None:
    shop = Shop()
    client = shop.client(revision)
    for method, params in (
        ("tools/call", {"name": "find"}),
        ("prompts/get", {"name": "greet"}),
        ("resources/read", {"uri": "shop://absent"}),
    ):
        shop.heard.clear()
        assert client.request(method, params) | {"id": 0} == client.request(method, params) | {"id": 0}
        assert shop.heard == [method, method]


@BOTH
def test_without_a_time_to_live_nothing_is_kept(revision: str) -> None:
    shop = Shop(ttl_ms=0)
    client = shop.client(revision)
    for method, params in CACHED:
        client.result(method, params)
        client.result(method, params)
    assert len(shop.heard) == 2 * len(CACHED)


@BOTH
def test_other_params_are_another_answer(revision: str) -> None:
    shop = Shop()
    client = shop.client(revision)
    for uri in ("shop://a", "shop://b", "shop://a"):
        assert client.result("resources/read", {"uri": uri})["contents"][0]["uri"] == uri
    assert len(shop.heard) == 2


@BOTH
def test_public_answers_are_for_everybody_and_private_ones_for_their_principal(revision: str) -> None:
    for scope, expected in (("public", 1), ("private", 2)):
        shop = Shop(scope=scope)
        clients = [shop.client(revision, name) for name in ("ann", "ann", "bob")]
        shop.heard.clear()
        for client in clients:
            client.result("resources/read", {"uri": "shop://a"})
        assert len(shop.heard) == expected


@BOTH
def test_private_answers_to_nobody_in_particular_are_for_their_connection(revision: str) -> None:
    shop = Shop(scope="private")
    here, there = shop.client(revision), shop.client(revision)
    for client, heard in ((here, 1), (here, 1), (there, 2)):
        client.result("resources/read", {"uri": "shop://a"})
        assert len(shop.heard) == heard


@BOTH
def test_clients_of_other_capabilities_or_another_revision_get_their_own(revision: str) -> None:
    shop = Shop()
    clients = [shop.client(revision), shop.client(revision, capabilities={}), shop.client("2025-06-18")]
    shop.heard.clear()
    for client in clients * 2:
        client.result("resources/read", {"uri": "shop://a"})
    assert len(shop.heard) == 3


@BOTH
@pytest.mark.parametrize(
    ("change", "stale"),
    [
        (lambda server: server.remove_tool("find"), {"tools/list"}),
        (lambda server: server.add_prompt({"name": "new"}, lambda a, ctx: ""), {"prompts/list"}),
        (
            lambda server: server.remove_resource("shop://b"),
            {"resources/list", "resources/templates/list", "resources/read"},
        ),
        (lambda server: server.resource_updated("shop://a"), {"resources/read"}),
        (lambda server: server.resource_updated("shop://b"), set()),
    ],
)
def test_what_is_announced_makes_stale_what_it_is_about(change: Any, stale: set[str], revision: str) -> None:
    shop = Shop()
    client = shop.client(revision)
    for method, params in CACHED:
        client.result(method, params)
    shop.heard.clear()
    change(shop.server)
    client.take()
    for method, params in CACHED:
        client.result(method, params)
    assert set(shop.heard) == stale


@BOTH
def test_what_changes_while_it_is_read_is_not_kept(revision: str) -> None:
    shop = Shop()

    async def read(uri: str, ctx: RequestContext) -> ReadResourceResult:
        found = await shop.read(uri, ctx)
        if shop.text == "one":
            shop.text = "two"
            shop.server.resource_updated(uri)
        return found

    shop.server.remove_resource("shop://a")
    shop.server.add_resource({"uri": "shop://a", "name": "a"}, read)
    client = shop.client(revision)
    texts = [client.result("resources/read", {"uri": "shop://a"})["contents"][0]["text"] for _ in range(3)]
    assert (texts, len(shop.heard)) == (["one", "two", "two"], 2)


def test_answers_that_ask_and_answers_to_retries_are_not_kept() -> None:
    shop = Shop()

    async def read(uri: str, ctx: RequestContext) -> ReadResourceResult:
        await ctx.elicit("Sure?", {"type": "object", "properties": {}})
        return await shop.read(uri, ctx)

    shop.server.add_resource({"uri": "shop://asks", "name": "asks"}, read)
    client = shop.client(NEUTRAL)
    for _ in range(2):
        client.converse("resources/read", {"uri": "shop://asks"}, lambda method, params: {"action": "accept"})
    assert len(shop.heard) == 4


@BOTH
def test_pages_are_kept_one_by_one(revision: str) -> None:
    shop = Shop()
    shop.server.page_size = 1
    client = shop.client(revision)
    first = client.result("resources/list")
    cursor = {"cursor": first["nextCursor"]}
    for _ in range(2):
        assert client.result("resources/list")["resources"][0]["uri"] == "shop://a"
        assert client.result("resources/list", cursor)["resources"][0]["uri"] == "shop://b"
    assert len(shop.heard) == 2


@BOTH
def test_the_oldest_answer_goes_where_there_are_too_many(revision: str) -> None:
    shop = Shop(max_entries=2)
    client = shop.client(revision)
    for uri in ("shop://a", "shop://b", "shop://a"):
        client.result("resources/read", {"uri": uri})
    client.result("tools/list")
    client.result("resources/read", {"uri": "shop://b"})
    client.result("resources/read", {"uri": "shop://a"})
    assert len(shop.heard) == 4


@BOTH
def test_what_each_principal_may_see_is_kept_apart_behind_an_allow_list(revision: str) -> None:
    shop = Shop()
    inner = AllowList(tools=lambda name, ctx: ctx.principal == "ann")
    shop.server.add_layer(inner)  # inside the cache
    for name, seen in (("ann", 1), ("bob", 0), ("ann", 1)):
        assert len(shop.client(revision, name).result("tools/list")["tools"]) == seen


@BOTH
def test_who_changes_an_answer_does_not_change_what_is_kept(revision: str) -> None:
    async def outer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        response = await call_next(request, ctx)
        if request.method == "tools/list":
            response.result["tools"] = []  # type: ignore[union-attr]
        return response

    shop = Shop(outer)
    client = shop.client(revision)
    kept: list[Json] = [client.result("tools/list") for _ in range(2)]
    assert [each["tools"] for each in kept] == [[], []]
    (store,) = next(iter(c for c in shop.server.layers if isinstance(c, Cache)))._stores.values()
    (found,) = store._kept.values()
    assert [tool["name"] for tool in found.result["tools"]] == ["find"]


@BOTH
def test_what_clients_write_is_not_kept_itself(revision: str) -> None:
    shop = Shop()
    client = shop.client(revision)
    for number in range(3):
        client.result("tools/list", {"uri": f"{number}{'x' * 10_000}"})
        client.result("tools/list", {"junk": f"{number}{'x' * 10_000}"})
    (cache,) = (layer for layer in shop.server.layers if isinstance(layer, Cache))
    (store,) = cache._stores.values()
    assert len(store._kept) == 6
    assert all(len(repr((key, kept.uri))) < 500 for key, kept in store._kept.items())


def test_over_http_requests_of_the_modern_era_belong_to_no_session() -> None:
    shop = Shop(scope="private")
    numbers: list[int | None] = []

    async def outer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        numbers.append(ctx.session_number)
        return await call_next(request, ctx)

    shop.server.add_layer(outer)
    for transport in ("http", "memory"):
        client = shop.client(NEUTRAL)
        client.connection._in_flight.transport = transport
        for _ in range(2):  # private, and for nobody that could be told from others: over HTTP not kept
            client.result("resources/read", {"uri": "shop://a"})
        assert len(shop.heard) == (2 if transport == "http" else 1)
    assert numbers[:2] == [None, None]
    assert isinstance(numbers[2], int)
