"""What a server asks of the client: the same callbacks answer it in both eras."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcpgen_runtime.client import BadAnswer, Client, EndlessInput, McpError
from mcpgen_runtime.client.callbacks import Callbacks
from mcpgen_types.v2026_07_28 import (
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequestFormParams,
    ElicitRequestURLParams,
    ElicitResult,
    Root,
    TextContent,
)

from .scripted import Script, Server, complete, legacy, modern, talking, text

FORM = {
    "mode": "form",
    "message": "Who are you?",
    "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}},
}
URL = {"mode": "url", "message": "Sign in", "url": "https://example.com/in"}
OLD_URL = {**URL, "elicitationId": "e1"}
SAMPLE = {"messages": [{"role": "user", "content": {"type": "text", "text": "Hi"}}], "maxTokens": 5}
SAMPLED = {"role": "assistant", "content": {"type": "text", "text": "Hello"}, "model": "m"}


async def fill(asked: ElicitRequestFormParams) -> ElicitResult:
    assert asked.message == "Who are you?"
    return ElicitResult(action="accept", content={"name": "Ada"})


def visit(asked: ElicitRequestURLParams) -> ElicitResult:
    assert asked.url == "https://example.com/in"
    return ElicitResult(action="decline")


def sample(asked: CreateMessageRequestParams) -> CreateMessageResult:
    assert asked.max_tokens == 5
    return CreateMessageResult(role="assistant", content=TextContent(text="Hello"), model="m")


ALL: dict[str, Any] = {
    "on_elicit": fill,
    "on_elicit_url": visit,
    "on_sample": sample,
    "roots": [Root(uri="file:///a")],
}
QUESTIONS = [
    ("elicitation/create", FORM, {"action": "accept", "content": {"name": "Ada"}}),
    ("elicitation/create", URL, {"action": "decline"}),
    ("sampling/createMessage", SAMPLE, SAMPLED),
    ("roots/list", {}, {"roots": [{"uri": "file:///a"}]}),
]


def run(script: Script, **options: Any) -> Any:
    """The result of one call, once `script` is through with its questions."""

    async def whole() -> Any:
        async with talking(script, **options) as (client, _):
            return await client.call_tool("a", {"x": 1})

    return asyncio.run(whole())


def asking(method: str, params: dict[str, Any], received: list[Any]) -> Script:
    """An old server that asks while it is called; what it is answered with ends in `received`."""

    async def script(server: Server) -> None:
        call = await server.expect("tools/call")
        await server.send({"jsonrpc": "2.0", "id": "q", "method": method, "params": params})
        answer = await server.receive()
        assert answer["id"] == "q"
        received.append(answer.get("result") or answer.get("error"))
        await server.answer(call, text("done"))

    return script


def requiring(requests: dict[str, Any], received: list[Any], state: str | None = "sealed") -> Script:
    """A modern server that wants input for a call; what the retry brings ends in `received`."""

    async def script(server: Server) -> None:
        first = await server.expect("tools/call")
        wanted: dict[str, Any] = {"resultType": "input_required", "inputRequests": requests}
        if state is not None:
            wanted["requestState"] = state
        await server.answer(first, wanted)
        second = await server.expect("tools/call")
        assert second["id"] != first["id"]
        assert second["params"]["arguments"] == first["params"]["arguments"]
        received.append(second["params"].get("inputResponses"))
        received.append(second["params"].get("requestState"))
        await server.answer(second, text("done"))

    return script


@pytest.mark.parametrize(("method", "params", "answer"), QUESTIONS)
def test_old_server_asks_with_a_request(method: str, params: dict[str, Any], answer: dict[str, Any]) -> None:
    received: list[Any] = []
    asked = OLD_URL if params is URL else params
    assert run(legacy(asking(method, asked, received)), **ALL).content[0].text == "done"
    assert received == [answer]


def test_modern_server_asks_in_a_result_and_gets_the_answers_with_its_state() -> None:
    received: list[Any] = []
    requests = {
        f"key{index}": {"method": method, "params": params}
        for index, (method, params, _) in enumerate(QUESTIONS)
    }
    assert run(modern(requiring(requests, received)), **ALL).content[0].text == "done"
    assert received == [{f"key{index}": answer for index, (_, _, answer) in enumerate(QUESTIONS)}, "sealed"]


def test_state_that_was_not_given_is_not_sent() -> None:
    received: list[Any] = []
    run(modern(requiring({"r": {"method": "roots/list"}}, received, None)), **ALL)
    assert received == [{"r": {"roots": [{"uri": "file:///a"}]}}, None]


def test_state_alone_is_sent_back_at_once() -> None:
    async def script(server: Server) -> None:
        first = await server.expect("tools/call")
        await server.answer(first, {"resultType": "input_required", "requestState": "later"})
        second = await server.expect("tools/call")
        assert second["params"]["requestState"] == "later"
        assert "inputResponses" not in second["params"]
        await server.answer(second, text("done"))

    assert run(modern(script)).content[0].text == "done"


def test_rounds_replace_each_other() -> None:
    """What one round answered is the server's to remember, in its state."""

    async def script(server: Server) -> None:
        question = {"r": {"method": "roots/list"}}
        wanted = {"resultType": "input_required", "inputRequests": question, "requestState": "1"}
        await server.answer(await server.expect("tools/call"), wanted)
        await server.answer(
            await server.expect("tools/call"), {"resultType": "input_required", "requestState": "2"}
        )
        third = await server.expect("tools/call")
        assert third["params"]["requestState"] == "2"
        assert "inputResponses" not in third["params"]
        await server.answer(third, text("done"))

    assert run(modern(script), **ALL).content[0].text == "done"


