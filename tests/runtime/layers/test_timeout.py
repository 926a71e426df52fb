"""Requests that take too long are ended, without an event loop."""

from __future__ import annotations

import asyncio

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import McpError
from mcpgen_runtime.host import Cancelled, Driver
from mcpgen_runtime.jsonrpc import Request, Response
from mcpgen_runtime.layering import CallNext
from mcpgen_runtime.layers import Timeout
from mcpgen_runtime.testing import client as connected

from ..core.client import Client
from .workbench import BOTH, Json, call, noting, server_of, text_of


@BOTH
def test_handler_is_cancelled_and_the_client_told(revision: str) -> None:
    driver = Driver()
    ended: list[str] = []

    async def work(arguments: Json, ctx: RequestContext) -> str:
        try:
            await driver.promise()
        except Cancelled:
            ended.append("cancelled")
            raise
        return "never"

    heard: list[str] = []
    client = Client(server_of(noting(heard, "outer"), Timeout(2), tool=work), revision, driver=driver)
    heard.clear()
    assert client.start("tools/call", {"name": "work"}, id="slow") == []
    driver.advance(1.9)
    assert (client.take(), ended) == ([], [])
    driver.advance(0.1)
    (answer,) = client.take()
    assert answer["error"] == {
        "code": -32603,
        "message": "The request took longer than 2 s and was ended",
        "data": {"limit": "timeout", "value": 2},
    }
    assert (ended, heard) == (["cancelled"], ["outer before tools/call", "outer after tools/call"])
    assert client.connection.calls == 0
    assert not driver._timers or driver._timers[0][2].callback is None


@BOTH
def test_quick_handlers_are_let_alone_and_leave_no_timer(revision: str) -> None:
    driver = Driver()

    async def work(arguments: Json, ctx: RequestContext) -> str:
        await driver.sleep(1)
        await driver.sleep(0.5)
        return "done"

    client = Client(server_of(of_tool=[Timeout(2)], tool=work), revision, driver=driver)
    client.start("tools/call", {"name": "work"}, id="slow")
    driver.advance(1.5)
    (answer,) = client.take()
    assert text_of(answer) == "done"
    driver.advance(100)
    assert client.take() == []
    # One that never waits needs no timer at all.
    client = Client(server_of(of_tool=[Timeout(2)]), revision)
    call(client)
    assert client.driver._timers == []


@BOTH
def test_the_innermost_timeout_that_is_due_ends_it(revision: str) -> None:
    driver = Driver()

    async def work(arguments: Json, ctx: RequestContext) -> str:
        await driver.promise()
        return "never"

    for outer, inner in ((5, 2), (2, 5), (2, 2)):
        server = server_of(Timeout(outer), tool=work, of_tool=[Timeout(inner)])
        client = Client(server, revision, driver=driver)
        client.start("tools/call", {"name": "work"}, id="slow")
        driver.advance(2)
        (answer,) = client.take()
        assert answer["error"]["data"]["value"] == 2
        assert client.connection.calls == 0


@BOTH
def test_handler_that_goes_on_when_it_is_ended_still_counts(revision: str) -> None:
    driver = Driver()

    async def work(arguments: Json, ctx: RequestContext) -> str:
        try:
            await driver.promise()
        except Cancelled:
            await driver.sleep(10)  # cleans up
            raise
        return "never"

    client = Client(server_of(Timeout(1), tool=work), revision, driver=driver)
    client.start("tools/call", {"name": "work"}, id="slow")
    driver.advance(5)
    assert (client.take(), client.connection.calls) == ([], 1)
    driver.advance(6)
    assert client.take()[0]["error"]["data"]["limit"] == "timeout"


@BOTH
def test_a_client_that_cancels_gets_nothing_whatever_runs_out_meanwhile(revision: str) -> None:
    driver = Driver()

    async def work(arguments: Json, ctx: RequestContext) -> str:
        await driver.promise()
        return "never"

    client = Client(server_of(Timeout(1), tool=work), revision, driver=driver)
    client.start("tools/call", {"name": "work"}, id="slow")
    assert client.cancel("slow") == []
    driver.advance(5)
    assert client.take() == []


@BOTH
def test_what_a_client_cancels_may_clean_up_for_longer(revision: str) -> None:
    driver = Driver()
    heard: list[str] = []

    async def work(arguments: Json, ctx: RequestContext) -> str:
        try:
            await driver.promise()
        finally:
            await driver.sleep(5)
            heard.append("clean")
        return "never"

    client = Client(server_of(Timeout(1), tool=work), revision, driver=driver)
    client.start("tools/call", {"name": "work"}, id="slow")
    client.cancel("slow")
    driver.advance(6)
    assert heard == ["clean"]


@BOTH
def test_a_client_that_cancels_what_was_ended_already_is_obeyed(revision: str) -> None:
    driver = Driver()
    heard: list[str] = []

    async def work(arguments: Json, ctx: RequestContext) -> str:
        try:
            await driver.promise()
        finally:
            await driver.promise()
        return "never"

    client = Client(server_of(noting(heard, "outer"), Timeout(1), tool=work), revision, driver=driver)
    heard.clear()
    client.start("tools/call", {"name": "work"}, id="slow")
    driver.advance(2)
    assert client.cancel("slow") == []
    assert heard == ["outer before tools/call"]
    assert client.connection.calls == 0


@BOTH
def test_under_asyncio_a_task_that_was_ended_in_time_is_cancelled_no_more(revision: str) -> None:
    cancelling: list[int] = []

    async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        response = await call_next(request, ctx)
        task = asyncio.current_task()
        assert task is not None
        cancelling.append(task.cancelling())
        async with asyncio.timeout(5):
            await asyncio.sleep(0)
        return response

    async def work(arguments: Json, ctx: RequestContext) -> str:
        await asyncio.sleep(60)
        return "never"

    async def converse() -> None:
        async with connected(
            server_of(layer, tool=work, of_tool=[Timeout(0.01)]), revision=revision
        ) as session:
            for _ in range(2):
                with pytest.raises(McpError, match="was ended"):
                    await session.call_tool("work", {})

    asyncio.run(asyncio.wait_for(converse(), 30))
    assert set(cancelling) == {0}


@BOTH
def test_what_a_layer_does_after_a_timeout_may_wait_again(revision: str) -> None:
    driver = Driver()
    runs: list[int] = []

    async def work(arguments: Json, ctx: RequestContext) -> str:
        runs.append(1)
        if len(runs) == 1:
            await driver.promise()
        await driver.sleep(0.5)
        return "the second time"

    async def retry(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        first = await call_next(request, ctx)
        if request.method != "tools/call" or hasattr(first, "result"):
            return first
        await driver.sleep(0.25)
        return await call_next(request, ctx)

    client = Client(server_of(retry, Timeout(1), tool=work), revision, driver=driver)
    client.start("tools/call", {"name": "work"}, id="slow")
    driver.advance(2)
    assert text_of(client.take()[0]) == "the second time"


@BOTH
def test_handlers_may_bound_a_wait_of_their_own(revision: str) -> None:
    driver = Driver()

    async def work(arguments: Json, ctx: RequestContext) -> str:
        try:
            return str(await ctx.within(1, driver.promise()))
        except TimeoutError as error:
            return f"{error}; {ctx.now()}"

    client = Client(server_of(tool=work), revision, driver=driver)
    client.start("tools/call", {"name": "work"}, id="slow")
    driver.advance(3)
    assert text_of(client.take()[0]) == "it took longer than 1 s; 1.0"


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_seconds_are_positive(seconds: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        Timeout(seconds)
