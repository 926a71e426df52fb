"""Sessions that nobody keeps: any server with the key serves them, and what needs a memory is refused."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from functools import partial
from typing import Any

import pytest
from tests.runtime.http.asgi import Client, LegacyClient, request
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.revisions import LEGACY
from mcpgen_runtime.sealing import Sealer
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http import HttpApp
from mcpgen_runtime.transports.http.sealed_sessions import SealedSessions

pytestmark = pytest.mark.anyio

KEY = b"k" * 32
Json = dict[str, Any]


class Clock:
    now = 1000.0


def instance(
    bench: Workbench, *, key: bytes = KEY, clock: Clock | None = None, previous: tuple[bytes, ...] = ()
) -> Client:
    """A client of a server that knows nothing of the others."""
    clock = clock or Clock()
    sealer = Sealer(key, now=lambda: clock.now, previous=previous)
    app = HttpApp(
        ServerCore(bench.server, key=key),
        sessions=partial(SealedSessions, sealer=sealer),
        principal=_principal,
    )
    return Client(app)


def _principal(scope: Any) -> str | None:
    found: str | None = scope.get("user")
    return found


def elsewhere(session: LegacyClient, bench: Workbench, **options: Any) -> LegacyClient:
    """The same client, whose requests come to another instance."""
    return LegacyClient(instance(bench, **options).app, session.headers)


@pytest.mark.parametrize("revision", LEGACY)
async def test_another_instance_goes_on_with_a_session(bench: Workbench, revision: str) -> None:
    session = await instance(bench).open(revision, capabilities={"sampling": {}})
    reply = await elsewhere(session, bench).call("echo", {"text": "hi"}).reply()
    assert reply.json["result"]["content"] == [{"type": "text", "text": "hi"}]
    (ctx,) = bench.seen
    assert ctx.revision == revision
    assert ctx.client_capabilities.sampling is not None
    assert ctx.client_info is not None and ctx.client_info.name == "test"


async def test_events_of_a_call_have_no_ids(bench: Workbench) -> None:
    session = await instance(bench).open()
    reply = await elsewhere(session, bench).call("report", meta={"progressToken": 1}).reply()
    assert [each.id for each in reply.events] == [None] * 3
    assert reply.messages[-1]["result"]["content"][0]["text"] == "reported"


async def test_level_is_in_the_id_that_comes_with_the_answer(bench: Workbench) -> None:
    async def log(arguments: Json, ctx: RequestContext) -> str:
        await ctx.log("warning", "w")
        return "logged"

    bench.server.add_tool({"name": "log", "inputSchema": {"type": "object"}}, log)
    session = await instance(bench).open()
    assert len((await elsewhere(session, bench).call("log").reply()).events) == 2
    reply = await elsewhere(session, bench).post(request("logging/setLevel", {"level": "error"}))
    assert reply.json["result"] == {}
    louder = LegacyClient(
        instance(bench).app, {**session.headers, "mcp-session-id": reply.headers["mcp-session-id"]}
    )
    assert "result" in (await louder.call("log").reply()).json
    # Who keeps the old id keeps the old level, and other answers bring no id.
    assert len((await session.call("log").reply()).events) == 2
    assert "mcp-session-id" not in (await louder.call("log").reply()).headers


async def test_what_needs_a_memory_is_not_offered(bench: Workbench) -> None:
    params = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"},
    }
    reply = await instance(bench).post(request("initialize", params))
    capabilities = reply.json["result"]["capabilities"]
    assert capabilities == {"logging": {}, "resources": {}, "tools": {}}


@pytest.mark.parametrize("method", ["resources/subscribe", "resources/unsubscribe"])
async def test_subscribing_is_refused_by_name(bench: Workbench, method: str) -> None:
    session = await instance(bench).open()
    error = (await session.post(request(method, {"uri": "test://a"}))).error
    assert error["code"] == -32601
    assert error["message"].startswith(f"{method} needs a server that keeps sessions")


async def test_a_question_to_the_client_is_refused_with_the_reason(bench: Workbench) -> None:
    session = await instance(bench).open(capabilities={"elicitation": {}})
    error = (await session.call("ask").reply()).error
    assert error["code"] == -32600
    assert error["message"].startswith(
        "The client cannot be asked during a call: this server keeps no sessions"
    )


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_there_is_nothing_to_listen_to_and_nothing_to_end(bench: Workbench, method: str) -> None:
    session = await instance(bench).open()
    reply = await session.request(method).reply()
    assert (reply.status, reply.headers["allow"]) == (405, "POST")
    assert reply.error["message"].startswith("This server keeps no sessions")


async def test_an_id_that_was_changed_is_not_found(bench: Workbench) -> None:
    session = await instance(bench).open()
    id = session.headers["mcp-session-id"]
    for forged in (id[:-2], id[:-2] + ("AA" if id[-2:] != "AA" else "BB"), "x", "", id + "A", "ä" * 50):
        session.headers["mcp-session-id"] = forged
        assert (await session.call("echo", {"text": "hi"}).reply()).status == 404


async def test_a_session_expires(bench: Workbench) -> None:
    clock = Clock()
    session = await instance(bench, clock=clock).open()
    clock.now += 24 * 3600 - 1
    assert (await elsewhere(session, bench, clock=clock).call("echo", {"text": "hi"}).reply()).status == 200
    clock.now += 1
    assert (await elsewhere(session, bench, clock=clock).call("echo", {"text": "hi"}).reply()).status == 404


async def test_a_new_id_does_not_renew_a_session(bench: Workbench) -> None:
    clock = Clock()
    session = await instance(bench, clock=clock).open()
    for level in ("error", "info"):
        clock.now += 12 * 3600 - 1
        reply = await elsewhere(session, bench, clock=clock).post(
            request("logging/setLevel", {"level": level})
        )
        session.headers["mcp-session-id"] = reply.headers["mcp-session-id"]
    for status in (200, 404):
        clock.now += 1
        assert (await elsewhere(session, bench, clock=clock).post(request("ping"))).status == status


async def test_a_session_outlives_an_exchange_of_keys_while_the_old_one_is_known(bench: Workbench) -> None:
    session = await instance(bench).open()
    new = b"n" * 32
    status = [
        (
            await elsewhere(session, bench, key=new, previous=previous).call("echo", {"text": "hi"}).reply()
        ).status
        for previous in ((KEY,), ())
    ]
    assert status == [200, 404]


async def test_a_session_belongs_to_who_opened_it(bench: Workbench) -> None:
    params = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"},
    }
    client = instance(bench)
    for opened_by, used_by, status in (
        ("ann", "ann", 200),
        ("ann", "bob", 404),
        ("ann", None, 404),
        (None, "ann", 404),
    ):
        opened = await client.post(request("initialize", params), user=opened_by)
        headers: dict[str, str | None] = {"mcp-session-id": opened.headers["mcp-session-id"]}
        assert (await client.post(request("ping"), headers, user=used_by)).status == status


async def test_ids_are_never_the_same(bench: Workbench) -> None:
    client = instance(bench)
    ids = {(await client.open()).headers["mcp-session-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_nothing_is_kept_of_a_session(bench: Workbench) -> None:
    client = instance(bench)
    for _ in range(3):
        session = await client.open()
        await session.call("report", meta={"progressToken": 1}).reply()
        await session.post(request("logging/setLevel", {"level": "error"}))
    assert not bench.server.changes._listeners
    assert not len(client.app._served.endpoint.sessions)


async def test_a_call_whose_client_is_gone_is_cancelled(bench: Workbench) -> None:
    session = await instance(bench).open()
    call = session.call("report_and_wait", meta={"progressToken": 1})
    await call.event()
    call.disconnect()
    await call.task
    assert bench.ended == ["cancelled"]


async def test_a_client_that_says_too_much_of_itself_is_refused_by_the_limit(bench: Workbench) -> None:
    params = {
        "protocolVersion": "2025-11-25",
        "capabilities": {"experimental": {"x": {"y": "z" * Limits().max_header_bytes}}},
        "clientInfo": {"name": "t", "version": "1"},
    }
    reply = await instance(bench).post(request("initialize", params))
    assert reply.status == 400
    assert reply.error["data"]["limit"] == "max_header_bytes"


async def test_no_secret_is_in_an_id(bench: Workbench) -> None:
    id = (await instance(bench).open()).headers["mcp-session-id"]
    body = json.loads(urlsafe_b64decode(id + "=" * (-len(id) % 4))[32:])
    assert body[1][:4] == ["2025-11-25", {}, {"name": "test", "version": "1"}, "info"]


async def test_both_eras_are_served_side_by_side(bench: Workbench) -> None:
    client = instance(bench)
    assert (await client.call("echo", {"text": "hi"}).reply()).status == 200
    assert TransportConfig().path == client.path
