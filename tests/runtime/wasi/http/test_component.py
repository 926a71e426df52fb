"""What a component behind wasi:http does that a server with sockets does not; and what goes wrong inside."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from tests.runtime.http.asgi import Client, request
from tests.runtime.http.workbench import Workbench
from tests.runtime.wasi.http.conftest import KEY, Begin
from tests.runtime.wasi.http.standin import Host, InputStream, StandIn, end

from mcpgen_runtime import RequestContext, Server
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.http.app import HttpApp
from mcpgen_runtime.transports.wasi import exchange as exchange_module
from mcpgen_runtime.transports.wasi import http
from mcpgen_runtime.transports.wasi.bindings import Finalizer, Wasi, lend_finalizer
from mcpgen_runtime.transports.wasi.http import HttpComponent, _Lines

pytestmark = pytest.mark.anyio

Json = dict[str, Any]


def serving(*tools: Callable[..., Any], **options: Any) -> Callable[[], Server]:
    def make() -> Server:
        server = Server("test", "1", **options)
        for tool in tools:
            server.add_tool({"name": tool.__name__, "inputSchema": {"type": "object"}}, tool)
        return server

    return make


def hello(arguments: Json, ctx: RequestContext) -> str:
    return "hello"


@pytest.fixture(autouse=True)
def looked_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients are missed soon."""
    monkeypatch.setattr(exchange_module, "LOOK_SECONDS", 0.05)


# What the environment says.


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "MCPGEN_KEY is not set: it must hold a key of at least 32 bytes"),
        ({"MCPGEN_KEY": " , "}, "MCPGEN_KEY is not set"),
        ({"MCPGEN_KEY": "short"}, "MCPGEN_KEY has 5 bytes: it must have 32 or more"),
        ({"MCPGEN_KEY": f"{KEY},short"}, "MCPGEN_KEY has 5 bytes"),
        ({"MCPGEN_KEY": KEY, "MCPGEN_STREAM_SECONDS": "soon"}, "MCPGEN_STREAM_SECONDS must be a number"),
        ({"MCPGEN_KEY": KEY, "MCPGEN_STREAM_SECONDS": "inf"}, "MCPGEN_STREAM_SECONDS must be a number"),
        (
            {"MCPGEN_KEY": KEY, "MCPGEN_ALLOWED_HOSTS": "UPPER"},
            "allowed_hosts must be host names",
        ),
    ],
)
async def test_what_is_not_set_up_serves_nobody_and_says_why(
    begin: Begin, environment: dict[str, str], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(begin(environment=environment))
    for exchange in (client.call("echo", {"text": "hi"}), client.send(request("initialize", {}))):
        reply = await exchange.reply()
        assert reply.status == 500
        assert reply.error["code"] == -32603
        assert said in reply.error["message"]
    assert said in caplog.text
    assert KEY not in caplog.text


async def test_keys_can_be_exchanged(begin: Begin) -> None:
    opened = await Client(begin()).open()
    for environment, status in ((f"{'n' * 32}, {KEY}", 200), ("n" * 32, 404)):
        app = begin(environment={"MCPGEN_KEY": environment})
        reply = await Client(app, opened.headers).post(request("ping"))
        assert reply.status == status


async def test_hosts_and_pages_are_allowed_by_the_environment(begin: Begin) -> None:
    environment = {
        "MCPGEN_KEY": KEY,
        "MCPGEN_ALLOWED_HOSTS": "mcp.example, other.example",
        "MCPGEN_ALLOWED_ORIGINS": "https://app.example",
    }
    client = Client(begin(environment=environment))
    for host, origin, status in (
        ("other.example", "https://app.example", 200),
        ("localhost", None, 403),
        ("mcp.example", "http://localhost", 403),
    ):
        reply = await client.modern("tools/list", headers={"host": host, "origin": origin}).reply()
        assert reply.status == status


# What is sent as it comes.


async def test_events_are_sent_as_they_are_made(begin: Begin) -> None:
    go = threading.Event()

    async def report(arguments: Json, ctx: RequestContext) -> str:
        await ctx.progress(1)
        while not go.is_set():
            await asyncio.sleep(0.01)
        return "reported"

    call = Client(begin(serving(report))).call("report", meta={"progressToken": 1})
    assert (await call.event()).json["method"] == "notifications/progress"
    go.set()
    assert (await call.event()).json["result"]["content"][0]["text"] == "reported"
    await call.reply()


async def test_a_listen_stream_tells_what_its_instance_changes(begin: Begin) -> None:
    @asynccontextmanager
    async def lifespan(server: Server) -> AsyncIterator[None]:
        async def changes() -> None:
            while True:
                await asyncio.sleep(0.02)
                server.resource_updated("test://a")

        server.background(changes())
        yield

    def make() -> Server:
        server = Server("test", "1", lifespan=lifespan)
        server.add_resource({"uri": "test://a", "name": "a"}, lambda uri, ctx: "A")
        return server

    client = Client(begin(make, keep_alive_seconds=0.03))
    listening = client.modern(
        "subscriptions/listen", {"notifications": {"resourceSubscriptions": ["test://a"]}}
    )
    assert (await listening.event()).json["method"] == "notifications/subscriptions/acknowledged"
    assert (await listening.event()).json["params"]["uri"] == "test://a"
    listening.disconnect()
    await listening.task


async def test_a_listen_stream_ends_with_its_result_where_the_environment_limits_it(begin: Begin) -> None:
    app = begin(environment={"MCPGEN_KEY": KEY, "MCPGEN_STREAM_SECONDS": "0.05"})
    app.keep = True
    for _ in range(2):  # the instance goes on
        listening = Client(app).modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        *_, last = (await listening.reply()).messages
        assert last["result"]["resultType"] == "complete"


async def test_a_stream_on_which_nothing_happens_is_kept_alive(begin: Begin) -> None:
    client = Client(begin(keep_alive_seconds=0.02))
    listening = client.modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    await listening.event()
    await listening._until(lambda: listening.body.count(b"\n:\n\n") >= 2 or b":\n\n:\n\n" in listening.body)
    listening.disconnect()
    await listening.task


async def test_more_than_the_host_takes_at_once_is_sent_in_pieces(begin: Begin) -> None:
    def long(arguments: Json, ctx: RequestContext) -> str:
        return "x" * 300_000

    call = Client(begin(serving(long))).call("long")
    call.stop_reading()
    await asyncio.sleep(0.1)
    call.read_on()
    assert len((await call.reply()).json["result"]["content"][0]["text"]) == 300_000


# Who is gone, and who does not read.


async def test_a_call_whose_client_is_gone_is_cancelled(begin: Begin) -> None:
    bench = Workbench()
    call = Client(begin(lambda: bench.server)).call("report_and_wait", meta={"progressToken": 1})
    await call.event()
    call.disconnect()
    await call.task
    assert bench.ended == ["cancelled"]


async def test_a_reader_that_stops_is_given_up(begin: Begin) -> None:
    async def flood(arguments: Json, ctx: RequestContext) -> str:
        for step in range(10_000):
            await ctx.progress(step, message="x" * 1000)
            await asyncio.sleep(0)
        return "never"

    app = begin(serving(flood), limits=Limits(write_seconds=0.1))
    call = Client(app).call("flood", meta={"progressToken": 1})
    await call.event()
    call.stop_reading()
    await asyncio.sleep(0.5)
    call.read_on()
    await call.task
    assert not call.done


async def test_a_body_that_does_not_come_times_out(begin: Begin) -> None:
    client = Client(begin(message_seconds=0.05))
    exchange = client.request("POST", b"{", complete=False)
    assert (await exchange.started()) == 408
    await exchange.reply()


# What goes wrong inside.


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, MemoryError, ValueError])
@pytest.mark.parametrize("waits", [False, True])
async def test_a_handler_that_raises_is_an_internal_error(
    begin: Begin, error: type[BaseException], waits: bool
) -> None:
    async def fails(arguments: Json, ctx: RequestContext) -> str:
        if waits:
            await asyncio.sleep(0.01)
        raise error("secret")

    reply = await Client(begin(serving(fails))).call("fails").reply()
    assert reply.error["code"] == -32603
    assert b"secret" not in reply.body


