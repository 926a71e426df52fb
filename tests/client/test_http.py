"""Streamable HTTP as each revision has it, on real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from mcpgen_runtime.client import (
    Client,
    LimitPassed,
    ListChanged,
    McpError,
    ReplyWithoutAnswer,
    RequestTimeout,
    ServerGone,
)
from mcpgen_runtime.limits import Limits
from mcpgen_types.v2026_07_28 import Root

from .http_puppet import Exchange, Handler, call, legacy, modern, run, talking
from .scripted import META_SUBSCRIPTION, complete, text

EXTRA = {"ttlMs": 0, "cacheScope": "private"}


# Replies.


async def as_json(exchange: Exchange) -> None:
    await exchange.result(text("done"))


async def as_events(exchange: Exchange) -> None:
    await exchange.events()
    await exchange.write(b": a comment\r\n\r\n")
    await exchange.event(None, id="priming", retry=10)
    await exchange.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {}})
    await exchange.answer(text("done"))


async def as_events_that_never_end(exchange: Exchange) -> None:
    await exchange.events()
    await exchange.answer(text("done"))
    await exchange.left.wait()


def test_stream_that_never_ends_is_left_once_it_brought_the_answer() -> None:
    left: list[bool] = []

    async def handler(exchange: Exchange) -> None:
        await as_events_that_never_end(exchange)
        left.append(True)

    async def use(client: Client) -> None:
        await call(client)
        while not left:
            await asyncio.sleep(0.005)

    run(modern(handler), use, transport={"linger_seconds": 0.05})


@pytest.mark.parametrize("streams", [False, True])
def test_client_of_the_users_own_is_used_with_patience_and_left_open(streams: bool) -> None:
    async def slow(exchange: Exchange) -> None:
        if streams:
            await exchange.events()
        await asyncio.sleep(0.2)
        await (exchange.answer if streams else exchange.result)(text("done"))

    async def whole() -> None:
        async with httpx.AsyncClient(timeout=0.05, headers={"X-Mine": "yes"}) as own:
            async with talking(modern(slow), transport={"client": own}) as (client, puppet):
                await call(client)
            assert {exchange.headers["x-mine"] for exchange in puppet.seen} == {"yes"}
            assert not own.is_closed

    asyncio.run(whole())


async def as_events_in_pieces(exchange: Exchange) -> None:
    await exchange.events()
    head = f'{{"jsonrpc":"2.0","id":{exchange.message["id"]},"result":{{"resultType":"complete",'
    tail = '"content":[{"type":"text","text":"é"}]}}'
    for byte in f"data:{head}\ndata:{tail}\r\n\r\n".encode():
        await exchange.write(bytes([byte]))
        await asyncio.sleep(0)


@pytest.mark.parametrize("reply", [as_json, as_events, as_events_that_never_end, as_events_in_pieces])
@pytest.mark.parametrize("era", [modern, legacy])
def test_answer_comes_as_json_or_in_an_event_stream(era: Any, reply: Handler) -> None:
    content, _ = run(era(reply), call)
    assert content[0].text in ("done", "é")


def test_modern_request_repeats_itself_in_headers() -> None:
    async def use(client: Client) -> None:
        await client.call_tool("näme")
        await client.read_resource("a:b")

    async def handler(exchange: Exchange) -> None:
        read = complete({"contents": [], **EXTRA})
        await exchange.result(text("done") if exchange.message["method"] == "tools/call" else read)

    _, puppet = run(modern(handler), use, transport={"headers": {"Authorization": "Bearer x"}})
    shown = [
        {name: exchange.headers.get(name) for name in ("mcp-protocol-version", "mcp-method", "mcp-name")}
        for exchange in puppet.seen
    ]
    version = {"mcp-protocol-version": "2026-07-28"}
    assert shown == [
        {**version, "mcp-method": "server/discover", "mcp-name": None},
        {**version, "mcp-method": "tools/call", "mcp-name": "=?base64?bsOkbWU=?="},
        {**version, "mcp-method": "resources/read", "mcp-name": "a:b"},
    ]
    for exchange in puppet.seen:
        assert exchange.headers["accept"] == "application/json, text/event-stream"
        assert exchange.headers["authorization"] == "Bearer x"
        assert "mcp-session-id" not in exchange.headers
    # No session, so nothing to take leave of.
    assert "DELETE" not in puppet.said()


@pytest.mark.parametrize("revision", ["2025-03-26", "2025-06-18", "2025-11-25"])
def test_legacy_session_is_kept_and_ended(revision: str) -> None:
    _, puppet = run(legacy(as_json, revision), call, revision=revision)
    assert sorted(puppet.said()) == [
        "DELETE",
        "GET",
        "initialize",
        "notifications/initialized",
        "tools/call",
    ]
    first, *others = puppet.seen
    assert "mcp-session-id" not in first.headers and "mcp-protocol-version" not in first.headers
    for exchange in others:
        assert exchange.headers["mcp-session-id"] == "s1"
        assert exchange.headers["mcp-protocol-version"] == revision
        assert "mcp-method" not in exchange.headers


def test_handshake_names_no_revision_although_the_question_before_did() -> None:
    _, puppet = run(legacy(as_json), call)
    question, handshake = puppet.seen[:2]
    assert question.headers["mcp-protocol-version"] == "2026-07-28"
    assert handshake.message["method"] == "initialize"
    assert "mcp-protocol-version" not in handshake.headers


def test_server_without_sessions_is_not_taken_leave_of() -> None:
    _, puppet = run(legacy(as_json, session=None), call)
    assert "DELETE" not in puppet.said()


def test_session_that_the_server_ended_is_begun_again() -> None:
    seen: list[str] = []

    async def handler(exchange: Exchange) -> None:
        seen.append(exchange.headers["mcp-session-id"])
        if len(seen) == 1:
            await exchange.reply(404)
        else:
            await as_json(exchange)

    content, puppet = run(legacy(handler), call, revision="2025-11-25")
    assert content[0].text == "done"
    assert puppet.said().count("initialize") == 2
    again = [exchange for exchange in puppet.seen if exchange.method == "POST"][3]
    assert again.message["method"] == "initialize"
    assert "mcp-session-id" not in again.headers


@pytest.mark.parametrize("status", [401, 403, 404, 405, 500])
def test_reply_without_an_answer_is_told_with_its_status(status: int) -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.reply(status, "text/html", b"<h1>No</h1>")

    with pytest.raises(ReplyWithoutAnswer, match=f"HTTP status {status}, Content-Type text/html") as refused:
        run(modern(handler), call)
    assert refused.value.status == status


def test_error_answer_counts_whatever_its_status() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.error(-32601, "Method not found", status=404)

    with pytest.raises(McpError, match="Method not found"):
        run(modern(handler), call)


def test_error_without_an_id_answers_the_request_that_it_replies_to() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.json({"jsonrpc": "2.0", "error": {"code": -32600, "message": "Bad"}}, status=403)

    with pytest.raises(McpError, match="Bad"):
        run(modern(handler), call)


def test_stream_that_ends_without_an_answer_says_so() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.events()

    with pytest.raises(ReplyWithoutAnswer, match="its event stream ended without one"):
        run(modern(handler), call)


def test_connection_that_breaks_fails_one_request_and_no_other() -> None:
    calls: list[int] = []

    async def handler(exchange: Exchange) -> None:
        calls.append(1)
        if len(calls) > 1:
            await as_json(exchange)

    async def use(client: Client) -> Any:
        with pytest.raises(ServerGone, match="POST http://127"):
            await call(client)
        return await call(client)

    assert run(modern(handler), use)[0][0].text == "done"


@pytest.mark.parametrize("way", ["json", "event", "endless event"])
def test_reply_over_the_limit_fails_its_request_with_the_limit_named(way: str) -> None:
    async def handler(exchange: Exchange) -> None:
        if way == "json":
            await exchange.result(text("x" * 3000))
            return
        await exchange.events()
        if way == "event":
            await exchange.answer(text("x" * 3000))
        else:
            await exchange.write(b"data: " + b"x" * 3000)

    with pytest.raises(LimitPassed, match="more than 2000 bytes"):
        run(modern(handler), call, transport={"limits": Limits(max_message_bytes=2000)})


# Cancelling.


@pytest.mark.parametrize("streams", [False, True])
def test_modern_request_is_cancelled_by_leaving_its_reply(streams: bool) -> None:
    left: list[bool] = []

    async def handler(exchange: Exchange) -> None:
        if streams:
            await exchange.events()
        await exchange.left.wait()
        left.append(True)

    async def use(client: Client) -> None:
        with pytest.raises(RequestTimeout):
            await client.call_tool("a", timeout=0.1)
        while not left:
            await asyncio.sleep(0.005)

    _, puppet = run(modern(handler), use)
    assert "notifications/cancelled" not in puppet.said()


def test_legacy_request_is_cancelled_with_a_notification() -> None:
    async def handler(exchange: Exchange) -> None:
        if exchange.message["method"] == "notifications/cancelled":
            await exchange.reply(202)
        else:
            await exchange.left.wait()

    async def use(client: Client) -> None:
        with pytest.raises(RequestTimeout):
            await client.call_tool("a", timeout=0.1)
        await asyncio.sleep(0.05)

    _, puppet = run(legacy(handler), use)
    told = next(exchange for exchange in puppet.seen if b'"notifications/cancelled"' in exchange.body)
    asked = next(exchange for exchange in puppet.seen if b'"tools/call"' in exchange.body)
    assert told.message["params"]["requestId"] == asked.message["id"]


def test_notification_that_nobody_takes_is_given_up() -> None:
    left: list[bool] = []

    async def handler(exchange: Exchange) -> None:
        assert exchange.message["method"] == "notifications/roots/list_changed"
        await exchange.left.wait()
        left.append(True)

    async def use(client: Client) -> None:
        client.timeout = 0.1
        with pytest.raises(RequestTimeout, match="not taken"):
            await client.roots_changed()
        while not left:
            await asyncio.sleep(0.005)

    run(legacy(handler), use, roots=[])


# Streams of the old era.


def test_stream_that_is_cut_off_is_resumed_from_its_last_event() -> None:
    async def handler(exchange: Exchange) -> None:
        if exchange.method == "POST":
            await exchange.events()
            await exchange.event(None, id="e1", retry=1)
            handler.request = exchange  # type: ignore[attr-defined]
        else:
            await exchange.events()
            if exchange.headers["last-event-id"] == "e1":
                await exchange.event(None, id="e2", retry=1)
            else:
                assert exchange.headers["last-event-id"] == "e2"
                asked = handler.request.message["id"]  # type: ignore[attr-defined]
                await exchange.event({"jsonrpc": "2.0", "id": asked, "result": text("done")})

    content, puppet = run(legacy(handler), call)
    assert content[0].text == "done"
    resumed = [exchange for exchange in puppet.seen if "last-event-id" in exchange.headers]
    assert [exchange.headers["mcp-session-id"] for exchange in resumed] == ["s1", "s1"]


def test_modern_stream_is_not_resumed() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.events()
        await exchange.event(None, id="e1", retry=1)

    with pytest.raises(ReplyWithoutAnswer):
        run(modern(handler), call)


def test_what_belongs_to_no_request_comes_on_the_stream_of_a_get() -> None:
    answered = asyncio.Event()

    async def handler(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.events()
            await exchange.event({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
            await exchange.event({"jsonrpc": "2.0", "id": "q", "method": "roots/list"})
            await exchange.left.wait()
            return
        assert exchange.message == {
            "jsonrpc": "2.0",
            "id": "q",
            "result": {"roots": [{"uri": "file:///a"}]},
        }
        await exchange.reply(202)
        answered.set()

    async def use(client: Client) -> Any:
        async with client.watch("tools") as changes:
            change = await anext(changes)
        await answered.wait()
        return change

    change, _ = run(legacy(handler, get=0), use, roots=[Root(uri="file:///a")])
    assert change == ListChanged("tools")


def test_stream_of_a_get_is_opened_again_where_it_ended() -> None:
    seen: list[str | None] = []

    async def handler(exchange: Exchange) -> None:
        seen.append(exchange.headers.get("last-event-id"))
        await exchange.events()
        if len(seen) == 1:
            await exchange.event(None, id="g1", retry=1)
        else:
            await exchange.event({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
            await exchange.left.wait()

    async def use(client: Client) -> Any:
        async with client.watch("tools") as changes:
            return await anext(changes)

    assert run(legacy(handler, get=0), use)[0] == ListChanged("tools")
    assert seen == [None, "g1"]


# The modern era's watch.


def test_modern_watch_ends_with_its_stream() -> None:
    left: list[bool] = []

    async def handler(exchange: Exchange) -> None:
        meta = {"_meta": {META_SUBSCRIPTION: exchange.message["id"]}}
        await exchange.events()
        for method, params in (
            ("notifications/subscriptions/acknowledged", {"notifications": {"toolsListChanged": True}}),
            ("notifications/tools/list_changed", {}),
        ):
            await exchange.event({"jsonrpc": "2.0", "method": method, "params": {**params, **meta}})
        await exchange.write(b":\r\n")
        await exchange.left.wait()
        left.append(True)

    async def use(client: Client) -> Any:
        async with client.watch("tools") as changes:
            change = await anext(changes)
        while not left:
            await asyncio.sleep(0.005)
        return change

    assert run(modern(handler), use)[0] == ListChanged("tools")


# Headers for parameters.

MARKED = {
    "name": "sql",
    "inputSchema": {
        "type": "object",
        "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "query": {"type": "string"},
            "deep": {"type": "object", "properties": {"size": {"type": "integer", "x-mcp-header": "Size"}}},
        },
    },
}
WRONG = {
    "name": "wrong",
    "inputSchema": {"type": "object", "properties": {"a": {"type": "number", "x-mcp-header": "A"}}},
}


async def with_headers(exchange: Exchange) -> None:
    if exchange.message["method"] == "tools/list":
        await exchange.result(complete({"tools": [MARKED, WRONG], **EXTRA}))
    elif exchange.headers.get("mcp-param-region") != "eu":
        await exchange.error(-32020, "Header mismatch: Mcp-Param-Region is missing")
    else:
        assert exchange.headers.get("mcp-param-size") == "7"
        assert "mcp-param-query" not in exchange.headers
        await exchange.result(text("done"))


ARGUMENTS = {"region": "eu", "query": "x", "deep": {"size": 7}}


def test_marked_parameters_travel_in_headers_once_the_tool_is_known() -> None:
    async def use(client: Client) -> Any:
        assert [tool.name async for tool in client.tools()] == ["sql"]
        return (await client.call_tool("sql", ARGUMENTS)).content

    content, puppet = run(modern(with_headers), use)
    assert content[0].text == "done"
    assert puppet.said() == ["server/discover", "tools/list", "tools/call"]


def test_unknown_tool_is_looked_up_when_the_server_misses_headers() -> None:
    async def use(client: Client) -> Any:
        return (await client.call_tool("sql", ARGUMENTS)).content

    content, puppet = run(modern(with_headers), use)
    assert content[0].text == "done"
    assert puppet.said() == ["server/discover", "tools/call", "tools/list", "tools/call"]