def test_server_that_never_has_enough_is_left() -> None:
    async def script(server: Server) -> None:
        while True:
            request = await server.expect("tools/call")
            await server.answer(request, {"resultType": "input_required", "requestState": "again"})

    with pytest.raises(EndlessInput, match="20 times"):
        run(modern(script))


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"inputRequests": []},
        {"inputRequests": {"a": 1}},
        {"inputRequests": {"a": {"method": "roots/list", "params": []}}},
        {"inputRequests": {"a": {"method": "elicitation/create", "params": {"message": 1}}}},
        {"inputRequests": {"a": {"method": "tools/list"}}},
    ],
)
def test_input_that_cannot_be_given_is_an_error_of_the_server(wanted: dict[str, Any]) -> None:
    async def script(server: Server) -> None:
        await server.answer(await server.expect("tools/call"), {"resultType": "input_required", **wanted})

    with pytest.raises(BadAnswer):
        run(modern(script), **ALL)


@pytest.mark.parametrize(("method", "params"), [(method, params) for method, params, _ in QUESTIONS])
def test_what_was_not_declared_is_refused(method: str, params: dict[str, Any]) -> None:
    received: list[Any] = []
    run(legacy(asking(method, OLD_URL if params is URL else params, received)))
    assert received[0]["code"] in (-32601, -32602)
    with pytest.raises(BadAnswer):
        run(modern(requiring({"a": {"method": method, "params": params}}, [])))


@pytest.mark.parametrize(("declared", "answered"), [({}, False), ({"sampling": {"tools": {}}}, True)])
def test_sampling_with_tools_needs_a_capability_of_its_own(declared: Any, answered: bool) -> None:
    received: list[Any] = []
    asked = {**SAMPLE, "tools": [{"name": "t", "inputSchema": {"type": "object"}}]}
    script = legacy(asking("sampling/createMessage", asked, received))
    run(script, on_sample=sample, capabilities=declared)
    assert received == [SAMPLED if answered else {"code": -32602, "message": WITHOUT_TOOLS}]


WITHOUT_TOOLS = "Invalid params: this client samples without tools"


def test_questions_in_answer_to_other_requests_are_an_error_of_the_server() -> None:
    async def script(server: Server) -> None:
        wanted = {"resultType": "input_required", "requestState": "s"}
        await server.answer(await server.expect("tools/list"), wanted)

    async def whole() -> None:
        async with talking(modern(script)) as (client, _):
            await client.list_tools()

    with pytest.raises(BadAnswer, match="input_required"):
        asyncio.run(whole())


def test_old_server_learns_nothing_of_a_callback_that_fails() -> None:
    def fails(asked: Any) -> Any:
        raise ZeroDivisionError("a secret")

    received: list[Any] = []
    run(legacy(asking("sampling/createMessage", SAMPLE, received)), on_sample=fails)
    assert received == [{"code": -32603, "message": "Internal error"}]


def test_callback_may_answer_with_an_error_of_its_choice() -> None:
    def refuses(asked: Any) -> Any:
        raise McpError("User rejected sampling request", code=-1)

    received: list[Any] = []
    run(legacy(asking("sampling/createMessage", SAMPLE, received)), on_sample=refuses)
    assert received == [{"code": -1, "message": "User rejected sampling request"}]


