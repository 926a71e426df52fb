"""What every event stream has in common, whatever opened it: headers that keep it flowing, and comments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from tests.runtime.http.asgi import Client, Exchange
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http import HttpApp

pytestmark = pytest.mark.anyio

TOKEN = {"progressToken": 1}
Open = Callable[[Client], Awaitable[Exchange]]


async def call(client: Client) -> Exchange:
    return client.call("report_and_wait", meta=TOKEN)


async def listen(client: Client) -> Exchange:
    return client.modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}})


async def call_of_a_session(client: Client) -> Exchange:
    return (await client.open()).call("report_and_wait", meta=TOKEN)


async def silent_call_of_a_session(client: Client) -> Exchange:
    return (await client.open()).call("wait")


async def stream_of_a_session(client: Client) -> Exchange:
    return (await client.open()).listen()


async def resumed_stream(client: Client) -> Exchange:
    session = await client.open()
    broken = session.call("report_and_wait", meta=TOKEN)
    first = await broken.event()
    broken.disconnect()
    await broken.task
    return session.listen(first.id)


async def http_sse(client: Client) -> Exchange:
    return client.request("GET", path="/sse")


@pytest.mark.parametrize(
    "opened",
    [
        call,
        listen,
        call_of_a_session,
        silent_call_of_a_session,
        stream_of_a_session,
        resumed_stream,
        http_sse,
    ],
    ids=lambda opened: opened.__name__,
)
async def test_stream_is_not_held_back_and_kept_alive_by_comments(bench: Workbench, opened: Open) -> None:
    app = HttpApp(ServerCore(bench.server), TransportConfig(keep_alive_seconds=0.01))
    stream = await opened(Client(app))
    await stream._until(lambda: stream.body.count(b":\n\n") >= 3)
    assert stream.status == 200
    assert stream.headers["content-type"] == "text/event-stream"
    assert stream.headers["cache-control"] == "no-cache, no-transform"
    assert stream.headers["x-accel-buffering"] == "no"
    stream.disconnect()
    await stream.task
    bench.go.set()
    await app.close(drain_seconds=0)