@pytest.mark.parametrize("error", [SystemExit, ValueError])
async def test_an_app_that_raises_is_an_internal_error(
    begin: Begin,
    error: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails(self: HttpApp, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/late":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        raise error("secret")

    monkeypatch.setattr(HttpApp, "__call__", fails)
    client = Client(begin())
    reply = await client.call("echo").reply()
    assert (reply.status, reply.error["code"]) == (500, -32603)
    assert reply.error["data"]["correlationId"] in caplog.text
    assert b"secret" not in reply.body
    assert "secret" in caplog.text
    late = client.request("POST", path="/late")
    await late.task
    assert (late.status, late.body, late.done) == (200, b"begun", False)


async def test_a_server_that_does_not_start_says_so(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    @asynccontextmanager
    async def lifespan(server: Server) -> AsyncIterator[None]:
        raise OSError("no database")
        yield

    client = Client(begin(serving(hello, lifespan=lifespan)))
    for _ in range(2):
        reply = await client.call("hello").reply()
        assert reply.status == 500
        assert reply.error == {"code": -32603, "message": "The server did not start; its log says why"}
    assert "no database" in caplog.text


async def test_an_instance_that_is_not_set_up_says_so_to_every_request(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> None:
        raise OSError("no randomness")

    app = begin()
    app.keep = True
    monkeypatch.setattr(http, "reseed", fails)
    for _ in range(2):
        reply = await Client(app).call("echo", {"text": "hi"}).reply()
        assert reply.status == 500
        assert reply.error == {"code": -32603, "message": "The server did not start; its log says why"}
    assert "no randomness" in caplog.text


def test_nothing_leaves_a_component_whose_host_is_another(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing() -> Wasi:
        raise ModuleNotFoundError("wit_world.imports.wall_clock")

    monkeypatch.setattr(http, "Wasi", missing)
    component = HttpComponent(Workbench().server)
    component.handle(object(), object())
    assert "wall_clock" in caplog.text
    end(component._loop)


async def test_headers_that_cannot_be_sent_are_an_internal_error(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wrong(self: HttpApp, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a b", b"c")]})
        await send({"type": "http.response.body", "body": b""})

    monkeypatch.setattr(HttpApp, "__call__", wrong)
    assert (await Client(begin()).call("echo").reply()).status == 500


# One instance after another, or one for all.


@pytest.fixture(params=[False, True], ids=["an instance for each", "one instance"])
def app(request: pytest.FixtureRequest, begin: Begin) -> Iterator[StandIn]:
    app = begin()
    app.keep = request.param
    yield app
    if app.keep:
        assert len(app.hosts) == 1


async def test_requests_come_one_after_the_other(app: StandIn) -> None:
    client = Client(app)
    session = await client.open("2025-06-18")
    for text in ("one", "two"):
        echoed = await session.call("echo", {"text": text}).reply()
        assert echoed.json["result"]["content"][0]["text"] == text
        reply = await client.call("report", meta={"progressToken": 1}).reply()
        assert len(reply.events) == 3


async def test_paths_and_queries_come_through(begin: Begin) -> None:
    client = Client(begin(path="/mcp-ä"))
    reply = await client.modern("tools/list").reply()
    assert reply.status == 404
    client.path = "/mcp-%C3%A4?x=1"
    assert (await client.modern("tools/list").reply()).status == 200


async def test_unknown_http_methods_are_not_allowed(client: Client) -> None:
    for method in ("PUT", "BREW", "HEAD", "OPTIONS"):
        assert (await client.request(method).reply()).status == 405


def test_what_is_printed_is_written_line_by_line() -> None:
    class Written:
        now = time = sleep = random = None
        written: list[str] = []  # noqa: RUF012

        def write(self, text: str) -> None:
            self.written.append(text)

    wasi = Written()
    lines = _Lines(wasi)  # type: ignore[arg-type]
    for text in ("a", "\n", "b\nc\n", "d"):
        lines.write(text)
    assert wasi.written == ["a\n", "b\nc\n"]


def test_time_and_chance_are_the_hosts() -> None:
    host = Host({"A": "1"})
    sys.modules.update(host.modules())
    wasi = Wasi()
    before = wasi.now()
    wasi.sleep(0.01)
    assert wasi.now() - before >= 0.01
    assert abs(wasi.time() - time.time()) < 5
    assert len(wasi.random(16)) == 16
    assert wasi.environment() == {"A": "1"}
    wasi.write("ä" * 5000)
    assert host.stderr == "ä" * 5000
    wasi.write("")
    assert not host.alive


# What a request costs.


async def test_a_call_that_never_waits_asks_for_no_time(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = begin(serving(hello))
    app.keep = True
    client = Client(app)
    await client.call("hello").reply()
    read = InputStream.read

    def arrived(self: InputStream, size: int) -> bytes:
        while not self._request.ended:
            time.sleep(0.001)
        return read(self, size)

    monkeypatch.setattr(InputStream, "read", arrived)
    asked: list[int] = []
    now = Wasi.now

    def counted(self: Wasi) -> float:
        asked.append(1)
        return now(self)

    monkeypatch.setattr(Wasi, "now", counted)
    assert (await client.call("hello").reply()).status == 200
    assert not asked


async def test_tasks_go_on_between_calls_that_never_wait(begin: Begin) -> None:
    seen: list[int] = []

    @asynccontextmanager
    async def lifespan(server: Server) -> AsyncIterator[None]:
        async def count() -> None:
            while True:
                await asyncio.sleep(0.01)
                seen.append(1)

        server.background(count())
        yield

    app = begin(serving(hello, lifespan=lifespan))
    app.keep = True
    client = Client(app)
    for calls in range(1, 5):
        app.keep = calls < 4
        assert (await client.call("hello").reply()).status == 200
        await asyncio.sleep(0.02)
        assert len(seen) >= calls - 2


def test_a_resource_that_is_forgotten_is_dropped() -> None:
    dropped: list[Any] = []
    for detached in (False, True):
        resource = SimpleNamespace()
        resource.finalizer = Finalizer(resource, lambda *what: dropped.append(what), 7, detached)
        if detached:
            args = resource.finalizer.detach()[2]
            assert args == (7, True)
        del resource
    assert dropped == [(7, False)]


def test_the_finalizer_is_lent_until_the_first_request() -> None:
    before = weakref.finalize
    lend_finalizer()
    try:
        assert weakref.finalize is Finalizer  # type: ignore[comparison-overlap]
        sys.modules.update(Host({}).modules())
        Wasi()
        assert weakref.finalize is before
    finally:
        weakref.finalize = before  # type: ignore[misc]