@pytest.mark.parametrize(("era", "answered"), [(legacy, True), (modern, False)])
def test_ping_of_the_server_is_answered_where_there_is_one(era: Any, answered: bool) -> None:
    async def script(server: Server) -> None:
        call = await server.expect("tools/call")
        await server.send({"jsonrpc": "2.0", "id": 7, "method": "ping"})
        if answered:
            assert await server.receive() == {"jsonrpc": "2.0", "id": 7, "result": {}}
        await server.answer(call, text("done"))
        # And nothing else: what follows is the next request.
        await server.answer(await server.expect("tools/call"), text("done"))

    async def whole() -> None:
        async with talking(era(script)) as (client, _):
            await client.call_tool("a")
            await client.call_tool("a")

    asyncio.run(whole())


def test_question_that_the_server_takes_back_ends_the_callback() -> None:
    begun = asyncio.Event()
    ended: list[str] = []

    async def think(asked: Any) -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def script(server: Server) -> None:
        call = await server.expect("tools/call")
        await server.send({"jsonrpc": "2.0", "id": 3, "method": "sampling/createMessage", "params": SAMPLE})
        await begun.wait()
        await server.tell("notifications/cancelled", {"requestId": 3})
        while not ended:
            await asyncio.sleep(0.005)
        await server.answer(call, text("done"))

    run(legacy(script), on_sample=think)
    assert ended == ["cancelled"]


@pytest.mark.parametrize(
    ("given", "revision", "declared"),
    [
        ({}, "2026-07-28", {}),
        (ALL, "2024-11-05", {"roots": {"listChanged": True}, "sampling": {}}),
        (ALL, "2025-06-18", {"roots": {"listChanged": True}, "sampling": {}, "elicitation": {}}),
        (
            ALL,
            "2025-11-25",
            {"roots": {"listChanged": True}, "sampling": {}, "elicitation": {"form": {}, "url": {}}},
        ),
        (ALL, "2026-07-28", {"roots": {}, "sampling": {}, "elicitation": {"form": {}, "url": {}}}),
        ({"on_elicit_url": visit}, "2025-06-18", {}),
        ({"on_elicit_url": visit}, "2025-11-25", {"elicitation": {"url": {}}}),
        (
            {"on_sample": sample, "extra": {"sampling": {"tools": {}}, "experimental": {"x": {}}}},
            "2026-07-28",
            {"sampling": {"tools": {}}, "experimental": {"x": {}}},
        ),
    ],
)
def test_callback_that_is_given_is_a_capability_that_is_declared(
    given: dict[str, Any], revision: str, declared: dict[str, Any]
) -> None:
    assert Callbacks(**given).capabilities(revision) == declared


def test_roots_may_be_asked_for_each_time_and_their_change_is_told() -> None:
    roots = [Root(uri="file:///a")]

    async def now() -> list[Root]:
        return roots

    async def script(server: Server) -> None:
        await server.expect("notifications/roots/list_changed")
        await server.send({"jsonrpc": "2.0", "id": 1, "method": "roots/list"})
        answer = await server.receive()
        assert [root["uri"] for root in answer["result"]["roots"]] == ["file:///a", "file:///b"]

    async def whole() -> None:
        async with talking(legacy(script), roots=now) as (client, server):
            roots.append(Root(uri="file:///b"))
            await client.roots_changed()
            while len(server.seen) < 5:
                await asyncio.sleep(0.005)

    asyncio.run(whole())


def test_prompts_and_resources_may_want_input_too() -> None:
    question = {"resultType": "input_required", "inputRequests": {"r": {"method": "roots/list"}}}
    page = complete({"contents": [], "ttlMs": 0, "cacheScope": "private"})

    async def script(server: Server) -> None:
        for method, result in (("resources/read", page), ("prompts/get", complete({"messages": []}))):
            await server.answer(await server.expect(method), question)
            await server.answer(await server.expect(method), result)

    async def whole() -> None:
        async with talking(modern(script), **ALL) as (client, _):
            asks: list[Callable[[Client], Awaitable[Any]]] = [
                lambda client: client.read_resource("a:b"),
                lambda client: client.get_prompt("p"),
            ]
            for ask in asks:
                assert (await ask(client)).result_type == "complete"

    asyncio.run(whole())
