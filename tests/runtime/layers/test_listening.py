"""Layers see `subscriptions/listen` before its stream opens: they may refuse it, narrow it, or take time."""

from __future__ import annotations

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import McpError
from mcpgen_runtime.host import Driver, DriverPromise
from mcpgen_runtime.jsonrpc import Request, Response, Result
from mcpgen_runtime.layering import CallNext, Layer
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.server import Server

from ..core.client import META, Client
from .workbench import Json, no_more, noting, server_of

LISTEN = "subscriptions/listen"
TOOLS: Json = {"notifications": {"toolsListChanged": True}}


def change(server: Server) -> None:
    """Change the list of tools."""
    server.add_tool({"name": f"new{len(server.tools)}", "inputSchema": {"type": "object"}}, lambda *given: "")


def waiting_for(promise: DriverPromise[None]) -> Layer:
    """A layer that takes its time before it lets a client listen."""

    async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        if request.method == LISTEN:
            await promise
        return await call_next(request, ctx)

    return layer


def test_layers_see_the_request_before_its_stream_opens() -> None:
    heard: list[str] = []
    answers: list[Response] = []

    async def keeping(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        answers.append(await call_next(request, ctx))
        return answers[-1]

    server = server_of(noting(heard, "outer"), keeping)
    client = Client(server)
    assert client.listen({"toolsListChanged": True, "promptsListChanged": True}) == {"toolsListChanged": True}
    assert heard == [f"outer before {LISTEN}", f"outer after {LISTEN}"]
    (answer,) = answers
    assert isinstance(answer, Result)
    assert answer.result["notifications"] == {"toolsListChanged": True, "promptsListChanged": True}
    change(server)
    assert [frame["method"] for frame in client.take()] == ["notifications/tools/list_changed"]
    assert client.cancel("listening") == []
    change(server)
    assert client.take() == []


def test_a_layer_may_refuse_to_have_a_client_listen() -> None:
    server = server_of(no_more)
    client = Client(server)
    (answer,) = client.start(LISTEN, TOOLS, id="it")
    assert (answer["id"], answer["error"]) == ("it", {"code": -31000, "message": "No more"})
    change(server)
    assert client.take() == []
    assert not client.connection.calls


def test_a_layer_may_have_a_client_hear_of_less() -> None:
    async def no_tools(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        wanted = {key: value for key, value in request.params["notifications"].items() if "tools" not in key}
        return await call_next(
            Request(request.id, request.method, {**request.params, "notifications": wanted}), ctx
        )

    server = server_of(no_tools, offers=["prompts"])
    client = Client(server)
    assert client.listen({"toolsListChanged": True, "promptsListChanged": True}) == {
        "promptsListChanged": True
    }
    change(server)
    assert client.take() == []


def test_a_stream_opens_once_its_layers_are_done() -> None:
    driver = Driver()
    promise: DriverPromise[None] = driver.promise()
    server = server_of(waiting_for(promise))
    client = Client(server, driver=driver)
    assert client.start(LISTEN, TOOLS, id="it") == []
    change(server)  # what is not acknowledged is not told
    assert client.request("tools/list", id="it")["error"]["code"] == -32600  # the id is taken
    promise.set_result(None)
    driver.run()
    (acknowledged,) = client.take()
    assert acknowledged["params"]["_meta"] == {META + "subscriptionId": "it"}
    change(server)
    assert len(client.take()) == 1


def test_a_stream_that_is_cancelled_before_it_opens_never_does() -> None:
    driver = Driver()
    server = server_of(waiting_for(driver.promise()))
    client = Client(server, driver=driver)
    assert client.start(LISTEN, TOOLS, id="it") == []
    assert client.cancel("it") == []
    change(server)
    assert client.take() == []
    assert not client.connection.calls


def test_nothing_precedes_the_acknowledgement() -> None:
    async def talkative(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        response = await call_next(request, ctx)
        await ctx.log("error", "look here")
        return response

    client = Client(server_of(talkative), meta={META + "logLevel": "debug"})
    assert client.listen({"toolsListChanged": True}) == {"toolsListChanged": True}
    assert client.take() == []


def test_limits_hold_inside_of_layers_too() -> None:
    client = Client(server_of(noting([], "a")), limits=Limits(max_concurrent_requests=1))
    client.listen({"toolsListChanged": True}, id=1)
    (answer,) = client.start(LISTEN, TOOLS, id=2)
    assert (answer["id"], answer["error"]["data"]["limit"]) == (2, "max_concurrent_requests")


@pytest.mark.parametrize("result", [{}, {"notifications": 5}, {"resultType": "complete"}])
def test_a_layer_that_answers_without_a_filter_is_broken(
    result: Json, caplog: pytest.LogCaptureFixture
) -> None:
    async def answering(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        return Result(request.id, result)

    (answer,) = Client(server_of(answering)).start(LISTEN, TOOLS, id="it")
    assert (answer["id"], answer["error"]["code"]) == ("it", -32603)
    assert (
        f"{LISTEN} was answered without a filter [{answer['error']['data']['correlationId']}]" in caplog.text
    )


def test_a_layer_cannot_ask_a_client_that_wants_to_listen() -> None:
    async def asking(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        await ctx.list_roots()
        return await call_next(request, ctx)

    (answer,) = Client(server_of(asking)).start(LISTEN, TOOLS)
    assert answer["error"]["code"] == -32600


async def _refusing(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
    if request.method == LISTEN and ctx.principal != "ann":
        raise McpError("Not for you", code=-31000)
    return await call_next(request, ctx)


def test_a_layer_knows_who_wants_to_listen() -> None:
    server = server_of(_refusing)
    assert Client(server, principal="ann").listen({"toolsListChanged": True}) == {"toolsListChanged": True}
    (answer,) = Client(server, principal="bob").start(LISTEN, TOOLS)
    assert answer["error"]["code"] == -31000
