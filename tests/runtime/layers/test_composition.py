"""In which order layers run, and what becomes of one that does not behave."""

from __future__ import annotations

import logging
from functools import partial
from itertools import count
from typing import Any, cast

import pytest

from mcpgen_runtime.connection import Connection
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.errors import InvalidParams, McpError, ResourceNotFound
from mcpgen_runtime.features import DefinitionError
from mcpgen_runtime.host import Driver
from mcpgen_runtime.jsonrpc import Error, Request, Response, Result
from mcpgen_runtime.layering import CallNext, Layer, stack
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.server import Server

from .. import conversation
from ..core.client import NEUTRAL, Client
from .workbench import ALL, ANYTHING, BOTH, Json, call, handler_noting, noting, server_of, text_of

FORM: Json = {"type": "object", "properties": {"name": {"type": "string"}}}


async def through(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
    return await call_next(request, ctx)


@ALL
def test_first_layer_is_the_outermost_and_those_of_a_tool_are_inside(revision: str) -> None:
    heard: list[str] = []
    server = server_of(
        noting(heard, "a"),
        noting(heard, "b"),
        tool=handler_noting(heard),
        of_tool=[noting(heard, "c"), noting(heard, "d")],
    )
    client = Client(server, revision)
    heard.clear()
    assert text_of(call(client)) == "done"
    entered = [f"{name} before tools/call" for name in "abcd"]
    left = [f"{name} after tools/call" for name in "dcba"]
    assert heard == [*entered, "handler", *left]


@ALL
def test_layers_of_the_server_see_every_request(revision: str) -> None:
    heard: list[str] = []
    client = Client(server_of(noting(heard, "a")), revision)
    assert heard == ([] if revision == NEUTRAL else ["a before initialize", "a after initialize"])
    heard.clear()
    methods = ["tools/list", "no/such/method", "server/discover" if revision == NEUTRAL else "ping"]
    for method in methods:
        client.request(method)
    assert heard == [f"a {when} {method}" for method in methods for when in ("before", "after")]


def test_layers_of_a_tool_see_its_calls_alone() -> None:
    heard: list[str] = []
    server = server_of(of_tool=[noting(heard, "a")])
    server.add_tool({"name": "other", "inputSchema": ANYTHING}, lambda arguments, ctx: "other")
    client = Client(server)
    client.result("tools/list")
    assert text_of(call(client, "other")) == "other"
    assert call(client, "unheard of")["error"]["code"] == -32602
    assert client.error("tools/call", {"name": ["work"]})["code"] == -32602
    assert heard == []
    call(client)
    assert heard == ["a before tools/call", "a after tools/call"]


def test_tool_that_is_replaced_loses_its_layers() -> None:
    heard: list[str] = []
    server = server_of(of_tool=[noting(heard, "a")])
    client = Client(server)
    call(client)
    heard.clear()
    server.remove_tool("work")
    server.add_tool({"name": "work", "inputSchema": ANYTHING}, lambda arguments, ctx: "new")
    assert text_of(call(client)) == "new"
    assert heard == []


@BOTH
def test_layer_that_is_added_later_goes_inside_the_others_from_the_next_request_on(revision: str) -> None:
    heard: list[str] = []
    server = server_of()
    client = Client(server, revision)
    call(client)
    server.add_layer(noting(heard, "a"))
    server.add_layer(noting(heard, "b"))
    server.add_tool(
        {"name": "late", "inputSchema": ANYTHING}, lambda a, ctx: "late", layers=[noting(heard, "c")]
    )
    call(client, "late")
    assert [each.partition(" ")[0] for each in heard] == ["a", "b", "c", "c", "b", "a"]


def test_stack_shows_the_order(caplog: pytest.LogCaptureFixture) -> None:
    server = server_of(through, noting([], "a"), of_tool=[partial(through)])
    shown = stack(server).splitlines()
    assert shown[:2] == ["through", "noting.<locals>.layer"]
    assert shown[2].startswith("  tool work: functools.partial(")
    assert server.layers[0] is through
    with caplog.at_level(logging.DEBUG, "mcpgen_runtime"):
        ServerCore(server)
    assert stack(server) in caplog.text


def test_without_layers_a_request_goes_straight_to_its_route() -> None:
    core = ServerCore(server_of())
    Client(core).result("tools/list")
    names = {route.__qualname__ for route in core._routes[NEUTRAL].values()}
    assert names == {"ServerCore._modern.<locals>.route"}


class Passing:
    async def __call__(self, request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        return await call_next(request, ctx)


@pytest.mark.parametrize("layer", [through, partial(through), Passing(), Passing().__call__])
def test_coroutine_functions_of_every_kind_are_layers(layer: Any) -> None:
    assert text_of(call(Client(server_of(layer)))) == "done"


def plain(request: Request, ctx: RequestContext, call_next: CallNext) -> Any:
    return call_next(request, ctx)


async def of_two(request: Request, call_next: CallNext) -> Any:
    return None


@pytest.mark.parametrize("layer", [plain, Passing, of_two, "timeout", None])
def test_what_is_no_layer_is_refused_when_it_is_added(layer: Any) -> None:
    with pytest.raises(DefinitionError, match="is no layer"):
        Server("s", "1", layers=[layer])
    server = server_of()
    with pytest.raises(DefinitionError, match="is no layer"):
        server.add_layer(layer)
    with pytest.raises(DefinitionError, match="is no layer"):
        server.add_tool({"name": "new", "inputSchema": ANYTHING}, lambda a, ctx: "", layers=[layer])
    assert (server.layers, list(server.tools)) == ((), ["work"])


@ALL
def test_a_whole_conversation_is_the_same_inside_layers(revision: str) -> None:
    def sent(*layers: Layer) -> list[bytes]:
        host = Driver()
        ids = count(1)
        server = conversation.everything(host)
        for layer in layers:
            server.add_layer(layer)
        core = ServerCore(
            server, key=bytes(32), time=lambda: 0.0, correlation_id=lambda: f"correlation-{next(ids)}"
        )
        frames: list[bytes] = []
        connection = Connection(core, host, frames.extend, limits=Limits(), transport="memory")
        for messages in conversation.steps(conversation.conversation(revision), frames):
            connection.receive(messages)
            host.run()
        return frames

    assert sent(through, through) == sent()


@BOTH
def test_disabled_tool_has_its_layers_when_it_is_enabled(revision: str) -> None:
    heard: list[str] = []
    server = server_of(of_tool=[noting(heard, "a")])
    server.disable_tool("work")
    client = Client(server, revision)
    assert call(client)["error"]["code"] == -32602
    assert heard == []
    server.enable_tool("work")
    call(client)
    assert len(heard) == 2


# What a layer may do.


@ALL
def test_layer_may_change_what_goes_in_and_what_comes_out(revision: str) -> None:
    async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        if request.method != "tools/call":
            return await call_next(request, ctx)
        params = {**request.params, "arguments": {"text": "changed"}}
        response = await call_next(Request(request.id, request.method, params), ctx)
        assert isinstance(response, Result)
        return Result(response.id, {**response.result, "_meta": {"example.org/seen": True}})

    answer = call(
        Client(server_of(layer, tool=lambda arguments, ctx: arguments["text"]), revision), text="mine"
    )
    assert (text_of(answer), answer["result"]["_meta"]) == ("changed", {"example.org/seen": True})


@ALL
def test_layer_that_answers_itself_ends_the_request_there(revision: str) -> None:
    heard: list[str] = []

    async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        if request.method == "tools/call":
            result: Json = {"content": [{"type": "text", "text": "from the layer"}]}
            if ctx.revision == NEUTRAL:
                result["resultType"] = "complete"
            return Result("not this id", result)
        return await call_next(request, ctx)

    server = server_of(noting(heard, "outer"), layer, tool=handler_noting(heard))
    client = Client(server, revision)
    heard.clear()
    assert text_of(call(client)) == "from the layer"
    assert heard == ["outer before tools/call", "outer after tools/call"]


@ALL
def test_layer_may_call_on_twice_and_the_handler_runs_twice(revision: str) -> None:
    runs: list[int] = []

    async def work(arguments: Json, ctx: RequestContext) -> str:
        runs.append(len(runs))
        await ctx.progress(1)
        await ctx.progress(2 + len(runs))
        if len(runs) == 1:
            raise RuntimeError("flaky")
        return "at last"

    async def retry(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        response = await call_next(request, ctx)
        return await call_next(request, ctx) if isinstance(response, Error) else response

    client = Client(server_of(tool=work, of_tool=[retry]), revision)
    params = {"name": "work", "arguments": {}, "_meta": {"progressToken": "mine"}}
    answer = client.request("tools/call", params)
    assert (text_of(answer), runs) == ("at last", [0, 1])
    # It increases, as the specification wants it, though the second run begins anew.
    assert [frame["params"]["progress"] for frame in client.take()] == [1, 3, 4]


@pytest.mark.parametrize("revision", [NEUTRAL, "2025-11-25", "2025-06-18"])
def test_questions_of_a_handler_that_is_run_again_are_the_same_questions(revision: str) -> None:
    runs: list[str] = []

    async def work(arguments: Json, ctx: RequestContext) -> str:
        answer = await ctx.elicit("Name?", FORM)
        runs.append(str((answer.content or {})["name"]))
        if len(runs) == 1:
            raise RuntimeError("flaky")
        return runs[-1]

    async def retry(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        response = await call_next(request, ctx)
        return await call_next(request, ctx) if isinstance(response, Error) else response

    asked: list[str] = []

    def answer(method: str, params: Json) -> Json:
        asked.append(method)
        return {"action": "accept", "content": {"name": "Ann"}}

    client = Client(server_of(retry, tool=work), revision)
    answered = client.converse("tools/call", {"name": "work", "arguments": {}}, answer)
    assert (text_of(answered), runs) == ("Ann", ["Ann", "Ann"])
    assert len(asked) == (1 if revision == NEUTRAL else 2)


@pytest.mark.parametrize("revision", [NEUTRAL, "2025-11-25", "2025-06-18"])
def test_layer_may_ask_the_client_before_the_handler_does(revision: str) -> None:
    async def consent(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        answer = await ctx.elicit("Really?", FORM)
        if answer.action != "accept":
            raise McpError("the user said no", code=-31000)
        return await call_next(request, ctx)

    async def work(arguments: Json, ctx: RequestContext) -> str:
        answer = await ctx.elicit("Name?", FORM)
        return str((answer.content or {})["name"])

    heard: list[str] = []
    client = Client(server_of(noting(heard, "outer"), tool=work, of_tool=[consent]), revision)
    questions: list[str] = []

    def yes(method: str, params: Json) -> Json:
        questions.append(params["message"])
        return {"action": "accept", "content": {"name": "Ann"}}

    heard.clear()
    answered = client.converse("tools/call", {"name": "work", "arguments": {}}, yes)
    assert (text_of(answered), questions) == ("Ann", ["Really?", "Name?"])
    # In the modern era each round is a request: the layers go around each of them.
    assert len(heard) == (6 if revision == NEUTRAL else 2)
    no = client.converse("tools/call", {"name": "work", "arguments": {}}, lambda m, p: {"action": "decline"})
    assert no["error"] == {"code": -31000, "message": "the user said no"}


@BOTH
def test_rounds_that_a_handler_makes_itself_pass_through(revision: str) -> None:
    from mcpgen_types.v2026_07_28 import decode_InputRequiredResult

    def work(arguments: Json, ctx: RequestContext) -> Any:
        if "go" not in ctx.input_responses:
            params = {"mode": "form", "message": "Go?", "requestedSchema": FORM}
            questions = {"go": {"method": "elicitation/create", "params": params}}
            return decode_InputRequiredResult(
                {"resultType": "input_required", "inputRequests": questions, "requestState": "asked"}
            )
        return f"{ctx.request_state} {ctx.input_responses['go']['action']}"

    client = Client(server_of(through, tool=work, of_tool=[through]), revision)
    answered = client.converse(
        "tools/call", {"name": "work", "arguments": {}}, lambda m, p: {"action": "accept"}
    )
    assert text_of(answered) == "asked accept"


# What a layer must not do, and what becomes of it.


@ALL
def test_what_a_layer_raises_reaches_the_client_as_an_id_alone(
    revision: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        if request.method == "tools/call":
            raise RuntimeError("a secret")
        return await call_next(request, ctx)

    error = call(Client(server_of(layer), revision))["error"]
    assert error == {"code": -32603, "message": "Internal error", "data": {"correlationId": "correlation-1"}}
    assert "[correlation-1]: RuntimeError: a secret" in caplog.text


@ALL
def test_an_mcp_error_that_a_layer_raises_is_the_answer_with_the_code_of_the_revision(revision: str) -> None:
    async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        if request.method == "tools/call":
            raise ResourceNotFound("x://a")
        return await call_next(request, ctx)

    error = call(Client(server_of(layer), revision))["error"]
    assert (error["code"], error["data"]["uri"]) == (-32602 if revision == NEUTRAL else -32002, "x://a")


def test_outer_layers_see_an_error_where_an_inner_one_or_the_handler_raised() -> None:
    seen: list[Response] = []

    async def outer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        seen.append(await call_next(request, ctx))
        return seen[-1]

    async def inner(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        if request.params["arguments"]:
            raise InvalidParams("not those")
        return await call_next(request, ctx)

    def work(arguments: Json, ctx: RequestContext) -> str:
        raise RuntimeError("a secret")

    client = Client(server_of(outer, tool=work, of_tool=[inner]))
    call(client, some="thing")
    call(client)
    assert [each.code for each in seen if isinstance(each, Error)] == [-32602, -32603]


@BOTH
@pytest.mark.parametrize("answer", [None, {"content": []}, "done", Request(1, "tools/call")])
def test_layer_that_forgets_to_answer_is_named_in_the_log(
    answer: Any, revision: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def forgetful(request: Request, ctx: RequestContext, call_next: CallNext) -> Any:
        response = await call_next(request, ctx)
        return answer if request.method == "tools/call" else response

    client = Client(server_of(forgetful), revision)
    error = call(client)["error"]
    assert (error["code"], error["data"]) == (-32603, {"correlationId": "correlation-1"})
    assert "forgetful returned" in caplog.text
    assert "no Result or Error" in caplog.text
    assert "result" in client.request("tools/list")


@BOTH
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Result(1, cast(Any, [1])), "a Result whose result is of type list, no object"),
        (Result(1, cast(Any, "done")), "a Result whose result is of type str, no object"),
        (Result(1, cast(Any, None)), "a Result whose result is of type NoneType, no object"),
        (Error(1, cast(Any, "-32603"), "no"), "an Error without an integer for its code"),
        (Error(1, True, "no"), "an Error without an integer for its code"),
        (Error(1, -31000, cast(Any, None)), "and a text for its message"),
    ],
)
def test_answer_that_would_be_no_message_is_not_sent(
    answer: Response, told: str, revision: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def careless(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        return answer if request.method == "tools/call" else await call_next(request, ctx)

    client = Client(server_of(through, careless), revision)
    assert call(client)["error"]["code"] == -32603
    assert "careless returned" in caplog.text
    assert told in caplog.text


def test_result_may_be_a_mapping_of_a_class_of_its_own() -> None:
    class Found(dict[str, Any]):
        pass

    async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        response = await call_next(request, ctx)
        return Result(request.id, Found(response.result)) if isinstance(response, Result) else response

    assert text_of(call(Client(server_of(layer)))) == "done"


@BOTH
def test_layer_that_passes_nonsense_on_harms_its_own_request_alone(revision: str) -> None:
    async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        if request.method == "tools/call":
            return await call_next(None, None)  # type: ignore[arg-type]
        return await call_next(request, ctx)

    client = Client(server_of(layer, through), revision)
    assert call(client)["error"]["code"] == -32603
    assert "result" in client.request("tools/list")


def test_layer_that_answers_initialize_with_nonsense_leaves_the_session_closed() -> None:
    async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        return Result(request.id, {"hello": "there"})

    server = server_of(layer)
    client = Client(server, "2025-11-25", opened=False)
    for _ in range(2):
        assert client.error("initialize", client.initialize_params())["code"] == -32603
    assert "initialize comes first" in client.error("tools/list")["message"]


@BOTH
def test_cancelling_ends_layers_and_handler_and_nothing_is_sent(revision: str) -> None:
    driver = Driver()
    ended: list[str] = []

    async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        try:
            return await call_next(request, ctx)
        finally:
            ended.append(request.method)

    async def work(arguments: Json, ctx: RequestContext) -> str:
        await driver.promise()
        return "never"

    client = Client(server_of(layer, tool=work), revision, driver=driver)
    ended.clear()
    assert client.start("tools/call", {"name": "work"}, id="slow") == []
    assert client.cancel("slow") == []
    assert ended == ["tools/call"]


def test_notifications_pass_no_layer() -> None:
    heard: list[str] = []
    client = Client(server_of(noting(heard, "a")), "2025-11-25")
    heard.clear()
    client.notify("notifications/roots/list_changed")
    client.notify("notifications/unheard/of")
    assert heard == []
