"""2026-07-28 over HTTP: every POST by itself, JSON or events, headers that mirror the body, statuses."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from tests.runtime.http.asgi import META, Client, request
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import McpError
from mcpgen_runtime.jsonrpc import Request, Response
from mcpgen_runtime.layering import CallNext

pytestmark = pytest.mark.anyio


def encoded(text: str) -> str:
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


async def test_call_that_says_nothing_before_its_answer_gets_json(client: Client) -> None:
    reply = await client.call("echo", {"text": "hi"}).reply()
    assert reply.status == 200
    assert reply.json["result"]["content"] == [{"type": "text", "text": "hi"}]
    assert "mcp-session-id" not in reply.headers


async def test_call_that_waits_in_silence_gets_json(client: Client, bench: Workbench) -> None:
    exchange = client.call("wait")
    await bench.began.wait()
    assert not exchange.status
    bench.go.set()
    assert (await exchange.reply()).json["result"]["content"][0]["text"] == "waited"


async def test_call_that_reports_gets_events(client: Client) -> None:
    reply = await client.call("report", meta={"progressToken": "t"}).reply()
    assert reply.status == 200
    first, second, answer = reply.messages
    assert first["params"] == {"progressToken": "t", "progress": 1, "total": 2}
    assert second["params"]["progress"] == 2
    assert answer["id"] == 1
    assert answer["result"]["content"][0]["text"] == "reported"


async def test_reports_arrive_as_they_are_made(client: Client, bench: Workbench) -> None:
    exchange = client.call("report_and_wait", meta={"progressToken": 7})
    assert (await exchange.event()).json["params"]["progress"] == 1
    assert not exchange.done
    bench.go.set()
    assert (await exchange.event()).json["params"]["progress"] == 2
    assert "result" in (await exchange.event()).json
    await exchange.reply()


async def test_event_streams_have_no_ids_and_are_not_held_back(client: Client) -> None:
    reply = await client.call("report", meta={"progressToken": "t"}).reply()
    assert reply.headers["content-type"] == "text/event-stream"
    assert reply.headers["x-accel-buffering"] == "no"
    assert reply.headers["cache-control"].startswith("no-cache")
    assert [event.id for event in reply.events] == [None, None, None]
    assert b"retry:" not in reply.body


async def test_disconnect_cancels_a_call_that_was_silent(client: Client, bench: Workbench) -> None:
    exchange = client.call("wait")
    await bench.began.wait()
    exchange.disconnect()
    await asyncio.wait_for(exchange.task, 5)
    assert bench.ended == ["cancelled"]


async def test_disconnect_cancels_a_call_that_has_reported(client: Client, bench: Workbench) -> None:
    exchange = client.call("report_and_wait", meta={"progressToken": 7})
    await exchange.event()
    exchange.disconnect()
    await asyncio.wait_for(exchange.task, 5)
    assert bench.ended == ["cancelled"]
    assert not exchange.done


async def test_notification_is_accepted_with_nothing_in_return(client: Client) -> None:
    reply = await client.post(
        {"jsonrpc": "2.0", "method": "notifications/whatever"}, {"mcp-protocol-version": "2026-07-28"}
    )
    assert (reply.status, reply.body) == (202, b"")


async def test_response_is_refused(client: Client) -> None:
    reply = await client.post(
        {"jsonrpc": "2.0", "id": 1, "result": {}}, {"mcp-protocol-version": "2026-07-28"}
    )
    assert (reply.status, reply.error["code"]) == (400, -32600)
    assert "id" not in reply.json


async def test_unknown_method_is_not_found(client: Client) -> None:
    reply = await client.modern("no/such", id="x").reply()
    assert (reply.status, reply.error["code"], reply.json["id"]) == (404, -32601, "x")


@pytest.mark.parametrize("method", ["initialize", "ping", "logging/setLevel", "resources/subscribe"])
async def test_methods_of_the_legacy_era_are_not_found(client: Client, method: str) -> None:
    reply = await client.modern(method).reply()
    assert (reply.status, reply.error["code"]) == (404, -32601)


async def test_unknown_tool_is_an_error_with_status_200(client: Client) -> None:
    reply = await client.call("nothing").reply()
    assert (reply.status, reply.error["code"]) == (200, -32602)


@pytest.mark.parametrize("missing", ["protocolVersion", "clientCapabilities"])
async def test_meta_that_lacks_what_is_required_is_a_bad_request(client: Client, missing: str) -> None:
    meta = {key: value for key, value in META.items() if not key.endswith(missing)}
    reply = await client.post(
        request("server/discover", {"_meta": meta}, id=5),
        {"mcp-protocol-version": "2026-07-28", "mcp-method": "server/discover"},
    )
    assert (reply.status, reply.error["code"], reply.json["id"]) == (400, -32602, 5)


async def test_no_meta_at_all_is_a_bad_request(client: Client) -> None:
    reply = await client.post(
        request("server/discover"), {"mcp-protocol-version": "2026-07-28", "mcp-method": "server/discover"}
    )
    assert (reply.status, reply.error["code"]) == (400, -32602)


async def test_unsupported_version_is_a_bad_request_that_lists_the_supported(client: Client) -> None:
    version = {"io.modelcontextprotocol/protocolVersion": "v999.0.0"}
    reply = await client.modern("tools/list", {}, {"mcp-protocol-version": "v999.0.0"}, meta=version).reply()
    assert (reply.status, reply.error["code"]) == (400, -32022)
    assert "2026-07-28" in reply.error["data"]["supported"]
    assert reply.error["data"]["requested"] == "v999.0.0"


async def test_missing_client_capability_is_a_bad_request(client: Client) -> None:
    reply = await client.call("ask").reply()
    assert (reply.status, reply.error["code"]) == (400, -32021)
    assert reply.error["data"]["requiredCapabilities"] == {"elicitation": {"form": {}}}


async def test_result_that_is_no_json_is_an_internal_error(client: Client) -> None:
    reply = await client.call("not_json").reply()
    assert (reply.status, reply.error["code"], reply.json["id"]) == (200, -32603, 1)


async def test_session_id_is_ignored_and_none_is_made(client: Client) -> None:
    reply = await client.modern("tools/list", {}, {"mcp-session-id": "whatever"}).reply()
    assert reply.status == 200
    assert "mcp-session-id" not in reply.headers


async def test_handlers_see_the_headers_and_the_transport(client: Client, bench: Workbench) -> None:
    await client.modern(
        "tools/call", {"name": "echo", "arguments": {"text": ""}}, {"X-Trace": " abc\t"}
    ).reply()
    (ctx,) = bench.seen
    assert ctx.transport == "http"
    assert ctx.headers is not None
    assert ctx.headers["x-trace"] == "abc"
    assert ctx.headers.get("x-nothing") is None
    assert "mcp-method" in set(ctx.headers)


# Headers that mirror the body.


@pytest.mark.parametrize(
    "headers",
    [
        {"mcp-method": None},
        {"mcp-method": "tools/list"},
        {"mcp-method": "TOOLS/CALL"},
        {"mcp-name": None},
        {"mcp-name": "other"},
        {"mcp-name": "Echo"},
        {"mcp-name": encoded("other")},
        {"mcp-name": "=?base64?ZWNobw?="},
        {"mcp-name": "=?base64?ZWN!bw==?="},
        {"mcp-name": "=?base64?ZWNobw=="},
        {"mcp-name": "écho"},
        {"mcp-protocol-version": None},
        {"mcp-protocol-version": "2025-11-25"},
    ],
)
async def test_header_that_does_not_mirror_the_body_is_refused(client: Client, headers: Any) -> None:
    reply = await client.modern(
        "tools/call", {"name": "echo", "arguments": {"text": ""}}, headers, id=9
    ).reply()
    assert (reply.status, reply.error["code"], reply.json["id"]) == (400, -32020, 9)


@pytest.mark.parametrize("name", ["  echo  ", "\techo", encoded("echo")])
async def test_space_around_a_name_and_its_base64_are_understood(client: Client, name: str) -> None:
    reply = await client.modern(
        "tools/call", {"name": "echo", "arguments": {"text": ""}}, {"mcp-name": name}
    ).reply()
    assert reply.status == 200


async def test_version_of_the_header_is_compared_before_it_is_judged(client: Client) -> None:
    version = {"io.modelcontextprotocol/protocolVersion": "v999.0.0"}
    reply = await client.modern("tools/list", meta=version).reply()
    assert (reply.status, reply.error["code"]) == (400, -32020)


@pytest.mark.parametrize("name", ["=?base64?eA==?=", "ünïcode", " padded ", "line\nbreak", "tab\tbed"])
async def test_name_that_is_no_plain_header_comes_in_base64(
    client: Client, bench: Workbench, name: str
) -> None:
    plain = await client.modern(
        "prompts/get", {"name": name}, {"mcp-name": "?" if not name.isascii() else name.strip("\n")}
    ).reply()
    inside = await client.modern("prompts/get", {"name": name}, {"mcp-name": encoded(name)}).reply()
    if name != "tab\tbed":
        assert plain.error["code"] == -32020
    assert inside.error["code"] != -32020


async def test_resources_are_named_by_their_uri(client: Client) -> None:
    good = await client.modern("resources/read", {"uri": "test://a"}).reply()
    bad = await client.modern("resources/read", {"uri": "test://a"}, {"mcp-name": "test://b"}).reply()
    assert (good.status, bad.status) == (200, 400)


async def test_parameter_headers_must_mirror_arguments(client: Client) -> None:
    async def locate(header: str | None) -> tuple[int, Any]:
        reply = await client.modern(
            "tools/call", {"name": "locate", "arguments": {"region": "Hello"}}, {"Mcp-Param-Region": header}
        ).reply()
        return reply.status, reply.json.get("error", {}).get("code")

    assert await locate("Hello") == (200, None)
    assert await locate(encoded("Hello")) == (200, None)
    assert await locate("Goodbye") == (400, -32020)
    assert await locate(None) == (400, -32020)


# Listen streams.

ALL = {"toolsListChanged": True, "resourceSubscriptions": ["test://a"]}


async def test_listen_stream_is_acknowledged_and_tells_changes(client: Client) -> None:
    stream = client.modern("subscriptions/listen", {"notifications": ALL}, id="sub")
    acknowledged = (await stream.event()).json
    assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
    assert acknowledged["params"]["notifications"] == ALL
    await client.call("change").reply()
    changed, updated = (await stream.event()).json, (await stream.event()).json
    assert changed["method"] == "notifications/tools/list_changed"
    assert updated["params"]["uri"] == "test://a"
    for message in (acknowledged, changed, updated):
        assert message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == "sub"
    stream.disconnect()
    await asyncio.wait_for(stream.task, 5)
    assert (await client.call("change").reply()).status == 200


async def test_listen_stream_waits_for_the_layers_and_their_refusal_is_json(
    client: Client, bench: Workbench
) -> None:
    async def vetting(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        if request.method == "subscriptions/listen":
            await bench.go.wait()
            if request.id == "no":
                raise McpError("Not for you", code=-31000)
        return await call_next(request, ctx)

    bench.server.add_layer(vetting)
    listening = [client.modern("subscriptions/listen", {"notifications": ALL}, id=id) for id in ("yes", "no")]
    gone = client.modern("subscriptions/listen", {"notifications": ALL}, id="gone")
    await asyncio.sleep(0)
    gone.disconnect()
    await asyncio.wait_for(gone.task, 5)
    bench.go.set()
    assert (await listening[0].event()).json["method"] == "notifications/subscriptions/acknowledged"
    refused = await listening[1].reply()
    assert (refused.status, refused.error["code"]) == (200, -31000)
    listening[0].disconnect()
    await asyncio.wait_for(listening[0].task, 5)


async def test_listen_stream_ends_with_its_result_when_the_app_is_closed(client: Client) -> None:
    stream = client.modern("subscriptions/listen", {"notifications": ALL}, id=3)
    await stream.event()
    await client.app.close()
    answer = (await stream.reply()).messages[-1]
    assert answer["id"] == 3
    assert answer["result"]["resultType"] == "complete"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_get_and_delete_without_session_are_not_allowed(client: Client, method: str) -> None:
    for headers in ({}, {"mcp-protocol-version": "2026-07-28", "mcp-session-id": "x"}):
        reply = await client.request(method, headers=dict(headers)).reply()
        assert reply.status == 405
        assert reply.headers["allow"] == "POST"
