"""`requestState`: sealed, bound to who asks and to what is asked; and handlers that make their own rounds."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.host import Driver
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import InputRequiredResult, decode_InputRequiredResult

from .client import NEUTRAL, REVISIONS, Client, Json, core_of

FORM: Json = {"type": "object", "properties": {"name": {"type": "string"}}}
NAMED: Json = {"action": "accept", "content": {"name": "Ann"}}
OBJECT: Json = {"type": "object"}


async def two_questions(arguments: Json, ctx: RequestContext) -> str:
    """Asks twice, the second time depending on the first answer."""
    first = await ctx.elicit("Your name?", FORM)
    second = await ctx.elicit(f"{(first.content or {})['name']} who?", FORM)
    return f"{(first.content or {})['name']} {(second.content or {})['name']}"


def server_of_two() -> Server:
    """A server with that tool, under two names."""
    server = Server("s", "1")
    for name in ("t", "u"):
        server.add_tool({"name": name, "inputSchema": OBJECT}, two_questions)
    server.add_prompt({"name": "t"}, two_questions)
    return server


def asked(client: Client, **arguments: Any) -> str:
    """The state after the first round."""
    state = client.call("t", arguments)["requestState"]
    assert isinstance(state, str)
    assert state
    return state


def retried(
    client: Client, state: Any, *, method: str = "tools/call", number: int = 1, **params: Any
) -> Json:
    """The answer to the next round."""
    responses = {f"elicitation/create-{number}": NAMED}
    whole = {"name": "t", "arguments": {}, "requestState": state, "inputResponses": responses, **params}
    return client.request(method, whole)


def test_a_state_carries_the_answers_of_earlier_rounds() -> None:
    client = Client(server_of_two())
    first = asked(client)
    second = retried(client, first)["result"]
    assert second["resultType"] == "input_required"
    assert second["inputRequests"]["elicitation/create-2"]["params"]["message"] == "Ann who?"
    assert second["requestState"] != first
    last = retried(client, second["requestState"], number=2)["result"]
    assert last["content"][0]["text"] == "Ann Ann"


def test_nothing_is_kept_here_between_the_rounds() -> None:
    core = core_of(server_of_two())
    state = asked(Client(core))
    # Another connection, and another process with the same key, will do.
    assert retried(Client(core), state)["result"]["resultType"] == "input_required"
    assert retried(Client(core_of(server_of_two())), state)["result"]["resultType"] == "input_required"


def test_a_later_answer_to_the_same_question_counts() -> None:
    client = Client(server_of_two())
    second = retried(client, asked(client))["result"]["requestState"]
    other = {"action": "accept", "content": {"name": "Bob"}}
    responses = {"elicitation/create-1": other, "elicitation/create-2": NAMED}
    last = retried(client, second, inputResponses=responses)
    assert last["result"]["content"][0]["text"] == "Bob Ann"


def test_a_state_alone_asks_again() -> None:
    client = Client(server_of_two())
    again = client.result("tools/call", {"name": "t", "arguments": {}, "requestState": asked(client)})
    assert list(again["inputRequests"]) == ["elicitation/create-1"]


@pytest.mark.parametrize("change", ["", "x", "first", "last", "half"])
def test_a_forged_state_is_refused(change: str) -> None:
    client = Client(server_of_two())
    state = asked(client)
    forged = {
        "first": ("A" if state[0] != "A" else "B") + state[1:],
        "last": state[:-1] + ("A" if state[-1] != "A" else "B"),
        "half": state[: len(state) // 2],
    }.get(change, change)
    error = retried(client, forged)["error"]
    assert (error["code"], error["data"]) == (-32602, {"pointer": "/params/requestState"})


@pytest.mark.parametrize("state", [5, None, {}, ["a"], True])
def test_a_state_that_is_no_string_is_refused(state: Any) -> None:
    error = retried(Client(server_of_two()), state)["error"]
    assert (error["code"], error["data"]["pointer"]) == (-32602, "/params/requestState")


def test_a_state_expires() -> None:
    driver = Driver(time=1_000_000)
    client = Client(server_of_two(), driver=driver)
    state = asked(client)
    driver.advance(3599)
    assert "result" in retried(client, state)
    driver.advance(2)
    error = retried(client, state)["error"]
    assert error["code"] == -32602
    assert "expired" in error["message"]
    assert error["message"].endswith("start over without it")


@pytest.mark.parametrize(
    "changed",
    [
        {"arguments": {"a": "2"}},
        {"arguments": {}},
        {"name": "u"},
        {"method": "prompts/get"},
        {"vendorKey": 1},
    ],
)
def test_a_state_is_for_the_request_that_it_came_from(changed: Json) -> None:
    client = Client(server_of_two())
    state = asked(client, a="1")
    assert "result" in retried(client, state, arguments={"a": "1"})
    error = retried(client, state, **{"arguments": {"a": "1"}, **changed})["error"]
    assert (error["code"], error["data"]) == (-32602, {"pointer": "/params/requestState"})


def test_the_order_of_arguments_and_another_meta_make_no_difference() -> None:
    client = Client(server_of_two())
    state = asked(client, a=1, b={"c": 2, "d": 3})
    answer = retried(
        client, state, arguments={"b": {"d": 3, "c": 2}, "a": 1}, _meta={"progressToken": 5, "vendor": 1}
    )
    assert "result" in answer


def test_a_state_is_for_who_asked() -> None:
    core = core_of(server_of_two())
    state = asked(Client(core, principal="ann"))
    assert "result" in retried(Client(core, principal="ann"), state)
    for other in ("bob", None, ""):
        assert retried(Client(core, principal=other), state)["error"]["code"] == -32602


def test_a_state_is_no_cursor_and_a_cursor_no_state() -> None:
    server = server_of_two()
    server.page_size = 1
    client = Client(server)
    cursor = client.result("tools/list")["nextCursor"]
    assert retried(client, cursor)["error"]["code"] == -32602
    assert client.error("tools/list", {"cursor": asked(client)})["code"] == -32602


def test_where_there_are_no_rounds_a_state_means_nothing() -> None:
    client = Client(server_of_two())
    params = {"requestState": "forged", "inputResponses": {"a": 1}}
    assert client.result("tools/list", params)["tools"]


def test_answers_that_are_too_large_to_be_carried_are_refused() -> None:
    client = Client(server_of_two())
    large = {"action": "accept", "content": {"name": "x" * 1_000_000}}
    error = retried(client, asked(client), inputResponses={"elicitation/create-1": large})["error"]
    assert (error["code"], error["data"]) == (-32602, {"pointer": "/params/inputResponses"})


# Handlers that make their own `InputRequiredResult`.


def needs(state: str | None, **questions: str) -> InputRequiredResult:
    """A result that asks for names."""
    asked = {
        key: {
            "method": "elicitation/create",
            "params": {"mode": "form", "message": message, "requestedSchema": FORM},
        }
        for key, message in questions.items()
    }
    value: Json = {"resultType": "input_required"}
    if asked:
        value["inputRequests"] = asked
    if state is not None:
        value["requestState"] = state
    return decode_InputRequiredResult(value)


def by_hand(*given: Any) -> Any:
    """Asks for a first name, then for a last name, and keeps the first in the state."""
    ctx: RequestContext = given[-1]
    if ctx.request_state is None:
        if "first" not in ctx.input_responses:
            return needs(None, first="First name?")
        first = ctx.input_responses["first"]["content"]["name"]
        return needs(f"first={first}", last="Last name?")
    return f"{ctx.request_state} last={ctx.input_responses['last']['content']['name']}"


async def by_hand_later(*given: Any) -> Any:
    """The same, as a coroutine."""
    return by_hand(*given)


@pytest.mark.parametrize("handler", [by_hand, by_hand_later])
@pytest.mark.parametrize("revision", [NEUTRAL, "2025-11-25", "2025-06-18"])
@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/call", {"name": "t"}),
        ("resources/read", {"uri": "x://a"}),
        ("prompts/get", {"name": "p"}),
    ],
)
def test_rounds_by_hand_work_in_both_eras(handler: Any, revision: str, method: str, params: Json) -> None:
    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": OBJECT}, handler)
    server.add_resource({"uri": "x://a", "name": "a"}, handler)
    server.add_prompt({"name": "p"}, handler)
    messages: list[str] = []

    def answer(method: str, question: Json) -> Json:
        messages.append(question["message"])
        return {"action": "accept", "content": {"name": f"N{len(messages)}"}}

    result = Client(server, revision).converse(method, params, answer)["result"]
    assert "first=N1 last=N2" in str(result)
    assert messages == ["First name?", "Last name?"]


def one_tool(handler: Any) -> Server:
    """A server with that tool."""
    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": OBJECT}, handler)
    return server


def test_a_state_by_hand_is_sealed_like_any_other() -> None:
    client = Client(one_tool(by_hand))
    first = client.call("t")
    second = retried(client, first["requestState"], inputResponses={"first": NAMED})["result"]
    assert "first=" not in second["requestState"]
    assert retried(client, "first=Eve", inputResponses={"last": NAMED})["error"]["code"] == -32602


def test_a_handler_may_ask_for_nothing_but_another_round() -> None:
    def shed_load(arguments: Json, ctx: RequestContext) -> Any:
        return needs("1") if ctx.request_state is None else f"round {ctx.request_state}"

    for revision in REVISIONS:
        answer = Client(one_tool(shed_load), revision).converse(
            "tools/call", {"name": "t"}, lambda *given: {}
        )
        assert answer["result"]["content"][0]["text"] == "round 1"


def test_a_question_by_hand_needs_its_capability_too() -> None:
    for revision, code in ((NEUTRAL, -32021), ("2025-11-25", -32600)):
        error = Client(one_tool(by_hand), revision, capabilities={}).error("tools/call", {"name": "t"})
        assert error["code"] == code
        assert error["data"] == {"requiredCapabilities": {"elicitation": {"form": {}}}}


def test_a_handler_that_never_has_enough_is_stopped_in_the_old_era(caplog: pytest.LogCaptureFixture) -> None:
    runs: list[int] = []

    def greedy(arguments: Json, ctx: RequestContext) -> Any:
        runs.append(1)
        return needs("more")

    error = Client(one_tool(greedy), "2025-11-25").error("tools/call", {"name": "t"})
    assert error["code"] == -32603
    assert len(runs) == 17
    assert "wanted input 16 times" in caplog.text


def test_both_ways_of_asking_can_be_mixed() -> None:
    async def mixed(arguments: Json, ctx: RequestContext) -> Any:
        if "first" not in ctx.input_responses:
            return needs("kept", first="First?")
        answer = await ctx.elicit("Second?", FORM)
        return f"{ctx.request_state} {(answer.content or {})['name']}"

    for revision in (NEUTRAL, "2025-11-25"):
        answer = Client(one_tool(mixed), revision).converse(
            "tools/call", {"name": "t"}, lambda method, params: NAMED
        )
        assert answer["result"]["content"][0]["text"] == "kept Ann"
