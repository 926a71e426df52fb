"""Sessions over HTTP: ids, versions, JSON or events, batches, cancelling, ending."""

from __future__ import annotations

import asyncio

import pytest
from tests.runtime.http.asgi import Client, LegacyClient, request
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.revisions import LEGACY
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http import HttpApp

pytestmark = pytest.mark.anyio

INITIALIZE = request(
    "initialize",
    {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
)
PING = request("ping", id=7)


@pytest.mark.parametrize("revision", LEGACY)
async def test_session_of_each_revision(client: Client, revision: str) -> None:
    session = await client.open(revision)
    reply = await session.call("echo", {"text": "hi"}).reply()
    assert reply.status == 200
    assert reply.json["result"]["content"] == [{"type": "text", "text": "hi"}]


async def test_headers_that_mirror_arguments_mean_nothing_in_a_session(client: Client) -> None:
    session = await client.open()
    params = {"name": "locate", "arguments": {"region": "Hello"}}
    reply = await session.post(request("tools/call", params), {"Mcp-Param-Region": "Goodbye"})
    assert reply.json["result"]["content"] == [{"type": "text", "text": "Hello"}]


async def test_session_ids_are_long_visible_and_never_the_same(client: Client) -> None:
    ids = {(await client.post(INITIALIZE)).headers["mcp-session-id"] for _ in range(20)}
    assert len(ids) == 20
    for id in ids:
        assert len(id) >= 32
        assert all(0x21 <= ord(character) <= 0x7E for character in id)


async def test_initialize_that_fails_opens_no_session(client: Client) -> None:
    reply = await client.post(request("initialize", {"protocolVersion": 5}))
    assert reply.error["code"] == -32602
    assert "mcp-session-id" not in reply.headers


async def test_request_without_session_is_a_bad_request(client: Client) -> None:
    reply = await client.post(PING)
    assert (reply.status, reply.error["code"], reply.json["id"]) == (400, -32600, 7)


async def test_request_of_unknown_session_is_not_found(client: Client) -> None:
    reply = await client.post(PING, {"mcp-session-id": "nobody"})
    assert (reply.status, reply.error["code"], reply.json["id"]) == (404, -32600, 7)


async def test_deleted_session_is_not_found(client: Client) -> None:
    session = await client.open()
    ended = await session.request("DELETE").reply()
    assert (ended.status, ended.body) == (204, b"")
    assert (await session.post(PING)).status == 404
    assert (await session.request("DELETE").reply()).status == 404
    assert (await session.listen().reply()).status == 404


@pytest.mark.parametrize("version", ["2099-01-01", "1.0", ""])
async def test_version_that_is_none_is_a_bad_request(client: Client, version: str) -> None:
    session = await client.open()
    for exchange in (
        session.send(PING, {"mcp-protocol-version": version}),
        session.request("GET", headers={"mcp-protocol-version": version}),
        session.request("DELETE", headers={"mcp-protocol-version": version}),
        client.send(INITIALIZE, {"mcp-protocol-version": version}),
    ):
        assert (await exchange.reply()).status == 400


@pytest.mark.parametrize("version", [None, "2025-06-18"])
async def test_version_that_is_absent_or_another_known_one_is_let_pass(
    client: Client, version: str | None
) -> None:
    session = await client.open()
    assert (await session.post(PING, {"mcp-protocol-version": version})).status == 200


async def test_unknown_version_outside_of_a_session_is_answered_with_those_that_are_served(
    client: Client,
) -> None:
    reply = await client.post(PING, {"mcp-protocol-version": "2099-01-01"})
    assert (reply.status, reply.error["code"], reply.json["id"]) == (400, -32022, 7)
    assert reply.error["data"]["requested"] == "2099-01-01"
    assert "2026-07-28" in reply.error["data"]["supported"]


async def test_initialize_may_come_with_headers_of_its_version(client: Client) -> None:
    headers = {"mcp-protocol-version": "2025-11-25", "mcp-method": "initialize"}
    assert (await client.post(INITIALIZE, {**headers})).status == 200


async def test_notifications_and_responses_are_accepted_with_nothing_in_return(client: Client) -> None:
    session = await client.open()
    for message in (
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 99}},
        {"jsonrpc": "2.0", "id": 99, "result": {}},
        {"jsonrpc": "2.0", "id": 99, "error": {"code": -1, "message": "no"}},
    ):
        reply = await session.post(message)
        assert (reply.status, reply.body) == (202, b"")


