"""How a client and a server come to terms: revisions, capabilities, and what each revision has left of it."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import Icon

from .client import LEGACY, META, NEUTRAL, REVISIONS, Client

OBJECT: dict[str, Any] = {"type": "object"}


def full_server() -> Server:
    """A server that says all it can of itself, and has one feature of each kind."""
    server = Server(
        "full",
        "1.2",
        title="Full",
        description="All of it",
        website_url="https://example.com/",
        icons=[Icon(src="https://example.com/icon.png")],
        instructions="Use it.",
        ttl_ms=60_000,
        cache_scope="public",
    )
    server.add_tool({"name": "t", "inputSchema": OBJECT}, lambda arguments, ctx: "")
    server.add_resource({"uri": "x://a", "name": "a"}, lambda uri, ctx: "")
    server.add_prompt(
        {"name": "p", "arguments": [{"name": "a"}]},
        lambda arguments, ctx: "",
        complete={"a": lambda value, settled, ctx: []},
    )
    return server


# initialize.


@pytest.mark.parametrize("revision", LEGACY)
def test_a_known_revision_is_agreed_on(revision: str) -> None:
    assert Client(full_server(), revision).opening["protocolVersion"] == revision


@pytest.mark.parametrize("asked", ["2030-01-01", "1.0", "", NEUTRAL])
def test_another_is_answered_with_the_newest_that_has_sessions(asked: str) -> None:
    client = Client(full_server(), LEGACY[0], opened=False)
    opened = client.result("initialize", client.initialize_params(protocolVersion=asked))
    assert opened["protocolVersion"] == LEGACY[0] == "2025-11-25"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"protocolVersion": 5}, "/params/protocolVersion"),
        ({"capabilities": None}, "/params/capabilities"),
        ({"capabilities": {"roots": {"listChanged": "yes"}}}, "/params/capabilities/roots/listChanged"),
        ({"clientInfo": {"name": "client"}}, "/params/clientInfo"),
    ],
)
def test_params_that_are_wrong_open_nothing(changes: dict[str, Any], pointer: str) -> None:
    client = Client(full_server(), LEGACY[0], opened=False)
    error = client.error("initialize", client.initialize_params(**changes))
    assert (error["code"], error["data"]["pointer"]) == (-32602, pointer)
    assert client.result("initialize", client.initialize_params())


@pytest.mark.parametrize(
    ("revision", "keys"),
    [
        ("2024-11-05", {"name", "version"}),
        ("2025-03-26", {"name", "version"}),
        ("2025-06-18", {"name", "version", "title"}),
        ("2025-11-25", {"name", "version", "title", "description", "websiteUrl", "icons"}),
    ],
)
def test_a_server_says_of_itself_what_the_revision_knows(revision: str, keys: set[str]) -> None:
    opening = Client(full_server(), revision).opening
    assert set(opening["serverInfo"]) == keys
    assert opening["instructions"] == "Use it."


@pytest.mark.parametrize("revision", LEGACY)
def test_capabilities_are_what_the_server_has(revision: str) -> None:
    completions: dict[str, Any] = {} if revision == "2024-11-05" else {"completions": {}}
    assert Client(full_server(), revision).opening["capabilities"] == {
        "logging": {},
        "tools": {"listChanged": True},
        "resources": {"listChanged": True, "subscribe": True},
        "prompts": {"listChanged": True},
        **completions,
    }
    opening = Client(Server("empty", "1"), revision).opening
    assert opening["capabilities"] == {"logging": {}}
    assert "instructions" not in opening


def test_a_server_may_announce_what_it_will_have() -> None:
    server = Server("s", "1", offers=["tools", "resources", "prompts"])
    assert set(Client(server, LEGACY[0]).opening["capabilities"]) == {
        "logging",
        "tools",
        "resources",
        "prompts",
    }


def test_a_template_is_a_resource_and_may_be_what_completes() -> None:
    server = Server("s", "1")
    server.add_resource_template(
        {"uriTemplate": "x://{a}", "name": "t"},
        lambda uri, variables, ctx: "",
        complete={"a": lambda value, settled, ctx: []},
    )
    assert set(Client(server, LEGACY[0]).opening["capabilities"]) == {"logging", "resources", "completions"}


# server/discover.


def test_discover_tells_everything_and_how_long_it_holds() -> None:
    found = Client(full_server()).result("server/discover")
    assert found.pop("_meta") == {
        META + "serverInfo": {
            "name": "full",
            "version": "1.2",
            "title": "Full",
            "description": "All of it",
            "websiteUrl": "https://example.com/",
            "icons": [{"src": "https://example.com/icon.png"}],
        }
    }
    assert found == {
        "supportedVersions": list(REVISIONS),
        "capabilities": {
            "logging": {},
            "completions": {},
            "tools": {"listChanged": True},
            "resources": {"listChanged": True, "subscribe": True},
            "prompts": {"listChanged": True},
        },
        "instructions": "Use it.",
        "resultType": "complete",
        "ttlMs": 60_000,
        "cacheScope": "public",
    }


def test_discover_leaves_out_what_there_is_not() -> None:
    found = Client(Server("empty", "1")).result("server/discover")
    assert found["capabilities"] == {"logging": {}}
    assert "instructions" not in found


def test_discover_may_be_asked_again_and_sees_what_has_changed() -> None:
    server = Server("s", "1")
    client = Client(server)
    assert "tools" not in client.result("server/discover")["capabilities"]
    server.add_tool({"name": "t", "inputSchema": OBJECT}, lambda arguments, ctx: "")
    assert "tools" in client.result("server/discover")["capabilities"]


# What a revision has and another has not.


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_method_exists_in_its_revisions_only(revision: str) -> None:
    client = Client(full_server(), revision)
    legacy_only: dict[str, dict[str, Any]] = {
        "ping": {},
        "logging/setLevel": {"level": "error"},
        "resources/subscribe": {"uri": "x://a"},
        "resources/unsubscribe": {"uri": "x://a"},
    }
    for method, params in legacy_only.items():
        if revision == NEUTRAL:
            assert client.error(method, params) == {"code": -32601, "message": f"Method not found: {method}"}
        else:
            assert client.result(method, params) == {}
    strangers = ["tools/run", "", "notifications/initialized", "sampling/createMessage", "tasks/get"]
    if revision != NEUTRAL:
        strangers += ["server/discover", "subscriptions/listen"]
    for method in strangers:
        assert client.error(method)["code"] == -32601


def test_initialize_with_modern_meta_does_not_exist() -> None:
    client = Client(full_server())
    assert client.error("initialize", client.initialize_params())["code"] == -32601


@pytest.mark.parametrize("revision", LEGACY)
@pytest.mark.parametrize(
    ("method", "params", "pointer"),
    [
        ("logging/setLevel", {"level": "loud"}, "/params/level"),
        ("logging/setLevel", {}, "/params"),
        ("resources/subscribe", {}, "/params"),
        ("resources/unsubscribe", {"uri": 5}, "/params/uri"),
    ],
)
def test_what_a_session_is_to_remember_is_checked(
    revision: str, method: str, params: dict[str, Any], pointer: str
) -> None:
    error = Client(full_server(), revision).error(method, params)
    assert (error["code"], error["data"]["pointer"]) == (-32602, pointer)


# What a handler learns of its client.


def seen_by_a_handler(client: Client, server: Server) -> RequestContext:
    """The context of a call."""
    seen: list[RequestContext] = []

    def look(arguments: dict[str, Any], ctx: RequestContext) -> str:
        seen.append(ctx)
        return ""

    server.add_tool({"name": "look", "inputSchema": OBJECT}, look)
    client.call("look")
    return seen[0]


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_handler_sees_its_client_the_same_way_in_every_revision(revision: str) -> None:
    server = full_server()
    info = {"name": "client", "version": "1"}
    meta = {META + "clientInfo": info} if revision == NEUTRAL else {}
    client = Client(server, revision, capabilities={"roots": {}}, meta=meta, principal="ann")
    ctx = seen_by_a_handler(client, server)
    assert ctx.client_info is not None
    assert (ctx.client_info.name, ctx.client_info.version) == ("client", "1")
    assert ctx.client_capabilities.roots is not None
    assert ctx.client_capabilities.sampling is None
    assert (ctx.revision, ctx.transport, ctx.principal) == (revision, "memory", "ann")
    assert (ctx.method, ctx.headers, ctx.cancelled) == ("tools/call", None, False)


def test_a_modern_client_need_not_say_who_it_is() -> None:
    server = full_server()
    assert seen_by_a_handler(Client(server), server).client_info is None


@pytest.mark.parametrize("revision", LEGACY)
def test_what_a_client_declared_beyond_its_revision_does_no_harm(revision: str) -> None:
    # Each of these keys has another type in some newer revision, or is there in newer revisions only.
    server = full_server()
    capabilities: dict[str, Any] = {"sampling": {}, "vendor": {"a": [1]}}
    if revision < "2025-11-25":
        capabilities = {"sampling": {"tools": True, "context": 5}, "elicitation": {"form": "yes", "url": 1}}
    if revision < "2025-06-18":
        capabilities["elicitation"] = True
    client = Client(server, revision, opened=False)
    info = {"name": "client", "version": "1"}
    if revision < "2025-11-25":
        info |= {"icons": "none", "websiteUrl": 5, "description": {}}  # type: ignore[dict-item]
    client.result("initialize", client.initialize_params(capabilities=capabilities, clientInfo=info))
    ctx = seen_by_a_handler(client, server)
    assert ctx.client_capabilities.sampling is not None
    assert ctx.client_info is not None
