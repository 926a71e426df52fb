"""`ctx.elicit`, `ctx.sample` and `ctx.list_roots` mean the same in both eras."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import (
    AudioContent,
    CreateMessageRequestParams,
    SamplingMessage,
    TextContent,
    Tool,
    ToolInputSchema,
    ToolUseContent,
)

from .client import EVERYTHING, META, NEUTRAL, REVISIONS, Client, Json

Work = Callable[[RequestContext], Awaitable[Any]]
FORM: Json = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
NAMED: Json = {"action": "accept", "content": {"name": "Ann"}}
SAMPLED: Json = {"role": "assistant", "content": {"type": "text", "text": "Hi"}, "model": "m"}
ROOTS: Json = {"roots": [{"uri": "file:///a", "name": "a"}, {"uri": "file:///b"}]}
ANSWERS = {"elicitation/create": NAMED, "sampling/createMessage": SAMPLED, "roots/list": ROOTS}

ALL = pytest.mark.parametrize("revision", REVISIONS)
WITH_FORMS = pytest.mark.parametrize("revision", [NEUTRAL, "2025-11-25", "2025-06-18"])
WITH_URLS = pytest.mark.parametrize("revision", [NEUTRAL, "2025-11-25"])


def hello(**more: Any) -> CreateMessageRequestParams:
    """Params of sampling."""
    message = SamplingMessage(role="user", content=TextContent(text="Hello"))
    return CreateMessageRequestParams(messages=[message], max_tokens=10, **more)


class Conversation:
    """A tool that does `work`, and the questions that its client got until the answer came."""

    def __init__(self, revision: str, work: Work, **more: Any) -> None:
        self.runs = 0
        self.questions: list[tuple[str, Json]] = []

        async def handler(arguments: Json, ctx: RequestContext) -> str:
            self.runs += 1
            return str(await work(ctx))

        server = Server("s", "1")
        server.add_tool({"name": "t", "inputSchema": {"type": "object"}}, handler)
        self.client = Client(server, revision, **more)
        self.answers: dict[str, Json] = dict(ANSWERS)

    def answer(self, method: str, params: Json) -> Json:
        """What the client says."""
        self.questions.append((method, params))
        return self.answers[method]

    def run(self) -> Any:
        """The text of the tool's result, or the error."""
        answer = self.client.converse("tools/call", {"name": "t"}, self.answer)
        return answer["error"] if "error" in answer else answer["result"]["content"][0]["text"]


# Each question.


@WITH_FORMS
def test_elicit_has_the_user_fill_a_form(revision: str) -> None:
    async def work(ctx: RequestContext) -> str:
        answer = await ctx.elicit("Your name?", FORM)
        assert answer.content is not None
        return f"{answer.action} {answer.content['name']}"

    talk = Conversation(revision, work)
    assert talk.run() == "accept Ann"
    mode = {} if revision == "2025-06-18" else {"mode": "form"}
    asked = {"message": "Your name?", "requestedSchema": FORM, **mode}
    assert talk.questions == [("elicitation/create", asked)]


@WITH_FORMS
@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_a_user_may_decline(revision: str, action: str) -> None:
    async def work(ctx: RequestContext) -> str:
        answer = await ctx.elicit("Your name?", FORM)
        return f"{answer.action} {answer.content}"

    talk = Conversation(revision, work)
    talk.answers["elicitation/create"] = {"action": action}
    assert talk.run() == f"{action} None"


@WITH_FORMS
@pytest.mark.parametrize(
    ("content", "place"),
    [({"name": 5}, "/content/name"), ({}, "/content"), (None, "/content")],
)
def test_a_form_that_was_filled_in_wrongly_is_refused(revision: str, content: Any, place: str) -> None:
    async def work(ctx: RequestContext) -> str:
        return (await ctx.elicit("Your name?", FORM)).action

    talk = Conversation(revision, work)
    filled = {} if content is None else {"content": content}
    talk.answers["elicitation/create"] = {"action": "accept", **filled}
    error = talk.run()
    at = "/params/inputResponses/elicitation~1create-1" if revision == NEUTRAL else "/result"
    assert (error["code"], error["data"]["pointer"]) == (-32602, at + place)
    # Whoever declined has filled in nothing.
    talk.answers["elicitation/create"] = {"action": "decline", **filled}
    assert talk.run() == "decline"