async def test_unknown_method_is_an_error_with_status_200(client: Client) -> None:
    reply = await (await client.open()).post(request("no/such"))
    assert (reply.status, reply.error["code"]) == (200, -32601)


async def test_call_that_reports_gets_events(client: Client) -> None:
    session = await client.open()
    reply = await session.call("report", meta={"progressToken": "t"}).reply()
    first, second, answer = reply.messages
    assert (first["params"]["progress"], second["params"]["progress"]) == (1, 2)
    assert answer["id"] == 2


async def test_question_to_the_client_goes_with_the_call_and_is_answered_by_a_post(client: Client) -> None:
    session = await client.open(capabilities={"elicitation": {}})
    other = session.listen()
    assert (await other.event()).data == ""
    exchange = session.call("ask")
    assert (await exchange.event()).data == ""
    question = (await exchange.event()).json
    assert question["method"] == "elicitation/create"
    answer = {"action": "accept", "content": {"name": "Ada"}}
    assert (await session.post({"jsonrpc": "2.0", "id": question["id"], "result": answer})).status == 202
    reply = await exchange.reply()
    assert reply.messages[-1]["result"]["content"][0]["text"] == "accept: {'name': 'Ada'}"
    assert other.events[1:] == []


async def test_disconnect_is_not_a_cancellation(client: Client, bench: Workbench) -> None:
    session = await client.open()
    exchange = session.call("wait")
    await bench.began.wait()
    exchange.disconnect()
    await asyncio.wait_for(exchange.task, 5)
    assert bench.ended == []
    bench.go.set()
    await session.post(PING)
    assert bench.ended == ["done"]


async def test_cancelled_call_ends_without_an_answer(client: Client, bench: Workbench) -> None:
    session = await client.open()
    silent, talking = (
        session.call("wait", id="a"),
        session.call("report_and_wait", meta={"progressToken": 1}, id="b"),
    )
    await bench.began.wait()
    await talking.event()
    for id in ("a", "b"):
        await session.post(
            {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}
        )
    assert (await silent.reply()).messages == []
    assert all("result" not in message for message in (await talking.reply()).messages)
    assert bench.ended == ["cancelled", "cancelled"]


async def test_delete_ends_calls_and_streams(client: Client, bench: Workbench) -> None:
    session = await client.open()
    exchange, stream = session.call("wait"), session.listen()
    await bench.began.wait()
    await stream.started()
    await session.request("DELETE").reply()
    await exchange.reply()
    await stream.reply()
    assert bench.ended == ["cancelled"]


async def test_call_that_is_silent_for_long_is_kept_alive_by_events(bench: Workbench) -> None:
    client = Client(HttpApp(ServerCore(bench.server), TransportConfig(keep_alive_seconds=0.02)))
    session = await client.open()
    exchange = session.call("wait")
    assert await exchange.started() == 200
    await exchange._until(lambda: exchange.body.count(b":\n\n") >= 2)
    bench.go.set()
    assert [message["id"] for message in (await exchange.reply()).messages] == [2]
    await client.app.close()


# Batches.


async def test_batch_of_2025_03_26_is_answered_by_an_array(client: Client) -> None:
    session = await client.open("2025-03-26")
    call = request("tools/call", {"name": "echo", "arguments": {"text": "hi"}}, id=8)
    reply = await session.post([PING, {"jsonrpc": "2.0", "method": "notifications/x"}, call, {"id": 1.5}])
    assert reply.status == 200
    pong, answer, error = reply.json
    assert pong == {"jsonrpc": "2.0", "id": 7, "result": {}}
    assert (answer["id"], error["error"]["code"]) == (8, -32600)


async def test_batch_that_waits_is_answered_when_the_last_is_done(client: Client, bench: Workbench) -> None:
    session = await client.open("2025-03-26")
    exchange = session.send([request("tools/call", {"name": "wait"}, id=1), PING])
    await bench.began.wait()
    bench.go.set()
    assert {answer["id"] for answer in (await exchange.reply()).json} == {1, 7}


