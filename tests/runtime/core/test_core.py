"""Every request gets an answer, whatever its handler does; what went wrong inside stays inside."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Generator
from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.errors import ToolError
from mcpgen_runtime.host import Driver
from mcpgen_runtime.jsonrpc import Notification
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import CallToolResult, decode_CallToolResult, decode_Tool

from .client import META, NEUTRAL, REVISIONS, Client

OBJECT: dict[str, Any] = {"type": "object"}


def server_with(**tools: Any) -> Server:
    """A server with these tools, their handlers by their names."""
    server = Server("s", "1")
    for name, handler in tools.items():
        server.add_tool({"name": name, "inputSchema": OBJECT}, handler)
    return server


class SecretError(Exception):
    """What no client may read."""


def fail(arguments: dict[str, Any], ctx: RequestContext) -> str:
    raise SecretError("the password")


async def fail_later(arguments: dict[str, Any], ctx: RequestContext) -> str:
    await ctx.progress(1)
    raise SecretError("the password")


def decode(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """Fails as an author may who decodes what another server sent."""
    decode_Tool({"name": ["the password"]})
    return ""


def leave(arguments: dict[str, Any], ctx: RequestContext) -> str:
    sys.exit("the password")


def interrupted(arguments: dict[str, Any], ctx: RequestContext) -> str:
    raise asyncio.CancelledError("the password")


def wrong_type(arguments: dict[str, Any], ctx: RequestContext) -> object:
    return object()


def no_json(arguments: dict[str, Any], ctx: RequestContext) -> CallToolResult:
    return CallToolResult(content=[], result_type="complete", structured_content={"a": {1, 2}})


HANDLERS = [fail, fail_later, decode, leave, interrupted, wrong_type, no_json]


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: handler.__name__)
def test_a_handler_that_fails_tells_the_log_and_not_the_client(
    handler: Any, revision: str, caplog: pytest.LogCaptureFixture
) -> None:
    if handler is no_json and revision < "2025-06-18":
        return  # there it is turned into text, and fails like the others
    client = Client(server_with(tool=handler), revision)
    with caplog.at_level(logging.ERROR, "mcpgen_runtime"):
        error = client.error("tools/call", {"name": "tool"})
    correlation_id = error["data"]["correlationId"]
    assert error == {
        "code": -32603,
        "message": "Internal error",
        "data": {"correlationId": correlation_id},
    }
    (record,) = caplog.records
    assert correlation_id in record.getMessage()
    assert record.exc_info or "no JSON" in record.getMessage() or handler is no_json
    # The connection lives.
    assert client.error("tools/call", {"name": "tool"})["code"] == -32603


def test_the_log_names_the_tool_and_has_the_traceback(caplog: pytest.LogCaptureFixture) -> None:
    Client(server_with(tool=fail)).error("tools/call", {"name": "tool"})
    assert "tools/call 'tool' failed [correlation-1]: SecretError: the password" in caplog.text
    assert "SecretError" in caplog.text


def test_no_client_writes_lines_of_its_own_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    server = Server("s", "1")
    server.add_resource_template({"uriTemplate": "x://{+a}", "name": "t"}, fail_anything)
    Client(server).error("resources/read", {"uri": "x://a?ERROR=all_is_lost&" + "x" * 500, "name": "\nERROR"})
    (record,) = caplog.records
    said = record.getMessage()
    assert "\n" not in said
    assert len(said) < 400


def fail_anything(*given: Any) -> str:
    """A reader that fails."""
    raise SecretError("the password")


class Later:
    """Neither a coroutine nor a future."""

    def __await__(self) -> Generator[Any, Any, str]:
        yield from ()
        return "later"


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_handler_may_return_anything_that_can_be_awaited(revision: str) -> None:
    server = server_with(t=lambda arguments, ctx: Later())
    server.add_resource({"uri": "x://a", "name": "a"}, lambda uri, ctx: Later())
    client = Client(server, revision)
    assert client.call("t")["content"][0]["text"] == "later"
    assert client.result("resources/read", {"uri": "x://a"})["contents"][0]["text"] == "later"


def test_a_tool_error_outside_of_a_tool_is_an_error() -> None:
    server = Server("s", "1")
    server.add_resource({"uri": "x://a", "name": "a"}, tool_error)
    assert Client(server).error("resources/read", {"uri": "x://a"}) == {"code": -32600, "message": "no luck"}


def tool_error(*given: Any) -> str:
    """Fails as a tool does."""
    raise ToolError("no luck")


def test_resources_prompts_and_completers_fail_alike(caplog: pytest.LogCaptureFixture) -> None:
    server = Server("s", "1")

    def fails(*given: Any) -> str:
        raise SecretError("the password")

    server.add_resource({"uri": "x://a", "name": "a"}, fails)
    server.add_prompt({"name": "p", "arguments": [{"name": "a"}]}, fails, complete={"a": fails})
    client = Client(server)
    reference = {"type": "ref/prompt", "name": "p"}
    requests: dict[str, dict[str, Any]] = {
        "resources/read": {"uri": "x://a"},
        "prompts/get": {"name": "p"},
        "completion/complete": {"ref": reference, "argument": {"name": "a", "value": ""}},
    }
    for number, (method, params) in enumerate(requests.items(), start=1):
        assert client.error(method, params)["data"] == {"correlationId": f"correlation-{number}"}
    assert "resources/read 'x://a' failed" in caplog.text
    assert "prompts/get 'p' failed" in caplog.text


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("method", ["tools/list", "tools/call", "resources/read", "prompts/get"])
@pytest.mark.parametrize("meta", [None, 5, "text", [], [["a", 1]], True])
def test_meta_that_is_no_object_is_refused_with_its_place(revision: str, method: str, meta: object) -> None:
    client = Client(server_with(), revision)
    message = client.message(method)
    params = {"name": "t", "uri": "x://a", "_meta": meta}
    (answer,) = client.send({**message, "params": params})
    assert (answer["error"]["code"], answer["error"]["data"]["pointer"]) == (-32602, "/params/_meta")


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("token", [1.5, None, {}, True])
def test_a_progress_token_that_is_none_is_refused_with_its_place(revision: str, token: object) -> None:
    client = Client(server_with(), revision)
    error = client.error("tools/list", {"_meta": {"progressToken": token}})
    assert (error["code"], error["data"]["pointer"]) == (-32602, "/params/_meta/progressToken")


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(
    ("method", "params", "pointer"),
    [
        ("tools/call", {}, "/params"),
        ("tools/call", {"name": 5}, "/params/name"),
        ("tools/call", {"name": "t", "arguments": []}, "/params/arguments"),
        ("tools/call", {"name": "t", "arguments": None}, "/params/arguments"),
        ("tools/list", {"cursor": 5}, "/params/cursor"),
        ("resources/list", {"cursor": 5}, "/params/cursor"),
        ("resources/read", {}, "/params"),
        ("prompts/get", {"name": "p", "arguments": {"a": 5}}, "/params/arguments/a"),
        ("completion/complete", {}, "/params"),
    ],
)
def test_params_that_are_wrong_are_refused_with_the_place(
    revision: str, method: str, params: dict[str, Any], pointer: str
) -> None:
    error = Client(server_with(), revision).error(method, params)
    assert error["code"] == -32602
    assert error["data"]["pointer"] == pointer
    assert error["message"].startswith(f"Invalid params: {pointer}")
    assert error["data"]["faults"][0]["pointer"] == pointer


def test_every_modern_result_says_who_gives_it() -> None:
    def own_meta(arguments: dict[str, Any], ctx: RequestContext) -> CallToolResult:
        behind = {META + "serverInfo": {"name": "behind", "version": "2"}, "vendor": 1}
        return decode_CallToolResult({"content": [], "resultType": "complete", "_meta": behind})

    def vendors_meta(arguments: dict[str, Any], ctx: RequestContext) -> CallToolResult:
        return decode_CallToolResult({"content": [], "resultType": "complete", "_meta": {"vendor": 1}})

    client = Client(server_with(plain=lambda arguments, ctx: "", own=own_meta, vendors=vendors_meta))
    info = {META + "serverInfo": {"name": "s", "version": "1"}}
    assert client.call("plain")["_meta"] == info
    assert client.result("tools/list")["_meta"] == info
    # A handler that passes on what another server said may say so.
    assert client.call("own")["_meta"][META + "serverInfo"]["name"] == "behind"
    assert client.call("own")["_meta"]["vendor"] == 1
    assert client.call("vendors")["_meta"] == {**info, "vendor": 1}
    assert client.call("plain")["_meta"] == info


def test_nothing_of_the_modern_envelope_reaches_older_clients() -> None:
    for revision in REVISIONS[1:]:
        text = json.dumps(Client(server_with(t=lambda arguments, ctx: ""), revision).call("t"))
        assert "resultType" not in text
        assert "_meta" not in text


def test_other_notifications_are_ignored_in_both_eras() -> None:
    for revision in (NEUTRAL, "2025-11-25"):
        client = Client(server_with(), revision)
        assert client.notify("notifications/roots/list_changed") == []
        assert client.notify("no/such/notification", {"a": 1}) == []
        ctx: Any = None
        Driver().complete(ServerCore(Server("s", "1")).handle_notification(Notification("n"), ctx))
