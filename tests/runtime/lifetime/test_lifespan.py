"""A server's lifespan: entered once before it is served, left once after, however many serve it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from mcpgen_runtime import DefinitionError, RequestContext, Server, ServerCore
from mcpgen_runtime.client import Client, McpError, TcpTransport
from mcpgen_runtime.host import Driver
from mcpgen_runtime.lifetime import LifespanFailed
from mcpgen_runtime.revisions import REVISIONS
from mcpgen_runtime.testing import client
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.living import living
from mcpgen_runtime.transports.memory import MemoryAdapter, pipe
from mcpgen_runtime.transports.serving import serve_all
from mcpgen_runtime.transports.tcp import TcpAdapter

ANY = {"type": "object"}


@dataclass
class Database:
    path: str


happened: list[str] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    happened.clear()


@asynccontextmanager
async def database(server: Server) -> AsyncIterator[Database]:
    happened.append(f"start {server.info.name}")
    try:
        yield Database("here")
    finally:
        happened.append("end")


def served(lifespan: Any = database, **options: Any) -> Server:
    server = Server("s", "1", lifespan=lifespan, **options)

    async def path(arguments: dict[str, Any], ctx: RequestContext) -> str:
        assert ctx.server is server
        happened.append("call")
        return ctx.state(Database).path

    server.add_tool({"name": "path", "inputSchema": ANY}, path)
    return server


async def text(session: Client, tool: str = "path") -> str:
    result = await session.call_tool(tool, {})
    return result.content[0].text  # type: ignore[union-attr]


@pytest.mark.parametrize("revision", REVISIONS)
def test_handlers_get_what_the_lifespan_yields(revision: str) -> None:
    async def main() -> None:
        async with client(served(), revision=revision) as session:
            assert happened == ["start s"]
            assert await text(session) == "here"

    asyncio.run(main())
    assert happened == ["start s", "call", "end"]


def test_it_is_entered_once_per_core_and_again_after_its_end() -> None:
    core = ServerCore(served())

    async def main() -> None:
        async with client(core) as one, client(core) as other:
            assert await text(one) == await text(other) == "here"
        async with client(core) as again:
            assert await text(again) == "here"

    asyncio.run(main())
    assert happened == ["start s", "call", "call", "end", "start s", "call", "end"]
    assert "is over" in core.lifetime.state.reason


def test_several_transports_share_it_and_listen_only_once_it_has_begun() -> None:
    async def main() -> None:
        core = ServerCore(served())
        here, there = pipe()
        addresses: asyncio.Queue[str] = asyncio.Queue()

        def listening(address: str) -> None:
            happened.append("listening")
            addresses.put_nowait(address)

        tcp = TcpAdapter(listening=listening)
        tcp.configure(TransportConfig(port=0))
        serving = asyncio.ensure_future(serve_all(core, [tcp, MemoryAdapter(there, listening=listening)]))
        address = next(each for each in [await addresses.get(), await addresses.get()] if each != "memory")
        host, _, port = address.rpartition(":")
        async with Client(TcpTransport(host, int(port))) as session:
            assert await text(session) == "here"
        here.finish()  # the first to end ends all
        await serving

    asyncio.run(main())
    assert happened == ["start s", "listening", "listening", "call", "end"]


def test_it_ends_after_the_calls_in_flight_are_answered() -> None:
    server = served()
    going = asyncio.Event()

    async def slow(arguments: dict[str, Any], ctx: RequestContext) -> str:
        going.set()
        await asyncio.sleep(0.05)
        happened.append("answered")
        return ctx.state(Database).path

    server.add_tool({"name": "slow", "inputSchema": ANY}, slow)

    async def main() -> None:
        core = ServerCore(server)
        here, there = pipe()
        serving = asyncio.ensure_future(MemoryAdapter(there).serve(core))
        await here.send(
            b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow","_meta":{'
            b'"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
            b'"io.modelcontextprotocol/clientCapabilities":{}}}}\n'
        )
        await going.wait()
        serving.cancel()
        assert b'"text":"here"' in await here.receive()
        here.close()
        await asyncio.wait([serving])

    asyncio.run(main())
    assert happened == ["start s", "answered", "end"]


@pytest.mark.parametrize(
    ("lifespan", "kind", "message"),
    [
        (None, Database, "no state of type Database: the server has no lifespan"),
        (database, int, "no state of type int: the state is a Database"),
    ],
)
def test_a_state_that_is_not_there_is_said_to_be_something_else(
    lifespan: Any, kind: type[Any], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server("s", "1", lifespan=lifespan)
    server.add_tool({"name": "t", "inputSchema": ANY}, lambda arguments, ctx: ctx.state(kind))

    async def main() -> None:
        async with client(server) as session:
            with pytest.raises(McpError, match="Internal error"):
                await session.call_tool("t", {})

    asyncio.run(main())
    assert message in caplog.text


def test_a_server_that_nobody_holds_says_that_its_lifespan_has_not_begun() -> None:
    core = ServerCore(served())
    assert "has not begun" in core.lifetime.state.reason


def test_a_lifespan_that_raises_as_it_starts_is_raised_and_nothing_listens() -> None:
    @asynccontextmanager
    async def failing(server: Server) -> AsyncIterator[None]:
        raise ConnectionRefusedError("no database")
        yield

    listening: list[str] = []

    async def main() -> None:
        tcp = TcpAdapter(listening=listening.append)
        tcp.configure(TransportConfig(port=0))
        with pytest.raises(LifespanFailed, match="did not start: ConnectionRefusedError: no database"):
            await serve_all(ServerCore(served(failing)), [tcp])
        with pytest.raises(LifespanFailed):
            async with client(served(failing)):
                raise AssertionError("it did not start")

    asyncio.run(main())
    assert listening == []


def test_a_lifespan_that_raises_as_it_ends_is_raised_instead_of_a_cancellation() -> None:
    @asynccontextmanager
    async def failing(server: Server) -> AsyncIterator[None]:
        yield
        raise OSError("disk full")

    async def main() -> None:
        _, there = pipe()
        serving = asyncio.ensure_future(serve_all(ServerCore(served(failing)), [MemoryAdapter(there)]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        serving.cancel()
        with pytest.raises(LifespanFailed, match="failed as it ended: OSError: disk full") as failed:
            await serving
        assert failed.value.phase == "end"

    asyncio.run(main())


def test_what_else_went_wrong_goes_before_a_lifespan_that_fails_as_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @asynccontextmanager
    async def failing(server: Server) -> AsyncIterator[None]:
        yield
        raise OSError("disk full")

    async def main() -> None:
        with pytest.raises(KeyError):
            async with client(served(failing)):
                raise KeyError

    asyncio.run(main())
    assert "disk full" in caplog.text


def test_task_groups_begin_and_end_in_one_task() -> None:
    """The first adapter to begin is not the last to end, and yet nothing is left in another task."""

    @asynccontextmanager
    async def grouped(server: Server) -> AsyncIterator[Database]:
        task = asyncio.current_task()
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            ticking = group.create_task(asyncio.sleep(60))
            yield Database("here")
            ticking.cancel()
        assert asyncio.current_task() is task
        happened.append("end")

    async def main() -> None:
        core = ServerCore(served(grouped))
        first, second = living(core), living(core)
        await asyncio.create_task(first.__aenter__())
        await asyncio.create_task(second.__aenter__())
        await asyncio.create_task(first.__aexit__(None, None, None))
        assert happened == []
        await asyncio.create_task(second.__aexit__(None, None, None))

    asyncio.run(main())
    assert happened == ["end"]


def test_those_who_come_while_it_starts_or_ends_wait_for_that() -> None:
    start, end = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def slow(server: Server) -> AsyncIterator[Database]:
        await start.wait()
        happened.append("start")
        yield Database("here")
        await end.wait()
        happened.append("end")

    async def main() -> None:
        core = ServerCore(served(slow))
        one, other, third = living(core), living(core), living(core)
        entering = [asyncio.ensure_future(each.__aenter__()) for each in (one, other)]
        await asyncio.sleep(0)
        assert not any(each.done() for each in entering)
        start.set()
        await asyncio.gather(*entering)
        await one.__aexit__(None, None, None)
        leaving = asyncio.ensure_future(other.__aexit__(None, None, None))
        await asyncio.sleep(0)
        entering = [asyncio.ensure_future(third.__aenter__())]
        await asyncio.sleep(0)
        assert happened == ["start"]
        end.set()
        await asyncio.gather(leaving, *entering)
        await third.__aexit__(None, None, None)

    asyncio.run(main())
    assert happened == ["start", "end", "start", "end"]


def test_a_start_that_nobody_waits_for_any_more_is_cancelled() -> None:
    @asynccontextmanager
    async def endless(server: Server) -> AsyncIterator[None]:
        try:
            await asyncio.sleep(60)
            yield
        finally:
            happened.append("cleaned up")

    async def main() -> None:
        serving = asyncio.ensure_future(serve_all(ServerCore(served(endless)), []))
        await asyncio.sleep(0.01)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert happened == ["cleaned up"]

    asyncio.run(main())


def test_an_end_that_takes_too_long_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    @asynccontextmanager
    async def endless(server: Server) -> AsyncIterator[None]:
        yield
        try:
            await asyncio.sleep(60)
        finally:
            happened.append("cut short")

    async def main() -> None:
        async with client(served(endless, shutdown_seconds=0.01)):
            pass

    asyncio.run(main())
    assert happened == ["cut short"]
    assert "longer than shutdown_seconds (0.01)" in caplog.text


def test_a_lifespan_that_ends_too_early_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise ValueError("lost the connection")

    @asynccontextmanager
    async def grouped(server: Server) -> AsyncIterator[Database]:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            yield Database("here")

    async def listed(server: Server) -> None:
        async with client(server) as session:
            await session.list_tools()
            assert "ended before the server did" in caplog.text

    async def main() -> None:
        with pytest.raises(LifespanFailed, match="ended before the server did") as failed:
            await listed(served(grouped))
        assert failed.value.phase == "run"

    asyncio.run(main())


def test_a_bare_generator_function_is_no_lifespan() -> None:
    async def bare(server: Server) -> AsyncIterator[None]:
        yield

    with pytest.raises(DefinitionError, match=r"decorate bare with contextlib\.asynccontextmanager"):
        Server("s", "1", lifespan=bare)  # type: ignore[arg-type]


# Background tasks.


def test_background_tasks_run_until_the_server_ends_and_end_before_its_lifespan() -> None:
    @asynccontextmanager
    async def ticking(server: Server) -> AsyncIterator[Database]:
        async def tick() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(0)  # it may take its time
                happened.append("ticked")

        server.background(tick())
        yield Database("here")
        happened.append("end")

    async def main() -> None:
        async with client(served(ticking)) as session:
            assert await text(session) == "here"

    asyncio.run(main())
    assert happened == ["call", "ticked", "end"]


def test_a_handler_starts_what_goes_on_after_its_answer() -> None:
    server = Server("s", "1")
    done = asyncio.Event()

    async def later() -> None:
        await asyncio.sleep(0.01)
        done.set()

    def start(arguments: dict[str, Any], ctx: RequestContext) -> str:
        task = ctx.server.background(later())
        return f"over: {task.over}"

    server.add_tool({"name": "start", "inputSchema": ANY}, start)

    async def main() -> None:
        async with client(server) as session:
            assert await text(session, "start") == "over: False"
            await done.wait()

    asyncio.run(main())


def test_a_background_task_that_fails_is_logged_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def polling() -> None:
        await asyncio.sleep(0)
        raise ValueError("out of luck")

    @asynccontextmanager
    async def failing(server: Server) -> AsyncIterator[Database]:
        server.background(polling(), name="the poller")
        yield Database("here")

    async def main() -> None:
        async with client(served(failing)) as session:
            assert await text(session) == "here"

    asyncio.run(main())
    assert "the background task the poller failed: out of luck" in caplog.text


def test_what_is_no_coroutine_is_refused_in_the_background() -> None:
    async def poll() -> None: ...

    async def start(arguments: dict[str, Any], ctx: RequestContext) -> str:
        with pytest.raises(TypeError, match=r"poll is no coroutine: call the function"):
            ctx.server.background(poll)  # type: ignore[arg-type]
        return "refused"

    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": {"type": "object"}}, start)

    async def main() -> None:
        async with client(server) as session:
            result = await session.call_tool("t", {})
            assert result.content[0].text == "refused"  # type: ignore[union-attr]

    asyncio.run(main())


def test_a_background_task_that_fails_as_it_ends_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def polling() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError("nothing was saved")

    async def main() -> None:
        server = Server("s", "1")
        async with client(server):
            server.background(polling())

    asyncio.run(main())
    assert "failed: nothing was saved" in caplog.text


def test_a_background_task_that_will_not_end_is_named(caplog: pytest.LogCaptureFixture) -> None:
    async def stubborn() -> None:
        while not over:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.sleep(0.03)

    over: list[bool] = []

    @asynccontextmanager
    async def lifespan(server: Server) -> AsyncIterator[Database]:
        server.background(stubborn(), name="mule")
        yield Database("here")
        happened.append("end")
        over.append(True)

    async def main() -> None:
        async with client(served(lifespan, shutdown_seconds=0.01)):
            pass
        await asyncio.sleep(0.05)

    asyncio.run(main())
    assert happened == ["end"]
    assert "the background task mule did not end" in caplog.text


def test_nothing_runs_in_the_background_of_a_server_that_is_not_served() -> None:
    async def polling() -> None: ...

    with pytest.raises(RuntimeError, match="nobody serves the server"):
        Server("s", "1").background(polling())


def test_a_background_task_is_cancelled_by_hand(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)

    async def polling() -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        server = Server("s", "1")
        async with client(server):
            task = server.background(polling())
            task.cancel()
            while not task.over:
                await asyncio.sleep(0)

    asyncio.run(main())
    assert caplog.text == ""


# Without an event loop.


def by_driver(server: Server) -> tuple[Driver, ServerCore, AbstractAsyncContextManager[None]]:
    driver = Driver()
    core = ServerCore(server)
    return driver, core, core.lifespan(driver)


def test_a_driver_runs_it_without_an_event_loop() -> None:
    driver: Driver

    @asynccontextmanager
    async def lifespan(server: Server) -> AsyncIterator[Database]:
        async def tick() -> None:
            while True:
                await driver.sleep(1)
                happened.append("tick")

        server.background(tick())
        await driver.sleep(5)
        yield Database("here")
        await driver.sleep(5)
        happened.append("end")

    driver, core, life = by_driver(Server("s", "1", lifespan=lifespan))
    entered: list[Any] = []
    driver.start(life.__aenter__(), lambda value, error: entered.append(error))
    driver.advance(4)
    assert entered == []
    driver.advance(1)
    assert entered == [None]
    assert core.lifetime.state == Database("here")
    left: list[Any] = []
    driver.start(life.__aexit__(None, None, None), lambda value, error: left.append(error))
    driver.advance(4)
    assert (left, happened) == ([], ["tick"] * 5)
    driver.advance(1)
    assert (left, happened[-1]) == ([None], "end")


def test_under_a_driver_an_end_that_takes_too_long_is_given_up() -> None:
    @asynccontextmanager
    async def lifespan(server: Server) -> AsyncIterator[None]:
        yield
        try:
            await driver.sleep(100)
        except BaseException:
            happened.append("will not")
            await driver.sleep(100)

    driver, _, life = by_driver(Server("s", "1", lifespan=lifespan, shutdown_seconds=3))
    driver.complete(life.__aenter__())
    left: list[Any] = []
    driver.start(life.__aexit__(None, None, None), lambda value, error: left.append(error))
    driver.advance(3)
    assert (left, happened) == ([], ["will not"])
    driver.advance(1)
    assert left == [None]