async def test_batch_that_reports_is_answered_by_events(client: Client) -> None:
    session = await client.open("2025-03-26")
    call = request("tools/call", {"name": "report", "_meta": {"progressToken": 1}}, id=8)
    reply = await session.post([PING, call])
    assert [message.get("id") for message in reply.messages] == [7, None, None, 8]


async def test_batch_whose_calls_are_cancelled_ends(client: Client, bench: Workbench) -> None:
    session = await client.open("2025-03-26")
    exchange = session.send([request("tools/call", {"name": "wait"}, id=1), PING])
    await bench.began.wait()
    await session.post({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
    assert [answer["id"] for answer in (await exchange.reply()).json] == [7]


async def test_batch_of_notifications_is_accepted(client: Client) -> None:
    session = await client.open("2025-03-26")
    reply = await session.post([{"jsonrpc": "2.0", "method": "notifications/x"}] * 2)
    assert (reply.status, reply.body) == (202, b"")


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-06-18", "2025-11-25"])
async def test_batch_of_other_revisions_is_refused(client: Client, revision: str) -> None:
    reply = await (await client.open(revision)).post([PING])
    assert (reply.status, reply.error["code"]) == (400, -32600)


async def test_batch_of_2026_07_28_is_refused(client: Client) -> None:
    reply = await client.post([PING], {"mcp-protocol-version": "2026-07-28"})
    assert (reply.status, reply.error["code"]) == (400, -32600)


async def test_batch_without_session_is_refused(client: Client) -> None:
    assert (await client.post([INITIALIZE])).status == 400


# Sessions and their limits.


async def test_one_session_more_than_max_sessions_is_refused(bench: Workbench) -> None:
    config = TransportConfig(limits=Limits(max_sessions=2))
    client = Client(HttpApp(ServerCore(bench.server), config))
    sessions = [await client.open() for _ in range(2)]
    reply = await client.post(INITIALIZE)
    assert reply.status == 503
    assert reply.error["data"] == {"limit": "max_sessions", "value": 2}
    await sessions[0].request("DELETE").reply()
    await client.open()
    await client.app.close()


async def test_session_that_nobody_uses_ends(bench: Workbench) -> None:
    config = TransportConfig(limits=Limits(session_idle_seconds=0.1))
    client = Client(HttpApp(ServerCore(bench.server), config))
    idle, listening, calling = [await client.open() for _ in range(3)]
    stream = listening.listen()
    await stream.started()
    waiting = calling.call("wait")
    await bench.began.wait()
    for _ in range(100):
        if (await idle.post(PING)).status == 404:
            break
        await asyncio.sleep(0.2)
    assert (await idle.post(PING)).status == 404
    assert (await listening.post(PING)).status == 200
    assert (await calling.post(PING)).status == 200
    bench.go.set()
    await waiting.reply()
    await client.app.close()


async def test_session_belongs_to_who_opened_it(bench: Workbench) -> None:
    app = HttpApp(ServerCore(bench.server), principal=lambda scope: scope.get("who"))
    client = Client(app)
    session = await client.open(who="alice")
    assert (await session.post(PING, who="alice")).status == 200
    assert (await session.post(PING, who="mallory")).status == 404
    assert (await session.post(PING)).status == 404
    assert (await session.request("GET", who="mallory").reply()).status == 404
    assert (await session.request("DELETE", who="mallory").reply()).status == 404
    await session.post(request("tools/call", {"name": "echo", "arguments": {"text": ""}}), who="alice")
    assert bench.seen[0].principal == "alice"


async def test_both_eras_are_served_side_by_side(client: Client, bench: Workbench) -> None:
    session: LegacyClient = await client.open()
    exchanges = [session.call("wait", id=n) for n in range(5)] + [client.call("wait") for _ in range(5)]
    await bench.began.wait()
    assert (await client.modern("tools/list").reply()).json["result"]["resultType"] == "complete"
    assert "resultType" not in (await session.post(request("tools/list", id=50))).json["result"]
    bench.go.set()
    replies = [await exchange.reply() for exchange in exchanges]
    assert [reply.json["id"] for reply in replies] == [0, 1, 2, 3, 4, 1, 1, 1, 1, 1]
