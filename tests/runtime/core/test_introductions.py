"""What a client says of itself with every request: read anew only where it says something new."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mcpgen_runtime import modern
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.jsonrpc import Request, Response
from mcpgen_runtime.layering import CallNext
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import Implementation, encode_RequestMetaObject

from .client import META, NEUTRAL, REVISIONS, Client

ALL = pytest.mark.parametrize("revision", REVISIONS)
INFO, CAPABILITIES = f"{META}clientInfo", f"{META}clientCapabilities"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    modern._INTRODUCTIONS.clear()
    yield
    modern._INTRODUCTIONS.clear()


def telling() -> Server:
    """A tool that tells what `ctx.meta` is."""
    server = Server("s", "1")

    async def tell(arguments: dict[str, Any], ctx: RequestContext) -> str:
        assert ctx.meta is not None
        return json.dumps(encode_RequestMetaObject(ctx.meta))

    server.add_tool({"name": "tell", "inputSchema": {"type": "object"}}, tell)
    return server


def heard(client: Client, **meta: Any) -> Any:
    """What the handler was told, or the error."""
    message = client.message("tools/call", {"name": "tell", "arguments": {}, "_meta": meta})
    [answer] = client.send(message)
    return answer["error"] if "error" in answer else json.loads(answer["result"]["content"][0]["text"])


@pytest.mark.parametrize("meta", [{}, {INFO: {"name": "a", "version": "1", "title": "A"}}, {"mine": ["b"]}])
def test_what_was_said_before_is_told_as_it_was_the_first_time(meta: dict[str, Any]) -> None:
    client = Client(telling())
    first = heard(client, **meta)
    assert len(modern._INTRODUCTIONS) == 1
    assert heard(client, **meta) == first
    assert {**first, **meta} == first
    assert len(modern._INTRODUCTIONS) == 1


@ALL
def test_a_handler_that_changes_what_it_was_told_changes_it_for_itself(revision: str) -> None:
    server = Server("s", "1")
    seen = []

    async def tool(arguments: dict[str, Any], ctx: RequestContext) -> str:
        assert ctx.meta is not None
        seen.append(ctx.meta.client_info)
        ctx.meta.client_info = Implementation(name="forged", version="0")
        ctx.meta.extra["mine"] = True
        return str(ctx.meta is ctx.meta)

    server.add_tool({"name": "tell", "inputSchema": {"type": "object"}}, tool)
    said = {INFO: {"name": "client", "version": "1"}} if revision == NEUTRAL else {}
    client = Client(server, revision, meta=said)
    for _ in range(3):
        assert client.call("tell")["content"][0]["text"] == "True"
    assert [info and info.name for info in seen] == ["client"] * 3


def test_what_equals_in_python_and_not_in_json_is_told_apart() -> None:
    client = Client(telling())
    for value in (1, True, 1.0, False, 0, None, "1"):
        said = {"experimental": {"mine": {"value": value}}}
        told = heard(client, **{CAPABILITIES: said})
        assert json.dumps(told[CAPABILITIES]) == json.dumps(said)
    assert [
        value["mine"] for each in modern._INTRODUCTIONS for value in [each[CAPABILITIES]["experimental"]]
    ] == [{"value": "1"}]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    ("meta", "pointer"),
    [
        ({INFO: {"name": "client"}}, "/params/_meta/io.modelcontextprotocol~1clientInfo"),
        ({CAPABILITIES: {"roots": "yes"}}, "/params/_meta/io.modelcontextprotocol~1clientCapabilities/roots"),
        ({"progressToken": True}, "/params/_meta/progressToken"),
    ],
)
def test_faults_are_found_whatever_was_said_before(meta: dict[str, Any], pointer: str, before: bool) -> None:
    client = Client(telling())
    if before:
        heard(client)
        heard(client, progressToken=1)
    for _ in range(2):
        error = heard(client, **meta)
        assert error["code"] == -32602
        assert pointer in json.dumps(error)


def test_what_a_layer_puts_into_a_request_is_no_introduction() -> None:
    server = telling()
    client = Client(server)
    heard(client, **{INFO: {"name": "client", "version": "1"}})

    @server.add_layer
    async def rude(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        request.params["_meta"][INFO] = {"name": "client"}
        return await call_next(request, ctx)

    for _ in range(2):
        assert heard(client, **{INFO: {"name": "client", "version": "1"}})["code"] == -32602


def test_what_a_layer_changes_meanwhile_is_what_the_handler_is_told() -> None:
    server = telling()
    client = Client(server)

    @server.add_layer
    async def renaming(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        assert ctx.client_info is not None and ctx.client_info.name == "client"
        request.params["_meta"][INFO]["name"] = "renamed"
        return await call_next(request, ctx)

    for _ in range(2):
        assert heard(client, **{INFO: {"name": "client", "version": "1"}})[INFO]["name"] == "renamed"


def test_what_a_layer_breaks_afterwards_was_never_said() -> None:
    server = telling()

    @server.add_layer
    async def breaking(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        response = await call_next(request, ctx)
        del request.params["_meta"][INFO]["version"]
        return response

    assert heard(Client(server), **{INFO: {"name": "client", "version": "1"}})[INFO]["name"] == "client"
    # A handler that asks who the client is would find it out.
    other = Server("other", "1")
    other.add_tool({"name": "quiet", "inputSchema": {"type": "object"}}, lambda arguments, ctx: "done")
    client = Client(other)
    broken = {"name": "quiet", "arguments": {}, "_meta": {INFO: {"name": "client"}}}
    [answer] = client.send(client.message("tools/call", broken))
    assert answer["error"]["code"] == -32602


def test_few_and_short_ones_are_kept() -> None:
    client = Client(telling())
    for number in range(3 * (modern._INTRODUCTIONS.maxlen or 0)):
        heard(client, **{INFO: {"name": f"client {number}", "version": "1"}})
    assert len(modern._INTRODUCTIONS) == modern._INTRODUCTIONS.maxlen
    modern._INTRODUCTIONS.clear()
    heard(client, **{INFO: {"name": "c" * 2_000, "version": "1"}})
    heard(client, **{INFO: {"name": "client", "version": "1"}, "traceparent": "00"})
    assert not modern._INTRODUCTIONS