@WITH_FORMS
@pytest.mark.parametrize("chosen", [["red"], ["red", "blue"], []])
def test_a_choice_of_several_is_a_list_in_every_revision(revision: str, chosen: list[str]) -> None:
    colours = {"type": "array", "items": {"type": "string", "enum": ["red", "green", "blue"]}}

    async def work(ctx: RequestContext) -> str:
        answer = await ctx.elicit("Which?", {"type": "object", "properties": {"colours": colours}})
        return str((answer.content or {})["colours"])

    talk = Conversation(revision, work)
    # A form of 2025-06-18 knows no such field: there a client chooses one.
    said: Any = chosen if revision >= "2025-11-25" else "red"
    talk.answers["elicitation/create"] = {"action": "accept", "content": {"colours": said}}
    assert talk.run() == str(chosen if revision >= "2025-11-25" else ["red"])


@WITH_URLS
def test_elicit_url_has_the_user_go_somewhere(revision: str) -> None:
    async def work(ctx: RequestContext) -> str:
        first = await ctx.elicit_url("Log in", "https://example.com/a", elicitation_id="mine")
        second = await ctx.elicit_url("And again", "https://example.com/b")
        return f"{first.action} {second.action}"

    talk = Conversation(revision, work)
    talk.answers["elicitation/create"] = {"action": "accept"}
    assert talk.run() == "accept accept"
    (_, first), (_, second) = talk.questions[-2:]
    assert (first["mode"], first["url"]) == ("url", "https://example.com/a")
    assert second["url"] == "https://example.com/b"
    if revision == "2025-11-25":
        assert first["elicitationId"] == "mine"
        # There each needs one of its own; no author has to think of it.
        assert second["elicitationId"] not in ("", "mine")


@ALL
def test_sample_has_the_clients_model_go_on(revision: str) -> None:
    async def work(ctx: RequestContext) -> str:
        answer = await ctx.sample(hello(system_prompt="Be kind", temperature=0.5))
        assert isinstance(answer.content, TextContent)
        return f"{answer.role} {answer.model} {answer.content.text}"

    talk = Conversation(revision, work)
    assert talk.run() == "assistant m Hi"
    ((_, params),) = talk.questions
    assert params["systemPrompt"] == "Be kind"
    assert params["messages"] == [{"role": "user", "content": {"type": "text", "text": "Hello"}}]


@ALL
def test_list_roots_tells_where_to_work(revision: str) -> None:
    async def work(ctx: RequestContext) -> list[str]:
        return [root.uri for root in await ctx.list_roots()]

    talk = Conversation(revision, work)
    assert talk.run() == "['file:///a', 'file:///b']"
    assert talk.questions[0][0] == "roots/list"


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26"])
def test_what_an_older_client_answers_means_what_its_revision_says(revision: str) -> None:
    async def work(ctx: RequestContext) -> list[str]:
        return [root.uri for root in await ctx.list_roots()]

    talk = Conversation(revision, work)
    # A root has no _meta there: whatever stands in its place is none.
    talk.answers["roots/list"] = {"roots": [{"uri": "file:///a", "_meta": 5}]}
    assert talk.run() == "['file:///a']"


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-06-18"])
def test_sampling_says_to_older_clients_what_they_can_understand(revision: str) -> None:
    tool_use = ToolUseContent(id="1", name="t", input={})
    several = [
        SamplingMessage(role="user", content=[TextContent(text="a"), TextContent(text="b")]),
        SamplingMessage(role="assistant", content=tool_use),
    ]

    async def work(ctx: RequestContext) -> str:
        await ctx.sample(CreateMessageRequestParams(messages=several, max_tokens=1))
        return "sampled"

    talk = Conversation(revision, work)
    assert talk.run() == "sampled"
    ((_, params),) = talk.questions
    assert [message["content"]["type"] for message in params["messages"]] == ["text"] * 3


def test_what_an_older_client_cannot_be_asked_is_refused() -> None:
    audio = SamplingMessage(role="user", content=AudioContent(data="AA==", mime_type="audio/wav"))

    async def work(ctx: RequestContext) -> str:
        await ctx.sample(CreateMessageRequestParams(messages=[audio], max_tokens=1))
        return "sampled"

    assert Conversation("2025-03-26", work).run() == "sampled"
    error = Conversation("2024-11-05", work).run()
    assert error["code"] == -32600
    assert error["message"].startswith("The client cannot be asked that: ")


# What the client declared.


