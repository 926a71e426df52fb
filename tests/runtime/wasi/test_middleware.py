"""Layers in a component of their own: they see and do what they would in the server's process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime import RequestContext, Server
from mcpgen_runtime.errors import DefinitionError, InvalidParams
from mcpgen_runtime.jsonrpc import Request, Response, Result
from mcpgen_runtime.layering import CallNext, Layer
from mcpgen_runtime.layers import Cache
from mcpgen_runtime.revisions import NEUTRAL, REVISIONS
from mcpgen_runtime.servable import Servable
from mcpgen_runtime.transports.wasi.handler import ComponentHandler
from mcpgen_runtime.transports.wasi.middleware import MiddlewareCore

from .talking import KEY, META, as_component, context, end, handled, imported, input_required

Json = dict[str, Any]
OLD = "2025-06-18"
FORM = {"type": "object", "properties": {"name": {"type": "string"}}}

Chain = Callable[..., ComponentHandler]


@pytest.fixture
def chain() -> Iterator[Chain]:
    """A function from a server and the layers of each middleware, outermost first, to the first handler."""
    made: list[ComponentHandler] = []
    # Each component has a Python of its own, and so a loop; here each has a thread for that.
    with ThreadPoolExecutor(8) as threads:

        def component(servable: Servable, *middlewares: list[Layer]) -> ComponentHandler:
            made.append(ComponentHandler(servable))
            for layers in reversed(middlewares):
                behind = made[-1]

                def inner(
                    message: bytes, context: Any, behind: ComponentHandler = behind
                ) -> list[bytes] | None:
                    return threads.submit(behind.handle, message, context).result()

                made.append(ComponentHandler(MiddlewareCore(layers, inner)))
            return made[-1]

        yield component
        while made:
            end(made.pop())


def server_of(*tools: Callable[..., Any], **options: Any) -> Server:
    server = Server("test", "1", **options)
    for tool in tools:
        server.add_tool({"name": tool.__name__, "inputSchema": {"type": "object"}}, tool)
    return server


def call(component: ComponentHandler, name: str, revision: str = NEUTRAL, **params: Any) -> list[Json]:
    return handled(component, revision, 1, "tools/call", {"name": name, **params})


def text(said: list[Json]) -> str:
    found: str = said[-1]["result"]["content"][0]["text"]
    return found


async def through(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
    return await call_next(request, ctx)


def hello(arguments: Json, ctx: RequestContext) -> str:
    return f"hello {arguments.get('name')}"


async def ask(arguments: Json, ctx: RequestContext) -> str:
    answer = await ctx.elicit("Your name?", FORM)
    return f"hello {answer.content}"


async def work(arguments: Json, ctx: RequestContext) -> str:
    await ctx.progress(1, total=2)
    await ctx.log("info", "half")
    await ctx.progress(2, total=2)
    return "worked"


REQUESTS: list[tuple[str, Json]] = [
    ("tools/list", {}),
    ("tools/call", {"name": "add", "arguments": {"a": 1, "b": 2}}),
    ("tools/call", {"name": "add", "arguments": {"a": "one"}}),
    ("tools/call", {"name": "none"}),
    ("tools/call", {"name": "test_tool_with_progress", "_meta": {"progressToken": "p"}}),
    ("tools/call", {"name": "test_tool_with_logging"}),
    ("tools/call", {"name": "touch"}),
    ("resources/read", {"uri": "test://static-text"}),
    ("resources/read", {"uri": "test://nowhere"}),
    ("prompts/get", {"name": "test_prompt_with_arguments", "arguments": {"arg1": "a", "arg2": "b"}}),
    ("tools/call", {"name": "test_sampling", "arguments": {"prompt": "?"}}),
    ("tools/call", {"name": "test_input_required_result_multi_round"}),
    ("tools/call", {"name": "test_input_required_result_request_state"}),
    ("tools/call", {"name": "test_input_required_result_multiple_inputs"}),
    ("prompts/get", {"name": "test_input_required_result_prompt"}),
    ("tools/destroy", {}),
]


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("depth", [1, 2])
def test_layer_that_does_nothing_changes_nothing(
    depth: int, revision: str, chain: Chain, everything_directory: Path
) -> None:
    with imported(everything_directory, "server") as module:
        alone = as_component(chain(module.server), revision, REQUESTS)
    with imported(everything_directory, "server") as module:
        behind = as_component(chain(module.server, *[[through]] * depth), revision, REQUESTS)
    assert behind == alone


@pytest.mark.parametrize("revision", REVISIONS)
def test_layer_sees_what_the_client_said(revision: str, chain: Chain) -> None:
    seen: list[Any] = []

    async def look(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        seen.append((request.id, request.method, request.params, ctx.revision, ctx.principal))
        assert ctx.client_info is not None and ctx.client_info.name == "test"
        return await call_next(request, ctx)

    component = chain(server_of(hello), [look])
    assert text(call(component, "hello", revision)) == "hello None"
    said = {"name": "hello"} | ({"_meta": META} if revision == NEUTRAL else {})
    assert seen == [(1, "tools/call", said, revision, None)]


def test_layer_changes_the_request_and_the_answer(chain: Chain) -> None:
    async def polite(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        params = {**request.params, "arguments": {"name": "Ada"}}
        response = await call_next(Request(request.id, request.method, params), ctx)
        assert isinstance(response, Result)
        return Result(response.id, {**response.result, "content": [*response.result["content"], {"more": 1}]})

    said = call(chain(server_of(hello), [polite]), "hello")
    assert said[-1]["result"]["content"] == [{"type": "text", "text": "hello Ada"}, {"more": 1}]


@pytest.mark.parametrize("revision", [OLD, NEUTRAL])
def test_layer_refuses(revision: str, chain: Chain) -> None:
    async def refuse(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        raise InvalidParams.at("/params/name", "no")

    def never(arguments: Json, ctx: RequestContext) -> str:
        raise AssertionError("it was called")

    said = call(chain(server_of(never), [refuse]), "never", revision)
    assert (said[-1]["error"]["code"], said[-1]["error"]["message"]) == (-32602, "no")


def test_layer_that_fails_is_an_internal_error(chain: Chain) -> None:
    async def broken(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        raise RuntimeError("a secret")

    component = chain(server_of(hello), [broken])
    said = call(component, "hello")
    assert said[-1]["error"]["code"] == -32603
    assert "secret" not in json.dumps(said)


def test_question_of_a_layer_and_one_of_the_server_are_two(chain: Chain) -> None:
    async def gate(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        answer = await ctx.elicit("Really?", FORM)
        assert answer.content == {"name": "gate"}
        return await call_next(request, ctx)

    component = chain(server_of(ask), [gate], [gate])
    params: Json = {}
    for expected in ("gate", "gate", "server"):
        said = call(component, "ask", **params)
        needed = input_required(said)
        assert needed is not None, said
        ((key, question),) = needed["inputRequests"].items()
        assert question["params"]["message"] == ("Your name?" if expected == "server" else "Really?")
        answer = {"action": "accept", "content": {"name": expected}}
        params = {"inputResponses": {key: answer}, "requestState": needed["requestState"]}
    assert text(call(component, "ask", **params)) == "hello {'name': 'server'}"


def test_state_of_another_request_is_refused(chain: Chain) -> None:
    component = chain(server_of(ask, hello), [through])
    needed = input_required(call(component, "ask"))
    assert needed is not None
    said = call(component, "hello", requestState=needed["requestState"])
    assert said[-1]["error"]["code"] == -32602


def test_progress_is_told_once_though_a_layer_calls_on_twice(chain: Chain) -> None:
    async def again(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        await call_next(request, ctx)
        return await call_next(request, ctx)

    said = call(chain(server_of(work), [again]), "work", _meta={"progressToken": 7})
    progress = [each["params"]["progress"] for each in said if each.get("method") == "notifications/progress"]
    assert progress == [1, 2]


def test_what_a_layer_tells_reaches_the_client(chain: Chain) -> None:
    async def telling(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        response = await call_next(request, ctx)
        await ctx.progress(3, total=3)
        await ctx.log("info", "done")
        return response

    said = call(chain(server_of(work), [telling]), "work", OLD, _meta={"progressToken": 7})
    assert [each["params"].get("progress", each["params"].get("data")) for each in said[:-1]] == [
        *(1, "half", 2, 3, "done")
    ]


def test_unknown_method_is_not_mine_unless_a_layer_answers_it(chain: Chain) -> None:
    async def ours(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        if request.method == "shop/open":
            return Result(request.id, {"open": True, "resultType": "complete"})
        return await call_next(request, ctx)

    component = chain(server_of(hello), [ours])
    assert handled(component, NEUTRAL, 1, "shop/close", {}) == [{"id": 1, "not-mine": "shop/close"}]
    assert handled(component, NEUTRAL, 1, "shop/open", {})[-1]["result"]["open"] is True


def test_change_behind_makes_a_cache_before_it_stale(chain: Chain) -> None:
    server = server_of(hello, ttl_ms=60_000, cache_scope="public")

    def grow(arguments: Json, ctx: RequestContext) -> str:
        server.add_tool({"name": "new", "inputSchema": {"type": "object"}}, hello)
        return "grown"

    server.add_tool({"name": "grow", "inputSchema": {"type": "object"}}, grow)
    component = chain(server, [Cache()])

    def names() -> list[str]:
        said = handled(component, NEUTRAL, 1, "tools/list", {})
        return [tool["name"] for tool in said[-1]["result"]["tools"]]

    assert names() == names() == ["hello", "grow"]
    said = call(component, "grow")
    assert [each.get("method") for each in said] == ["notifications/tools/list_changed", None]
    assert names() == ["hello", "grow", "new"]


def test_notification_is_passed_on_unseen() -> None:
    behind: list[tuple[Json, Any]] = []

    def inner(message: bytes, context: Any) -> list[bytes]:
        behind.append((json.loads(message), context))
        return []

    component = ComponentHandler(MiddlewareCore([through], inner))
    said = context(OLD)
    message = {"jsonrpc": "2.0", "method": "notifications/roots/list_changed"}
    assert component.handle(json.dumps(message).encode(), said) == []
    assert behind == [(message, said)] and said.key == KEY
    end(component)


def test_change_that_a_notification_makes_behind_is_told_with_the_next_answer() -> None:
    changed = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
    updated = {"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": "a:b"}}
    said_to_nobody = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info"}}

    def inner(message: bytes, context: Any) -> list[bytes]:
        request = json.loads(message)
        if "id" not in request:
            return [json.dumps(each).encode() for each in (changed, said_to_nobody, updated)]
        return [json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": {"tools": []}}).encode()]

    component = ComponentHandler(MiddlewareCore([through], inner))
    message = {"jsonrpc": "2.0", "method": "notifications/roots/list_changed"}
    assert component.handle(json.dumps(message).encode(), context(OLD)) == []
    said = handled(component, NEUTRAL, 1, "tools/list", {})
    assert [each.get("method") for each in said] == [changed["method"], updated["method"], None]
    assert [each.get("method") for each in handled(component, NEUTRAL, 2, "tools/list", {})] == [None]
    end(component)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [b"{nope"],
        [b'{"jsonrpc":"2.0","method":"notifications/message","params":{}}'],
        [b'{"jsonrpc":"2.0"}'],
    ],
)
def test_garbage_from_behind_is_an_internal_error(messages: list[bytes]) -> None:
    component = ComponentHandler(MiddlewareCore([], lambda message, context: messages))
    assert call(component, "hello")[-1]["error"]["code"] == -32603
    end(component)


def test_what_is_no_layer_is_refused() -> None:
    with pytest.raises(DefinitionError, match="is no layer"):
        MiddlewareCore([lambda request: None], lambda message, context: [])  # type: ignore
