"""Readers that stop reading, and the pieces that event streams are made of."""

from __future__ import annotations

import asyncio

import pytest
from tests.runtime.http.asgi import Client, parse_event, request
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http import HttpApp
from mcpgen_runtime.transports.http.asgi import in_time
from mcpgen_runtime.transports.http.events import EventStream, named_event, numbered_event, priming_event
from mcpgen_runtime.transports.http.negotiation import accepts

pytestmark = pytest.mark.anyio

TOKEN = {"progressToken": "t"}


def impatient(bench: Workbench, *, unsent: int = 10**9, seconds: float = 60) -> Client:
    limits = Limits(max_unsent_bytes=unsent, write_seconds=seconds)
    return Client(HttpApp(ServerCore(bench.server), TransportConfig(limits=limits)))


async def test_modern_reader_that_stops_is_dropped_and_its_call_cancelled(bench: Workbench) -> None:
    client = impatient(bench, seconds=0.05)
    stuck = client.call("report_and_wait", meta=TOKEN)
    stuck.stop_reading()
    await asyncio.wait_for(stuck.task, 5)
    assert not stuck.done
    assert bench.ended == ["cancelled"]
    assert (await client.call("echo", {"text": ""}).reply()).status == 200
    await client.app.close()


async def test_reader_that_lets_too_much_wait_is_dropped(bench: Workbench) -> None:
    client = impatient(bench, unsent=50_000, seconds=0.2)
    session = await client.open()
    stuck = session.call("flood", meta=TOKEN)
    await stuck.event()
    stuck.stop_reading()
    others = [await session.post(request("ping", id=n)) for n in range(10, 30)]
    assert all(other.status == 200 for other in others)
    await asyncio.wait_for(stuck.task, 5)
    assert not stuck.done
    assert len(stuck.body) < 200_000
    await client.app.close()


async def test_call_of_a_session_survives_its_slow_reader(bench: Workbench) -> None:
    client = impatient(bench, seconds=0.05)
    session = await client.open()
    stuck = session.call("report_and_wait", meta=TOKEN)
    priming = await stuck.event()
    stuck.stop_reading()
    bench.go.set()
    await asyncio.wait_for(stuck.task, 5)
    assert not stuck.done
    assert "result" in (await session.listen(priming.id).reply()).messages[-1]
    await client.app.close()


async def test_slow_reader_that_reads_on_in_time_gets_everything(bench: Workbench) -> None:
    client = impatient(bench)
    slow = client.call("flood", {"reports": 50}, meta=TOKEN)
    await slow.event()
    slow.stop_reading()
    await asyncio.sleep(0.01)
    slow.read_on()
    assert len((await slow.reply()).messages) == 51
    await client.app.close()


async def test_closing_the_app_cancels_what_takes_longer_than_it_may(
    client: Client, bench: Workbench
) -> None:
    session = await client.open()
    calls = [client.call("wait"), session.call("wait"), client.call("report_and_wait", meta=TOKEN)]
    await calls[2].event()
    await bench.began.wait()
    await client.app.close(drain_seconds=0.01)
    modern, legacy, talking = calls
    assert (await modern.reply()).status == 503
    assert (await legacy.reply()).status == 503
    await asyncio.wait_for(talking.task, 5)
    assert bench.ended == ["cancelled"] * 3


async def test_closing_the_app_lets_calls_in_flight_end(client: Client, bench: Workbench) -> None:
    session = await client.open()
    calls = [client.call("wait"), session.call("wait"), client.call("report_and_wait", meta=TOKEN)]
    await calls[2].event()
    await bench.began.wait()
    closing = asyncio.ensure_future(client.app.close())
    for _ in range(20):
        await asyncio.sleep(0)
    bench.go.set()
    await closing
    for call in calls:
        assert (await call.reply()).status == 200
    assert bench.ended == ["done"] * 3


# Streams.


async def test_stream_gives_all_that_waits_at_once() -> None:
    stream = EventStream(100)
    stream.put(b"a")
    stream.put(b"b")
    assert await stream.next(60) == b"ab"
    stream.put(b"c")
    stream.end()
    stream.put(b"d")
    assert await stream.next(60) == b"c"
    assert await stream.next(60) == b""


async def test_stream_breaks_off_when_more_waits_than_allowed() -> None:
    stream = EventStream(3)
    for frame in (b"abc", b"d"):
        stream.put(frame)
        assert not stream.broken
    stream.put(b"e")
    assert stream.broken
    assert await stream.next(60) == b""


async def test_single_event_may_be_larger_than_what_may_wait() -> None:
    stream = EventStream(3)
    stream.put(b"x" * 100)
    stream.end()
    assert await stream.next(60) == b"x" * 100


async def test_stream_counts_what_waits_not_what_was_taken() -> None:
    stream = EventStream(3)
    for _ in range(3):
        stream.put(b"abc")
        assert await stream.next(60) == b"abc"
    assert not stream.broken


def test_events_say_what_they_are() -> None:
    primed = parse_event(priming_event(3, 0, 500).decode().strip("\n"))
    numbered = parse_event(numbered_event(3, 1, b"{}").decode().strip("\n"))
    named = parse_event(named_event(b"endpoint", b"/x").decode().strip("\n"))
    assert primed and (primed.id, primed.retry, primed.data) == ("3-0", 500, "")
    assert numbered and (numbered.id, numbered.data) == ("3-1", "{}")
    assert named and (named.name, named.data) == ("endpoint", "/x")


@pytest.mark.parametrize(
    ("accept", "allowed"),
    [
        (b"*/*", True),
        (b"text/*;q=0", False),
        (b"text/*;q=0, text/event-stream", True),
        (b"text/event-stream;q=0.001", True),
    ],
)
def test_most_specific_range_of_accept_decides(accept: bytes, allowed: bool) -> None:
    assert accepts(accept, b"text/event-stream") is allowed


# Waiting.


async def test_what_is_there_already_is_not_waited_for() -> None:
    async def ready() -> int:
        return 5

    assert await in_time(ready(), 0) == 5


async def test_what_comes_later_is_waited_for() -> None:
    async def later() -> int:
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        return 5

    assert await in_time(later(), 5) == 5


async def test_what_takes_too_long_is_told_so_and_may_clean_up() -> None:
    ended: list[str] = []

    async def never() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append("cleaned up")

    with pytest.raises(TimeoutError):
        await in_time(never(), 0.001)
    assert ended == ["cleaned up"]


async def test_error_of_what_is_waited_for_comes_through() -> None:
    async def broken(pause: bool) -> None:
        if pause:
            await asyncio.sleep(0)
        raise KeyError("x")

    for pause in (False, True):
        with pytest.raises(KeyError):
            await in_time(broken(pause), 5)


async def test_awaitables_other_than_coroutines_can_be_waited_for() -> None:
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    future.set_result(5)
    assert await in_time(future, 5) == 5
