"""tools/call: arguments and results fit the schemas, and failures reach whom they concern."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import ToolError
from mcpgen_runtime.features import ToolHandler
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import (
    AudioContent,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from .client import NEUTRAL, REVISIONS, Client, Json

ALL = pytest.mark.parametrize("revision", REVISIONS)
OBJECT: Json = {"type": "object"}
TEXT: Json = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "times": {"type": "integer", "minimum": 1}},
    "required": ["text"],
}
LENGTH: Json = {"type": "object", "properties": {"length": {"type": "integer"}}, "required": ["length"]}


def returning(outcome: Any, **definition: Any) -> Server:
    """A server with a tool that returns `outcome`, or raises it."""

    def handler(arguments: Json, ctx: RequestContext) -> Any:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": OBJECT, **definition}, handler)
    return server


def noting(calls: list[Any]) -> ToolHandler:
    """A handler that notes the arguments of its calls."""

    def handler(arguments: Json, ctx: RequestContext) -> str:
        calls.append(arguments)
        return ""

    return handler


def without_envelope(result: Json) -> Json:
    """What the tool said, in any revision."""
    return {key: value for key, value in result.items() if key not in ("_meta", "resultType")}


def text(value: str) -> Json:
    """A text block."""
    return {"type": "text", "text": value}


# What a tool gets.


@ALL
def test_arguments_may_be_left_out(revision: str) -> None:
    seen: list[Json] = []
    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": OBJECT}, noting(seen))
    client = Client(server, revision)
    client.result("tools/call", {"name": "t"})
    client.result("tools/call", {"name": "t", "arguments": {"a": [None, 1.5]}})
    assert seen == [{}, {"a": [None, 1.5]}]


@ALL
@pytest.mark.parametrize(
    ("arguments", "place", "expected"),
    [
        ({}, "", "the key 'text'"),
        ({"text": 5}, "/text", "a string"),
        ({"text": "a", "times": 0}, "/times", "at least 1"),
    ],
)
def test_arguments_that_do_not_fit_are_told_with_their_place(
    revision: str, arguments: Json, place: str, expected: str
) -> None:
    called: list[Any] = []
    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": TEXT}, noting(called))
    answer = Client(server, revision).request("tools/call", {"name": "t", "arguments": arguments})
    assert called == []
    if revision >= "2025-11-25":
        # The model gets to see it, and can try again.
        assert answer["result"]["isError"] is True
        said = answer["result"]["content"][0]["text"]
        assert said.startswith(f"Invalid arguments for tool 't': /arguments{place}: expected ")
        assert expected in said
    else:
        error = answer["error"]
        assert error["code"] == -32602
        assert error["data"]["pointer"] == f"/params/arguments{place}"
        assert expected in error["message"]


@ALL
def test_an_unknown_tool_is_named(revision: str) -> None:
    assert Client(Server("s", "1"), revision).error("tools/call", {"name": "t"}) == {
        "code": -32602,
        "message": "Unknown tool: t",
        "data": {"pointer": "/params/name"},
    }


def test_a_name_that_no_tool_can_have_is_not_even_looked_up() -> None:
    client = Client(Server("s", "1"), limits=Limits(max_tool_name_length=5))
    assert client.error("tools/call", {"name": "x" * 5})["message"] == "Unknown tool: xxxxx"
    error = client.error("tools/call", {"name": "x" * 6})
    assert (error["code"], error["data"]) == (-32600, {"limit": "max_tool_name_length", "value": 5})


# What a tool returns.

BLOCKS = [
    TextContent(text="a"),
    ImageContent(data="AA==", mime_type="image/png"),
    EmbeddedResource(resource=TextResourceContents(uri="x://a", text="b")),
]


@ALL
@pytest.mark.parametrize(
    ("outcome", "content"),
    [
        ("plain", [text("plain")]),
        ("", [text("")]),
        (TextContent(text="a"), [text("a")]),
        ([], []),
        ((TextContent(text="a"),), [text("a")]),
        (
            BLOCKS,
            [
                text("a"),
                {"type": "image", "data": "AA==", "mimeType": "image/png"},
                {"type": "resource", "resource": {"uri": "x://a", "text": "b"}},
            ],
        ),
    ],
)
def test_a_tool_may_return_what_is_simplest(revision: str, outcome: Any, content: list[Json]) -> None:
    assert without_envelope(Client(returning(outcome), revision).call("t")) == {"content": content}


@ALL
def test_a_dict_is_structured_content_and_its_text(revision: str) -> None:
    outcome = {"length": 3, "ü": [None]}
    content = [text('{"length":3,"ü":[null]}')]
    structured = {"structuredContent": outcome} if revision >= "2025-06-18" else {}
    assert without_envelope(Client(returning(outcome), revision).call("t")) == {
        "content": content,
        **structured,
    }


@ALL
def test_a_result_is_taken_as_it_is(revision: str) -> None:
    outcome = CallToolResult(content=[TextContent(text="a")], is_error=True, result_type="complete")
    assert without_envelope(Client(returning(outcome), revision).call("t")) == {
        "content": [text("a")],
        "isError": True,
    }


class OwnResult(CallToolResult):
    """What an author may derive."""


def test_a_result_may_be_of_a_class_of_the_authors_own() -> None:
    outcome = OwnResult(content=[TextContent(text="a")], result_type="complete")
    assert without_envelope(Client(returning(outcome)).call("t")) == {"content": [text("a")]}


@pytest.mark.parametrize("outcome", [None, 5, object(), [TextContent(text="a"), "b"], [["a"]], b"bytes"])
def test_anything_else_is_the_authors_mistake(outcome: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert Client(returning(outcome)).error("tools/call", {"name": "t"})["code"] == -32603
    what = "list with " if isinstance(outcome, list) else f"{type(outcome).__name__}: it returns str, dict, "
    assert f"A tool cannot return {what}" in caplog.text
    assert "CallToolResult, or one or more of TextContent, ImageContent" in caplog.text


@ALL
def test_a_tool_may_be_a_coroutine_function(revision: str) -> None:
    async def handler(arguments: Json, ctx: RequestContext) -> str:
        return "awaited"

    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": OBJECT}, handler)
    assert Client(server, revision).call("t")["content"] == [text("awaited")]


# How a tool fails.


@ALL
def test_a_tool_error_is_for_the_model(revision: str, caplog: pytest.LogCaptureFixture) -> None:
    result = Client(returning(ToolError("no such city")), revision).call("t")
    assert without_envelope(result) == {"content": [text("no such city")], "isError": True}
    assert caplog.records == []


@pytest.mark.parametrize("revision", [each for each in REVISIONS if each >= "2025-06-18"])
def test_a_result_that_fits_its_output_schema_is_sent(revision: str) -> None:
    result = Client(returning({"length": 3}, outputSchema=LENGTH), revision).call("t")
    assert result["structuredContent"] == {"length": 3}


BROKEN: list[tuple[Any, str]] = [
    ({"length": "3"}, "broke its outputSchema: /structuredContent/length: expected an integer"),
    ({}, "broke its outputSchema: /structuredContent: expected the key 'length'"),
    ("text", "has an outputSchema and gave no structured content"),
]


@ALL
@pytest.mark.parametrize(("outcome", "said"), BROKEN)
def test_a_result_that_breaks_its_output_schema_is_never_sent(
    revision: str, outcome: Any, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(returning(outcome, outputSchema=LENGTH), revision)
    with caplog.at_level(logging.ERROR, "mcpgen_runtime"):
        error = client.error("tools/call", {"name": "t"})
    assert error["message"] == "Internal error"
    assert error["data"] == {"correlationId": "correlation-1"}
    assert f"tools/call 't' failed [correlation-1]: BrokenResult: tool 't' {said}" in caplog.text


@ALL
def test_a_failure_needs_no_structured_content(revision: str) -> None:
    failed = CallToolResult(content=[], is_error=True, result_type="complete")
    for outcome in (failed, ToolError("no")):
        assert Client(returning(outcome, outputSchema=LENGTH), revision).call("t")["isError"] is True


@pytest.mark.parametrize("value", [[1, 2], "text", 5, None, False])
def test_structured_content_may_be_any_json_in_the_newest_revision(value: Any) -> None:
    outcome = CallToolResult(content=[], result_type="complete", structured_content=value)
    schema = {"enum": [value]}
    assert Client(returning(outcome, outputSchema=schema)).call("t")["structuredContent"] == value
    # Older ones want an object: they get a text.
    older = Client(returning(outcome, outputSchema=schema), "2025-11-25").call("t")
    assert "structuredContent" not in older
    assert len(older["content"]) == 1


# What an older revision does not know, and gets in other words.

RICH = {
    "name": "t",
    "title": "T",
    "description": "D",
    "inputSchema": TEXT,
    "outputSchema": LENGTH,
    "annotations": {"readOnlyHint": True},
    "icons": [{"src": "https://example.com/i.png"}],
    "_meta": {"vendor": 1},
}


@ALL
def test_a_definition_says_what_the_revision_knows(revision: str) -> None:
    server = Server("s", "1")
    server.add_tool(RICH, lambda arguments, ctx: "")
    (tool,) = Client(server, revision).result("tools/list")["tools"]
    known = {"name", "description", "inputSchema"}
    known |= {"annotations"} if revision >= "2025-03-26" else set()
    known |= {"title", "outputSchema", "_meta"} if revision >= "2025-06-18" else set()
    known |= {"icons"} if revision >= "2025-11-25" else set()
    assert tool == {key: value for key, value in RICH.items() if key in known}


@ALL
def test_links_and_sound_have_stand_ins(revision: str) -> None:
    outcome = [
        ResourceLink(uri="x://a", name="a"),
        AudioContent(data="AA==", mime_type="audio/wav"),
    ]
    link, audio = Client(returning(outcome), revision).call("t")["content"]
    if revision >= "2025-06-18":
        assert link == {"type": "resource_link", "uri": "x://a", "name": "a"}
    else:
        assert link["type"] == "text"
        assert "x://a" in link["text"]
    if revision >= "2025-03-26":
        assert audio["type"] == "audio"
    else:
        assert audio["type"] == "resource"
        assert (audio["resource"]["blob"], audio["resource"]["mimeType"]) == ("AA==", "audio/wav")


def test_a_schema_reaches_the_client_as_it_was_written() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"a": {"$anchor": "a", "type": "string"}},
        "properties": {"x": {"$ref": "#a", "x-mcp-header": "X"} | {"type": "string"}},
        "allOf": [{"if": {"required": ["x"]}, "then": {"minProperties": 1}}],
        "additionalProperties": False,
    }
    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": schema}, lambda arguments, ctx: "")
    (tool,) = Client(server, NEUTRAL).result("tools/list")["tools"]
    assert tool["inputSchema"] == schema
