"""Event streams of sessions: GET streams, event ids, and what a client gets again after a disconnect."""

from __future__ import annotations

import asyncio

import pytest
from tests.runtime.http.asgi import Client, Exchange, request
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http import HttpApp

pytestmark = pytest.mark.anyio

TOKEN = {"progressToken": "t"}


async def gone(exchange: Exchange) -> None:
    exchange.disconnect()
    await asyncio.wait_for(exchange.task, 5)


# GET streams.


async def test_get_stream_tells_what_belongs_to_no_request(client: Client, bench: Workbench) -> None:
    session = await client.open()
    stream = session.listen()
    assert await stream.started() == 200
    await session.call("change").reply()
    assert (await stream.event()).data == ""
    assert (await stream.event()).json["method"] == "notifications/tools/list_changed"


async def test_change_goes_to_one_stream_only_the_newest_that_is_read(client: Client) -> None:
    session = await client.open("2025-06-18")
    old, new = session.listen(), session.listen()
    await old.started()
    await new.started()
    await session.call("change").reply()
    await new.event()
    assert old.events == []
    await gone(new)
    await session.call("change").reply()
    await old.event()
    assert len(old.events) == 1


async def test_changes_are_lost_while_nobody_ever_listened(client: Client) -> None:
    session = await client.open("2025-06-18")
    await session.call("change").reply()
    stream = session.listen()
    await stream.started()
    await session.call("change").reply()
    await stream.event()
    assert len(stream.events) == 1


async def test_ninth_stream_of_a_session_ends_the_first(client: Client) -> None:
    session = await client.open()
    first, *others = [session.listen() for _ in range(9)]
    await others[-1].started()
    await first.reply()
    assert not any(other.done for other in others)


async def test_answers_never_go_to_a_get_stream(client: Client) -> None:
    session = await client.open("2025-06-18")
    stream = session.listen()
    await stream.started()
    await session.call("report", meta=TOKEN).reply()
    assert stream.events == []


async def test_get_stream_ends_when_the_app_is_closed(client: Client) -> None:
    session = await client.open()
    stream = session.listen()
    await stream.started()
    await client.app.close()
    await stream.reply()


async def test_quiet_stream_is_kept_alive_by_comments(bench: Workbench) -> None:
    client = Client(HttpApp(ServerCore(bench.server), TransportConfig(keep_alive_seconds=0.01)))
    stream = (await client.open()).listen()
    await stream._until(lambda: stream.body.count(b":\n\n") >= 3)
    await client.app.close()


# Priming and ids.


@pytest.mark.parametrize("revision", ["2025-03-26", "2025-06-18", "2025-11-25"])
async def test_events_are_numbered_on_their_stream(client: Client, revision: str) -> None:
    session = await client.open(revision)
    one = await session.call("report", meta=TOKEN).reply()
    two = await session.call("report", meta=TOKEN).reply()
    ids = [event.id for event in one.events + two.events]
    assert len(set(ids)) == len(ids)
    assert [event.id.partition("-")[0] for event in one.events if event.id] == ["1"] * len(one.events)


async def test_streams_of_2025_11_25_begin_with_an_id_to_resume_from(
    client: Client, bench: Workbench
) -> None:
    session = await client.open()
    for exchange in (session.listen(), session.call("report_and_wait", meta=TOKEN)):
        first = await exchange.event()
        assert (first.data, first.retry) == ("", 1000)
        assert first.id
    bench.go.set()


@pytest.mark.parametrize("revision", ["2025-03-26", "2025-06-18"])
async def test_older_clients_get_no_event_without_data(client: Client, revision: str) -> None:
    session = await client.open(revision)
    reply = await session.call("report", meta=TOKEN).reply()
    assert all(event.data and event.retry is None for event in reply.events)


# Resuming.


async def test_call_goes_on_and_its_answer_is_fetched_after_a_disconnect(
    client: Client, bench: Workbench
) -> None:
    session = await client.open("2025-06-18")
    call = session.call("report_and_wait", meta=TOKEN)
    seen = await call.event()
    await gone(call)
    bench.go.set()
    resumed = await session.listen(seen.id).reply()
    report, answer = resumed.messages
    assert report["params"]["progress"] == 2
    assert answer["result"]["content"][0]["text"] == "reported"


async def test_resumed_stream_goes_on_live_until_the_answer(client: Client, bench: Workbench) -> None:
    session = await client.open()
    call = session.call("report_and_wait", meta=TOKEN)
    priming = await call.event()
    await gone(call)
    resumed = session.listen(priming.id)
    assert (await resumed.event()).json["params"]["progress"] == 1
    assert not resumed.done
    bench.go.set()
    assert (await resumed.event()).json["params"]["progress"] == 2
    assert "result" in (await resumed.event()).json
    await resumed.reply()


async def test_only_what_followed_on_that_stream_is_sent_again(client: Client) -> None:
    session = await client.open("2025-06-18")
    one = await session.call("report", meta=TOKEN).reply()
    await session.call("report", meta={"progressToken": "other"}).reply()
    again = await session.listen(one.events[0].id).reply()
    assert [event.id for event in again.events] == [event.id for event in one.events[1:]]