ASKING: dict[str, tuple[Work, Json]] = {
    "form": (lambda ctx: ctx.elicit("?", FORM), {"elicitation": {"form": {}}}),
    "url": (lambda ctx: ctx.elicit_url("?", "https://example.com/"), {"elicitation": {"url": {}}}),
    "sample": (lambda ctx: ctx.sample(hello()), {"sampling": {}}),
    "tools": (
        lambda ctx: ctx.sample(hello(tools=[Tool(name="t", input_schema=ToolInputSchema())])),
        {"sampling": {"tools": {}}},
    ),
    "roots": (lambda ctx: ctx.list_roots(), {"roots": {}}),
}


@ALL
@pytest.mark.parametrize("question", ASKING)
@pytest.mark.parametrize("declared", [{}, {"roots": {}, "sampling": {}, "elicitation": {}}])
def test_what_was_not_declared_is_not_asked(revision: str, question: str, declared: Json) -> None:
    work, needed = ASKING[question]
    talk = Conversation(revision, work, capabilities=declared)
    outcome = talk.run()
    asked = [method for method, _ in talk.questions]
    # A bare {} is the form mode; before 2025-06-18 there are no forms.
    able = declared and question in ("form", "sample", "roots")
    if able and not (question == "form" and revision < "2025-06-18"):
        assert len(asked) == 1
        return
    assert asked == []
    assert outcome["code"] == (-32021 if revision == NEUTRAL else -32600)
    assert outcome["data"] == {"requiredCapabilities": needed}


def test_a_client_that_declared_urls_alone_gets_no_forms() -> None:
    talk = Conversation(NEUTRAL, ASKING["form"][0], capabilities={"elicitation": {"url": {}}})
    assert talk.run()["code"] == -32021


@pytest.mark.parametrize("revision", ["2025-06-18", "2025-03-26", "2024-11-05"])
def test_older_clients_are_sent_nowhere_whatever_they_declare(revision: str) -> None:
    talk = Conversation(revision, ASKING["url"][0], capabilities=EVERYTHING)
    assert talk.run()["code"] == -32600
    assert talk.questions == []


def test_a_handler_may_look_before_it_asks_and_go_on_without() -> None:
    async def work(ctx: RequestContext) -> str:
        if ctx.client_capabilities.sampling is None:
            return "without"
        return (await ctx.sample(hello())).model

    for revision in REVISIONS:
        assert Conversation(revision, work, capabilities={}).run() == "without"
        assert Conversation(revision, work).run() == "m"


# Several questions.


async def three(ctx: RequestContext) -> str:
    """Asks one after the other."""
    name = await ctx.elicit("Your name?", FORM)
    sampled = await ctx.sample(hello())
    roots = await ctx.list_roots()
    return f"{name.action} {sampled.model} {len(roots)}"


async def three_at_once(ctx: RequestContext) -> str:
    """Asks everything at once."""
    name, sampled, roots = await ctx.gather(
        ctx.elicit("Your name?", FORM), ctx.sample(hello()), ctx.list_roots()
    )
    return f"{name.action} {sampled.model} {len(roots)}"


@WITH_FORMS
@pytest.mark.parametrize("work", [three, three_at_once])
def test_several_questions_are_answered_each_in_its_place(revision: str, work: Work) -> None:
    talk = Conversation(revision, work)
    assert talk.run() == "accept m 2"
    assert [method for method, _ in talk.questions] == list(ANSWERS)
    # A session waits. Without one the handler runs again, once for each round.
    assert talk.runs == (1 if revision != NEUTRAL else 4 if work is three else 2)


def test_gather_asks_only_what_is_not_answered_yet() -> None:
    talk = Conversation(NEUTRAL, three_at_once)
    needed = talk.client.call("t")
    assert sorted(needed["inputRequests"]) == [
        "elicitation/create-1",
        "roots/list-1",
        "sampling/createMessage-1",
    ]
    retry = {"name": "t", "inputResponses": {"roots/list-1": ROOTS}}
    assert sorted(talk.client.result("tools/call", retry)["inputRequests"]) == [
        "elicitation/create-1",
        "sampling/createMessage-1",
    ]


@WITH_FORMS
def test_gather_of_nothing_is_nothing(revision: str) -> None:
    async def work(ctx: RequestContext) -> list[Any]:
        return await ctx.gather()

    assert Conversation(revision, work).run() == "[]"


