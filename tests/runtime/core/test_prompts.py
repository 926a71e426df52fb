"""prompts/get: messages for a model, filled in with the arguments that are required at least."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import GetPromptResult, ImageContent, PromptMessage, ResourceLink, TextContent

from .client import REVISIONS, Client, Json

ALL = pytest.mark.parametrize("revision", REVISIONS)
RICH = {
    "name": "p",
    "title": "P",
    "description": "A greeting",
    "arguments": [
        {"name": "who", "required": True},
        {"name": "how", "title": "How", "description": "kindly, or not"},
    ],
    "icons": [{"src": "https://example.com/i.png"}],
    "_meta": {"vendor": 1},
}


def got(outcome: Any, revision: str) -> Json:
    """The result of a prompt whose handler returns `outcome`."""
    server = Server("s", "1")
    server.add_prompt({"name": "p", "description": "A greeting"}, lambda arguments, ctx: outcome)
    result = Client(server, revision).result("prompts/get", {"name": "p"})
    return {key: value for key, value in result.items() if key not in ("_meta", "resultType")}


@ALL
@pytest.mark.parametrize(
    ("outcome", "messages"),
    [
        ("Hello", [("user", {"type": "text", "text": "Hello"})]),
        (
            PromptMessage(role="assistant", content=TextContent(text="Hi")),
            [("assistant", {"type": "text", "text": "Hi"})],
        ),
        (
            [
                PromptMessage(role="user", content=TextContent(text="a")),
                PromptMessage(role="user", content=ImageContent(data="AA==", mime_type="image/png")),
            ],
            [
                ("user", {"type": "text", "text": "a"}),
                ("user", {"type": "image", "data": "AA==", "mimeType": "image/png"}),
            ],
        ),
        ([], []),
    ],
)
def test_a_handler_may_return_what_is_simplest(
    revision: str, outcome: Any, messages: list[tuple[str, Json]]
) -> None:
    assert got(outcome, revision) == {
        "description": "A greeting",
        "messages": [{"role": role, "content": content} for role, content in messages],
    }


@ALL
def test_a_result_is_taken_as_it_is(revision: str) -> None:
    whole = GetPromptResult(messages=[], result_type="complete", description="another")
    assert got(whole, revision) == {"messages": [], "description": "another"}


@pytest.mark.parametrize("outcome", [None, 5, {"a": 1}, ["text"], TextContent(text="a")])
def test_anything_else_is_the_authors_mistake(outcome: Any, caplog: pytest.LogCaptureFixture) -> None:
    server = Server("s", "1")
    server.add_prompt({"name": "p"}, lambda arguments, ctx: outcome)
    assert Client(server).error("prompts/get", {"name": "p"})["code"] == -32603
    assert "A prompt cannot return " in caplog.text
    assert ": it returns str, GetPromptResult, or one or more of " in caplog.text


@ALL
def test_a_handler_gets_the_arguments_that_are_required_and_any_others(revision: str) -> None:
    seen: list[Json] = []

    async def handler(arguments: dict[str, str], ctx: RequestContext) -> str:
        seen.append(arguments)
        return ""

    server = Server("s", "1")
    server.add_prompt(RICH, handler)
    client = Client(server, revision)
    client.result("prompts/get", {"name": "p", "arguments": {"who": "Ann"}})
    client.result("prompts/get", {"name": "p", "arguments": {"who": "", "how": "x", "new": "y"}})
    assert seen == [{"who": "Ann"}, {"who": "", "how": "x", "new": "y"}]
    without: list[Json] = [{}, {"arguments": {}}, {"arguments": {"how": "kindly"}}]
    for params in without:
        error = client.error("prompts/get", {"name": "p", **params})
        assert (error["code"], error["data"]) == (-32602, {"pointer": "/params/arguments"})
        assert error["message"] == "Prompt 'p' needs the argument 'who'"


@ALL
def test_an_unknown_prompt_is_named(revision: str) -> None:
    assert Client(Server("s", "1"), revision).error("prompts/get", {"name": "q"}) == {
        "code": -32602,
        "message": "Unknown prompt: q",
        "data": {"pointer": "/params/name"},
    }


@ALL
def test_a_link_has_a_stand_in_in_older_revisions(revision: str) -> None:
    message = PromptMessage(role="user", content=ResourceLink(uri="x://a", name="a"))
    content = got(message, revision)["messages"][0]["content"]
    if revision >= "2025-06-18":
        assert content == {"type": "resource_link", "uri": "x://a", "name": "a"}
    else:
        assert content["type"] == "text"
        assert "x://a" in content["text"]


@ALL
def test_a_definition_says_what_the_revision_knows(revision: str) -> None:
    server = Server("s", "1")
    server.add_prompt(RICH, lambda arguments, ctx: "")
    (prompt,) = Client(server, revision).result("prompts/list")["prompts"]
    known = {"name", "description", "arguments"}
    known |= {"title", "_meta"} if revision >= "2025-06-18" else set()
    known |= {"icons"} if revision >= "2025-11-25" else set()
    assert set(prompt) == known
    assert ("title" in prompt["arguments"][1]) == (revision >= "2025-06-18")
