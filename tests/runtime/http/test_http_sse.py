"""HTTP+SSE, for clients of 2024-11-05: one stream out, POSTs in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.runtime.http.asgi import Client, Exchange, request
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http import HttpApp

pytestmark = pytest.mark.anyio

TOKEN = {"progressToken": "t"}


class OldClient:
    """A client of 2024-11-05."""

    def __init__(self, client: Client, stream: Exchange, url: str) -> None:
        self.client, self.stream, self.url = client, stream, url

    async def post(self, message: Any, **more: Any) -> Exchange:
        return await self.client.post(message, {"accept": None}, path=self.url, **more)

    async def ask(self, method: str, params: Any = None, *, id: Any = 1) -> Any:
        reply = await self.post(request(method, params, id=id))
        assert reply.status == 202
        return await self.next()

    async def next(self) -> Any:
        event = await self.stream.event()
        assert event.name == "message"
        return event.json


async def connect(client: Client, capabilities: Any = None, **scope: Any) -> OldClient:
    stream = client.request("GET", path="/sse", **scope)
    first = await stream.event()
    assert first.name == "endpoint"
    old = OldClient(client, stream, first.data)
    answer = await old.ask(
        "initialize",
        {
            "protocolVersion": "2024-11-05",
            "capabilities": capabilities or {},
            "clientInfo": {"name": "old", "version": "1"},
        },
    )
    assert answer["result"]["protocolVersion"] == "2024-11-05"
    await old.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
    return old


async def test_answers_come_over_the_stream(client: Client) -> None:
    old = await connect(client)
    assert old.stream.headers["content-type"] == "text/event-stream"
    answer = await old.ask("tools/call", {"name": "echo", "arguments": {"text": "hi"}}, id=5)
    assert (answer["id"], answer["result"]["content"][0]["text"]) == (5, "hi")


async def test_reports_and_questions_come_over_the_stream(client: Client) -> None:
    old = await connect(client, {"roots": {}})
    first = await old.ask("tools/call", {"name": "report", "_meta": TOKEN})
    assert first["params"]["progress"] == 1
    assert (await old.next())["params"]["progress"] == 2
    assert "result" in await old.next()


async def test_changes_come_over_the_stream(client: Client) -> None:
    old = await connect(client)
    messages = [await old.ask("tools/call", {"name": "change"}), await old.next()]
    assert {message.get("method", "answer") for message in messages} == {
        "answer",
        "notifications/tools/list_changed",
    }


async def test_endpoint_names_the_place_where_the_app_is_mounted(client: Client) -> None:
    stream = client.request("GET", path="/tools/sse", root_path="/tools")
    assert (await stream.event()).data.startswith("/tools/sse/messages?session=")


async def test_session_ends_with_its_stream(client: Client, bench: Workbench) -> None:
    old = await connect(client)
    await old.post(request("tools/call", {"name": "wait"}))
    await bench.began.wait()
    old.stream.disconnect()
    await asyncio.wait_for(old.stream.task, 5)
    assert bench.ended == ["cancelled"]
    assert (await old.post(request("ping"))).status == 404


async def test_message_for_unknown_session_is_not_found(client: Client) -> None:
    for query in ("", "?session=", "?session=nobody"):
        assert (await client.post(request("ping"), path=f"/sse/messages{query}")).status == 404


async def test_text_that_is_no_message_is_a_bad_request(client: Client) -> None:
    old = await connect(client)
    for content, code in (
        (b"{", -32700),
        (b"5", -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600),
    ):
        reply = await client.request("POST", content, path=old.url).reply()
        assert (reply.status, reply.error["code"], reply.json["id"]) == (400, code, None)
    assert (await old.ask("ping"))["result"] == {}


async def test_url_may_carry_more_than_the_session(client: Client) -> None:
    old = await connect(client)
    old.url = old.url.replace("?", "?a=b&") + "&c=d"
    assert (await old.ask("ping"))["result"] == {}


async def test_batch_of_2025_03_26_is_answered_by_an_array(client: Client, bench: Workbench) -> None:
    stream = client.request("GET", path="/sse")
    old = OldClient(client, stream, (await stream.event()).data)
    info = {"capabilities": {}, "clientInfo": {"name": "old", "version": "1"}}
    await old.ask("initialize", {"protocolVersion": "2025-03-26", **info})
    wait = request("tools/call", {"name": "wait"}, id=8)
    await old.post(
        [request("ping", id=7), {"jsonrpc": "2.0", "method": "notifications/x"}, wait, {"id": 1.5}]
    )
    await bench.began.wait()
    bench.go.set()
    pong, error, waited = await old.next()
    assert (pong["id"], error["error"]["code"], waited["id"]) == (7, -32600, 8)
    assert (await old.post([{"jsonrpc": "2.0", "method": "notifications/x"}])).status == 202
    await old.post([wait])
    assert [each["id"] for each in await old.next()] == [8]


async def test_cancelled_request_of_a_batch_is_left_out(client: Client, bench: Workbench) -> None:
    stream = client.request("GET", path="/sse")
    old = OldClient(client, stream, (await stream.event()).data)
    info = {"capabilities": {}, "clientInfo": {"name": "old", "version": "1"}}
    await old.ask("initialize", {"protocolVersion": "2025-03-26", **info})
    await old.post([request("tools/call", {"name": "wait"}, id=8), request("ping", id=9)])
    await bench.began.wait()
    await old.post({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 8}})
    assert [each["id"] for each in await old.next()] == [9]


async def test_batch_of_other_revisions_is_refused(client: Client) -> None:
    old = await connect(client)
    assert (await old.post([request("ping")])).status == 400


async def test_no_message_is_taken_once_the_app_is_about_to_end(client: Client, bench: Workbench) -> None:
    old = await connect(client)
    await old.post(request("tools/call", {"name": "wait"}, id=6))
    await bench.began.wait()
    closing = asyncio.ensure_future(client.app.close())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (await old.post(request("ping"))).status == 503
    bench.go.set()
    await closing


async def test_other_methods_are_not_allowed(client: Client) -> None:
    assert (await client.request("POST", b"{}", path="/sse").reply()).headers["allow"] == "GET"
    assert (await client.request("GET", path="/sse/messages").reply()).headers["allow"] == "POST"


async def test_session_belongs_to_who_opened_it(bench: Workbench) -> None:
    client = Client(HttpApp(ServerCore(bench.server), principal=lambda scope: scope.get("who")))
    stream = client.request("GET", path="/sse", who="alice")
    url = (await stream.event()).data
    assert (await client.post(request("ping"), path=url, who="mallory")).status == 404
    assert (await client.post(request("ping"), path=url, who="alice")).status == 202
    await client.app.close()


async def test_streams_end_when_the_app_is_closed_and_calls_are_answered_first(
    client: Client, bench: Workbench
) -> None:
    idle, calling = await connect(client), await connect(client)
    await calling.post(request("tools/call", {"name": "wait"}, id=6))
    await bench.began.wait()
    closing = asyncio.ensure_future(client.app.close())
    await idle.stream.reply()
    assert not calling.stream.done
    bench.go.set()
    assert (await calling.next())["id"] == 6
    await calling.stream.reply()
    await closing


async def test_no_more_streams_are_open_than_max_sessions(bench: Workbench) -> None:
    config = TransportConfig(limits=Limits(max_sessions=1))
    client = Client(HttpApp(ServerCore(bench.server), config))
    await connect(client)
    assert (await client.request("GET", path="/sse").reply()).status == 503
    await client.app.close()


async def test_transport_can_be_turned_off(bench: Workbench) -> None:
    client = Client(HttpApp(ServerCore(bench.server), TransportConfig(sse_path=None)))
    assert (await client.request("GET", path="/sse").reply()).status == 404