@WITH_FORMS
@pytest.mark.filterwarnings("error")
def test_gather_fails_as_its_first_question_and_leaves_none_waiting(revision: str) -> None:
    async def work(ctx: RequestContext) -> Any:
        return await ctx.gather(ctx.list_roots(), ctx.elicit("?", FORM), ctx.driver_promise)  # type: ignore[attr-defined]

    async def with_promise(ctx: RequestContext) -> Any:
        ctx.driver_promise = talk.client.driver.promise()  # type: ignore[attr-defined]
        return await work(ctx)

    talk = Conversation(revision, with_promise, capabilities={"elicitation": {}})
    error = talk.run()
    assert error["data"] == {"requiredCapabilities": {"roots": {}}}


@WITH_FORMS
def test_other_requests_ask_as_tools_do(revision: str) -> None:
    async def ask(*given: Any) -> str:
        answer = await given[-1].elicit("Your name?", FORM)
        return str(answer.content["name"])

    server = Server("s", "1")
    server.add_resource({"uri": "x://a", "name": "a"}, ask)
    server.add_resource_template({"uriTemplate": "y://{b}", "name": "b"}, ask)
    server.add_prompt({"name": "p"}, ask)
    client = Client(server, revision)
    for method, params in (
        ("resources/read", {"uri": "x://a"}),
        ("resources/read", {"uri": "y://b"}),
        ("prompts/get", {"name": "p"}),
    ):
        answer = client.converse(method, params, lambda method, params: NAMED)
        assert "Ann" in str(answer["result"])


def test_completion_cannot_ask_in_the_modern_era() -> None:
    async def completer(value: str, settled: dict[str, str], ctx: RequestContext) -> list[str]:
        await ctx.list_roots()
        return []

    server = Server("s", "1")
    server.add_prompt(
        {"name": "p", "arguments": [{"name": "a"}]}, lambda *given: "", complete={"a": completer}
    )
    params = {"ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "a", "value": ""}}
    error = Client(server).error("completion/complete", params)
    assert error == {"code": -32600, "message": "completion/complete cannot ask its client for anything"}


# Keys, and answers that were not asked for.


def test_questions_are_named_by_their_order_or_by_the_author() -> None:
    async def work(ctx: RequestContext) -> str:
        await ctx.gather(
            ctx.elicit("1", FORM),
            ctx.elicit("2", FORM),
            ctx.elicit("3", FORM, key="mine"),
            ctx.list_roots(key="r"),
        )
        return "done"

    needed = Conversation(NEUTRAL, work).client.call("t")
    assert {key: each["params"].get("message") for key, each in needed["inputRequests"].items()} == {
        "elicitation/create-1": "1",
        "elicitation/create-2": "2",
        "mine": "3",
        "r": None,
    }


def test_answers_may_come_before_the_question() -> None:
    talk = Conversation(NEUTRAL, ASKING["form"][0])
    responses = {"elicitation/create-1": NAMED, "unheard of": {"action": "accept"}}
    result = talk.client.result("tools/call", {"name": "t", "inputResponses": responses})
    assert result["resultType"] == "complete"
    wrong = {"name": "t", "inputResponses": {"unheard of": NAMED}}
    assert talk.client.result("tools/call", wrong)["resultType"] == "input_required"


@pytest.mark.parametrize(
    ("responses", "pointer"),
    [
        (None, "/params/inputResponses"),
        ([], "/params/inputResponses"),
        ({"elicitation/create-1": 12345}, "/params/inputResponses/elicitation~1create-1"),
        ({"elicitation/create-1": {}}, "/params/inputResponses/elicitation~1create-1"),
        ({"elicitation/create-1": {"action": "perhaps"}}, "/params/inputResponses/elicitation~1create-1"),
        ({"elicitation/create-1": ROOTS}, "/params/inputResponses/elicitation~1create-1"),
    ],
)
def test_answers_that_are_none_are_refused_with_the_place(responses: Any, pointer: str) -> None:
    talk = Conversation(NEUTRAL, ASKING["form"][0])
    error = talk.client.error("tools/call", {"name": "t", "inputResponses": responses})
    assert error["code"] == -32602
    assert error["data"]["pointer"].startswith(pointer)


def test_input_required_passes_through_what_catches_every_exception() -> None:
    async def work(ctx: RequestContext) -> str:
        try:
            answer = await ctx.elicit("?", FORM)
        except Exception as error:
            return f"swallowed {error!r}"
        return answer.action

    talk = Conversation(NEUTRAL, work)
    assert talk.run() == "accept"


def test_server_info_is_there_while_input_is_required_too() -> None:
    needed = Conversation(NEUTRAL, ASKING["form"][0]).client.call("t")
    assert needed["_meta"][META + "serverInfo"]["name"] == "s"