async def test_complete_stream_is_sent_again_as_often_as_wanted(client: Client) -> None:
    session = await client.open("2025-06-18")
    one = await session.call("report", meta=TOKEN).reply()
    for _ in range(2):
        again = await session.listen(one.events[-2].id).reply()
        assert again.messages == one.messages[-1:]


async def test_get_stream_is_resumed_with_what_came_meanwhile(client: Client) -> None:
    session = await client.open()
    stream = session.listen()
    priming = await stream.event()
    await gone(stream)
    await session.call("change").reply()
    resumed = session.listen(priming.id)
    assert (await resumed.event()).json["method"] == "notifications/tools/list_changed"
    await session.call("change").reply()
    assert (await resumed.event()).json["method"] == "notifications/tools/list_changed"


async def test_resuming_takes_the_stream_from_its_former_reader(client: Client, bench: Workbench) -> None:
    session = await client.open()
    call = session.call("report_and_wait", meta=TOKEN)
    priming = await call.event()
    resumed = session.listen(priming.id)
    await call.reply()
    bench.go.set()
    assert "result" in (await resumed.reply()).messages[-1]


@pytest.mark.parametrize("id", ["", "1", "1-99", "9-0", "x-y", "1-1-1", "-1-1", "1-" + "9" * 30, "²-1"])
async def test_unknown_event_is_refused_by_name(client: Client, id: str) -> None:
    session = await client.open("2025-06-18")
    await session.call("report", meta=TOKEN).reply()
    reply = await session.listen(id).reply()
    assert reply.status == 400
    assert "Last-Event-ID" in reply.error["message"]


async def test_server_may_hang_up_and_be_polled(client: Client, bench: Workbench) -> None:
    session = await client.open()
    call = await session.call("hang_up", meta=TOKEN).reply()
    (priming,) = call.events
    assert (priming.data, priming.retry) == ("", 1000)
    resumed = session.listen(priming.id)
    assert (await resumed.event()).json["params"]["progress"] == 1
    bench.go.set()
    assert (await resumed.reply()).messages[-1]["result"]["content"][0]["text"] == "still here"


@pytest.mark.parametrize("revision", ["2025-03-26", "2025-06-18"])
async def test_server_does_not_hang_up_on_older_clients(
    client: Client, bench: Workbench, revision: str
) -> None:
    session = await client.open(revision)
    call = session.call("hang_up")
    await bench.began.wait()
    bench.go.set()
    assert (await call.reply()).json["result"]["content"][0]["text"] == "still here"


async def test_server_does_not_hang_up_on_modern_clients(client: Client, bench: Workbench) -> None:
    bench.go.set()
    assert (await client.call("hang_up").reply()).json["result"]["content"][0]["text"] == "still here"


# What is kept.


async def test_no_more_events_are_kept_than_configured(bench: Workbench) -> None:
    client = Client(HttpApp(ServerCore(bench.server), TransportConfig(max_replay_events=3)))
    session = await client.open()
    flood = session.call("flood", {"reports": 20}, meta=TOKEN)
    priming = await flood.event()
    await flood.reply()
    last = flood.events[-1].id
    assert last is not None
    stream, _, number = last.partition("-")
    assert len((await session.listen(f"{stream}-{int(number) - 3}").reply()).messages) == 3
    for lost in (priming.id, f"{stream}-{int(number) - 4}"):
        assert (await session.listen(lost).reply()).status == 400
    await client.app.close()


async def test_no_more_bytes_are_kept_than_configured(bench: Workbench) -> None:
    client = Client(HttpApp(ServerCore(bench.server), TransportConfig(max_replay_bytes=5000)))
    session = await client.open()
    flood = session.call("flood", {"reports": 20}, meta=TOKEN)
    priming = await flood.event()
    await flood.reply()
    assert (await session.listen(priming.id).reply()).status == 400
    stream, _, number = str(flood.events[-1].id).partition("-")
    again = await session.listen(f"{stream}-{int(number) - 5}").reply()
    assert 4000 < len(again.body) <= 5000
    assert "result" in again.messages[-1]
    await client.app.close()


async def test_streams_that_nobody_fetched_are_forgotten(bench: Workbench) -> None:
    client = Client(HttpApp(ServerCore(bench.server), TransportConfig(replay_seconds=0.05)))
    session = await client.open()
    call = await session.call("report", meta=TOKEN).reply()
    stream = session.listen()
    heard = await stream.event()
    await gone(stream)
    for id in (call.events[0].id, heard.id):
        for _ in range(200):
            exchange = session.listen(id)
            if await exchange.started() == 400:
                break
            await gone(exchange)
            await asyncio.sleep(0.2)
        assert exchange.status == 400
    assert (await session.post(request("ping"))).status == 200
    await client.app.close()


async def test_client_that_left_before_there_was_a_stream_makes_none(
    client: Client, bench: Workbench
) -> None:
    session = await client.open()
    call = session.call("wait_and_report", meta=TOKEN)
    await bench.began.wait()
    await gone(call)
    bench.go.set()
    await session.post(request("ping"))
    assert bench.ended == ["done"]
    assert (await session.listen("1-0").reply()).status == 400
