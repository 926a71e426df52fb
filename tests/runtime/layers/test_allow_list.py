"""What is not allowed is hidden from lists, and refused as if it were not there."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.jsonrpc import Request, Response
from mcpgen_runtime.layering import CallNext, Layer
from mcpgen_runtime.layers import AllowList, Cache
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import ReadResourceResult, TextResourceContents

from ..core.client import NEUTRAL, Client, core_of
from .workbench import ALL, ANYTHING, BOTH, Json


def shop(*layers: Layer) -> Server:
    """A server with two of each."""
    server = Server("shop", "1", layers=layers, cache_scope="public", ttl_ms=1000)
    for name in ("find", "delete"):
        server.add_tool({"name": name, "inputSchema": ANYTHING}, lambda arguments, ctx: "done")
        server.add_prompt(
            {"name": name, "arguments": [{"name": "what"}]},
            lambda arguments, ctx: "done",
            complete={"what": lambda typed, settled, ctx: ["this"]},
        )
        server.add_resource({"uri": f"{name}://all", "name": name}, lambda uri, ctx: "all")
        server.add_resource_template(
            {"uriTemplate": f"{name}://by/{{id}}", "name": name},
            lambda uri, variables, ctx: "one",
            complete={"id": lambda typed, settled, ctx: ["7"]},
        )
    return server


ONLY_FIND = AllowList(tools=["find"], prompts={"find"}, resources=["find://*"])
LISTS = [
    ("tools/list", "tools", "name", "find"),
    ("prompts/list", "prompts", "name", "find"),
    ("resources/list", "resources", "uri", "find://all"),
    ("resources/templates/list", "resourceTemplates", "uriTemplate", "find://by/{id}"),
]


@pytest.mark.parametrize("allowed", [["find://*"], lambda uri, ctx: uri.startswith("find:")])
def test_nothing_is_told_of_a_resource_that_is_hidden(allowed: Any) -> None:
    server = shop(AllowList(resources=allowed))
    client = Client(server)
    wanted = {"resourceSubscriptions": ["find://all", "delete://all"], "toolsListChanged": True}
    assert client.listen(wanted) == {"resourceSubscriptions": ["find://all"], "toolsListChanged": True}
    server.resource_updated("delete://all")
    server.resource_updated("find://all")
    assert [frame["params"]["uri"] for frame in client.take()] == ["find://all"]
    # Where all is hidden nothing is left to tell; where nothing is said of resources, none is hidden.
    assert client.listen({"resourceSubscriptions": ["delete://all"]}, id="none") == {}
    whole = Client(shop(AllowList(tools=["find"])))
    assert whole.listen({"resourceSubscriptions": ["delete://all"]}) == {
        "resourceSubscriptions": ["delete://all"]
    }


def uses(name: str, revision: str) -> list[tuple[str, Json]]:
    """Every way to use what has this name."""
    prompt, template = (
        {"type": "ref/prompt", "name": name},
        {"type": "ref/resource", "uri": f"{name}://by/{{id}}"},
    )
    found: list[tuple[str, Json]] = [
        ("tools/call", {"name": name}),
        ("prompts/get", {"name": name}),
        ("resources/read", {"uri": f"{name}://all"}),
        ("resources/read", {"uri": f"{name}://by/1"}),
        ("completion/complete", {"ref": prompt, "argument": {"name": "what", "value": ""}}),
        ("completion/complete", {"ref": template, "argument": {"name": "id", "value": ""}}),
    ]
    if revision != NEUTRAL:
        found.append(("resources/subscribe", {"uri": f"{name}://all"}))
    return found


@ALL
def test_lists_show_only_what_is_allowed(revision: str) -> None:
    client = Client(shop(ONLY_FIND), revision)
    for method, key, name, allowed in LISTS:
        result = client.result(method)
        assert [entry[name] for entry in result[key]] == [allowed]
        assert result.get("cacheScope", "public") == "public"


@ALL
def test_what_is_hidden_is_refused_in_the_words_for_what_does_not_exist(revision: str) -> None:
    hiding, without = Client(shop(ONLY_FIND), revision), Client(shop(), revision)
    every = [uses(name, revision) for name in ("find", "delete", "absent")]
    for allowed, hidden, absent in zip(*every, strict=True):
        assert "result" in hiding.request(*allowed)
        assert "result" in without.request(*hidden)
        unknown = without.error(*absent)
        assert str(hiding.error(*hidden)) == str(unknown).replace("absent", "delete")


@BOTH
def test_kinds_that_are_left_out_are_let_alone(revision: str) -> None:
    client = Client(shop(AllowList(tools=[])), revision)
    assert client.result("tools/list")["tools"] == []
    assert len(client.result("prompts/list")["prompts"]) == 2
    assert "result" in client.request("resources/read", {"uri": "delete://all"})


@BOTH
def test_a_function_decides_for_each_request_and_its_lists_are_private(revision: str) -> None:
    def by_role(name: str, ctx: Any) -> bool:
        return ctx.principal == "admin" or name == "find"

    server = shop(AllowList(tools=by_role))
    seen = {}
    for principal in ("admin", "guest"):
        client = Client(server, revision, principal=principal)
        result = client.result("tools/list")
        seen[principal] = [tool["name"] for tool in result["tools"]]
        assert result.get("cacheScope", "private") == "private"
        assert ("result" in client.request("tools/call", {"name": "delete"})) == (principal == "admin")
    assert seen == {"admin": ["find", "delete"], "guest": ["find"]}


@ALL
def test_what_a_function_lets_one_client_read_a_cache_around_it_gives_to_no_other(revision: str) -> None:
    def only_alice(name: str, ctx: RequestContext) -> bool:
        return ctx.principal == "alice"

    async def read(uri: str, ctx: RequestContext) -> ReadResourceResult:
        return ReadResourceResult(
            contents=[TextResourceContents(uri=uri, text="secret")],
            result_type="complete",
            ttl_ms=60_000,
            cache_scope="public",
        )

    server = Server("shop", "1", layers=[Cache(), AllowList(resources=only_alice)])
    server.add_resource({"uri": "x:secret", "name": "secret"}, read)
    core = core_of(server)

    def seen_by(principal: str | None) -> Json:
        return Client(core, revision, principal=principal).request("resources/read", {"uri": "x:secret"})

    hidden = seen_by("bob")["error"]
    result = seen_by("alice")["result"]
    assert result["contents"][0]["text"] == "secret"
    assert result.get("cacheScope", "private") == "private"
    assert seen_by("alice")["result"]["contents"] == result["contents"]
    assert [seen_by(other)["error"] for other in ("bob", None)] == [hidden, hidden]


@ALL
@pytest.mark.parametrize("resources", [["x:*"], None])
def test_what_names_decide_is_as_public_as_the_server_says(resources: Any, revision: str) -> None:
    scopes: list[Any] = []

    async def outer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        response = await call_next(request, ctx)
        scopes.append(ctx.caching and ctx.caching[1])
        return response

    async def read(uri: str, ctx: RequestContext) -> ReadResourceResult:
        return ReadResourceResult(contents=[], result_type="complete", ttl_ms=1, cache_scope="public")

    allowed = AllowList(resources=resources, tools=lambda name, ctx: True)
    server = Server("shop", "1", layers=[outer, allowed])
    server.add_resource({"uri": "x:open", "name": "open"}, read)
    client = Client(server, revision)
    assert client.result("resources/read", {"uri": "x:open"}).get("cacheScope", "public") == "public"
    assert scopes[-1] == "public"


@BOTH
def test_brackets_of_a_uri_are_no_pattern(revision: str) -> None:
    server = Server("shop", "1", layers=[AllowList(resources=["x:a[1]*"])])
    for uri in ("x:a[1]", "x:a[1]b", "x:a1"):
        server.add_resource({"uri": uri, "name": uri}, lambda uri, ctx: "all")
    listed = Client(server, revision).result("resources/list")["resources"]
    assert [entry["uri"] for entry in listed] == ["x:a[1]", "x:a[1]b"]


@BOTH
@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/call", {"name": 7}),
        ("tools/call", {}),
        ("resources/read", {"uri": ["find://all"]}),
        ("completion/complete", {"ref": "find", "argument": {"name": "a", "value": ""}}),
        ("completion/complete", {"ref": {"type": "ref/other"}, "argument": {"name": "a", "value": ""}}),
    ],
)
def test_nonsense_is_left_to_the_core(method: str, params: Json, revision: str) -> None:
    hiding, without = Client(shop(ONLY_FIND), revision), Client(shop(), revision)
    assert hiding.error(method, params) == without.error(method, params)


def test_one_string_is_no_collection_of_names() -> None:
    with pytest.raises(TypeError, match="not one string"):
        AllowList(tools="find")
