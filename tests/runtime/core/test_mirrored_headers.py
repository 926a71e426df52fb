"""`x-mcp-header`: where it may stand, and what the headers must say (2026-07-28 Streamable HTTP)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.errors import HeaderMismatch
from mcpgen_runtime.features import DefinitionError
from mcpgen_runtime.host import Driver
from mcpgen_runtime.jsonrpc import Error, Request, Response
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.mirrored_headers import check_parameter_headers, decode_header, marked_parameters
from mcpgen_runtime.modern import ModernEndpoint
from mcpgen_runtime.server import Server

from .client import META, NEUTRAL


def of(property_schema: Any, **more: Any) -> dict[str, Any]:
    """An `inputSchema` with one property."""
    return {"type": "object", "properties": {"a": property_schema}, **more}


def encoded(text: str) -> str:
    """`text` as a header says it that may not say it plainly."""
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


# Definitions.


def test_headers_lead_to_the_properties_that_they_mirror() -> None:
    schema = {
        "type": "object",
        "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "x-mcp-header": {"type": "string"},
            "where": {
                "type": "object",
                "properties": {"zone": {"type": "integer", "x-mcp-header": "Zone-2"}},
            },
            "dry": {
                "type": "boolean",
                "default": {"x-mcp-header": "no keyword"},
                "x-mcp-header": "!#$%&'*+.^_`|~",
            },
        },
        "enum": [{"x-mcp-header": 5}],
    }
    assert marked_parameters(schema) == {
        "Mcp-Param-Region": ("region",),
        "Mcp-Param-Zone-2": ("where", "zone"),
        "Mcp-Param-!#$%&'*+.^_`|~": ("dry",),
    }


MARKED = {"type": "string", "x-mcp-header": "H"}


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (of({"type": "string", "x-mcp-header": ""}), "is no header name"),
        (of({"type": "string", "x-mcp-header": "a b"}), "is no header name"),
        (of({"type": "string", "x-mcp-header": "a:b"}), "is no header name"),
        (of({"type": "string", "x-mcp-header": "é"}), "is no header name"),
        (of({"type": "string", "x-mcp-header": "a\r\nb"}), "is no header name"),
        (of({"type": "string", "x-mcp-header": "a\n"}), "is no header name"),
        (of({"type": "string", "x-mcp-header": 5}), "is no header name"),
        (of({"type": "string", "x-mcp-header": None}), "is no header name"),
        (of({"type": "number", "x-mcp-header": "H"}), "only a string, an integer or a boolean"),
        (of({"type": "object", "x-mcp-header": "H"}), "only a string, an integer or a boolean"),
        (of({"type": "array", "x-mcp-header": "H"}), "only a string, an integer or a boolean"),
        (of({"type": ["string", "null"], "x-mcp-header": "H"}), "only a string, an integer or a boolean"),
        (of({"x-mcp-header": "H"}), "only a string, an integer or a boolean"),
        ({"type": "object", "properties": {"a": MARKED, "b": {**MARKED, "x-mcp-header": "h"}}}, "twice"),
        ({"type": "object", "x-mcp-header": "H"}, "only a chain of `properties`"),
        (of({"type": "array", "items": MARKED}), "only a chain of `properties`"),
        (of({"type": "array", "prefixItems": [MARKED]}), "only a chain of `properties`"),
        (of({"type": "array", "contains": MARKED}), "only a chain of `properties`"),
        (of({"anyOf": [MARKED]}), "only a chain of `properties`"),
        (of({}, anyOf=[of(MARKED)]), "only a chain of `properties`"),
        (of({}, oneOf=[of(MARKED)]), "only a chain of `properties`"),
        (of({}, allOf=[of(MARKED)]), "only a chain of `properties`"),
        (of({}, **{"not": of(MARKED)}), "only a chain of `properties`"),
        (of({}, **{"if": of(MARKED)}), "only a chain of `properties`"),
        (of({}, then=of(MARKED)), "only a chain of `properties`"),
        (of({}, **{"else": of(MARKED)}), "only a chain of `properties`"),
        (of({}, additionalProperties=MARKED), "only a chain of `properties`"),
        (of({}, patternProperties={"b": MARKED}), "only a chain of `properties`"),
        (of({}, dependentSchemas={"a": of(MARKED)}), "only a chain of `properties`"),
        (of({"$ref": "#/$defs/m"}, **{"$defs": {"m": MARKED}}), "only a chain of `properties`"),
    ],
)
def test_a_mark_that_may_not_be_there_makes_the_tool_invalid(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason) as found:
        Server("s", "1").add_tool({"name": "t", "inputSchema": schema}, lambda arguments, ctx: "")
    assert "tool 't': x-mcp-header at /" in str(found.value)


# Values.


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("us-west1", "us-west1"),
        ("two words\tand a tab", "two words\tand a tab"),
        (encoded("Hello, 世界"), "Hello, 世界"),
        (encoded(" padded "), " padded "),
        (encoded("line1\nline2"), "line1\nline2"),
        (encoded("=?base64?literal?="), "=?base64?literal?="),
        (encoded(""), ""),
        ("", ""),
        ("=?base64?SGVsbG8=", "=?base64?SGVsbG8="),
        ("SGVsbG8=?=", "SGVsbG8=?="),
        ("=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?="),
    ],
)
def test_a_header_says_a_value(header: str, value: str) -> None:
    assert decode_header("mcp-param-a", header) == value


@pytest.mark.parametrize(
    "header",
    [
        "=?base64?SGVsbG8?=",
        "=?base64?SGVs!!!bG8=?=",
        "=?base64?SGVs bG8=?=",
        "=?base64?_w==?=",
        "=?base64?/w==?=",
        "é",
        "line1\nline2",
        "\x00",
        "\x7f",
    ],
)
def test_a_header_with_characters_it_may_not_have_is_refused(header: str) -> None:
    with pytest.raises(HeaderMismatch, match="Header mismatch: mcp-param-a ") as found:
        decode_header("mcp-param-a", header)
    assert found.value.code == -32020


def mismatch(value: Any, header: str | None) -> str | None:
    """Why a header that mirrors `/params/arguments/a/b` is refused."""
    headers = {} if header is None else {"mcp-param-h": header}
    try:
        check_parameter_headers({"mcp-param-h": ("a", "b")}, value, headers)
    except HeaderMismatch as error:
        return error.message
    return None


@pytest.mark.parametrize(
    ("value", "header"),
    [
        ("x", "x"),
        ("", ""),
        ("世", encoded("世")),
        ("x", encoded("x")),
        (True, "true"),
        (False, "false"),
        (42, "42"),
        (42, "42.0"),
        (42.0, "42"),
        (-7, "-7"),
        (0, "-0"),
        (2**53 - 1, str(2**53 - 1)),
        (42, encoded("42")),
    ],
)
def test_headers_that_say_what_the_arguments_say_are_accepted(value: object, header: str) -> None:
    assert mismatch({"a": {"b": value}}, header) is None


@pytest.mark.parametrize("arguments", [{}, {"a": {}}, {"a": {"b": None}}, {"a": None}, {"a": 5}, {"a": []}])
def test_without_a_value_there_is_no_header(arguments: Any) -> None:
    assert mismatch(arguments, None) is None
    assert mismatch(arguments, "x") == ("Header mismatch: mcp-param-h is there, /params/arguments/a/b is not")


@pytest.mark.parametrize("value", ["x", "", 0, False])
def test_a_value_without_its_header_is_refused(value: object) -> None:
    assert mismatch({"a": {"b": value}}, None) == (
        "Header mismatch: mcp-param-h is missing, /params/arguments/a/b has a value"
    )


@pytest.mark.parametrize(
    ("value", "header"),
    [
        ("x", "X"),
        ("x", "x "),
        ("x", "y"),
        ("42", "42.0"),
        (True, "True"),
        (True, "1"),
        (False, ""),
        (1, "true"),
        (42, "43"),
        (42, ""),
        (42, "forty-two"),
        (42, " 42"),
        (42, "4_2"),
        (42, "4.2e1"),
        (42, "42.5"),
        (42, encoded("٤٢")),
        (42, "0x2a"),
        (0, "nan"),
        (10**400, "inf"),
        (2**53 + 1, str(2**53)),
        (2**60 + 1, str(2**60)),
        ({"c": 1}, "{'c': 1}"),
        ([1], "[1]"),
    ],
)
def test_a_header_that_says_something_else_is_refused(value: object, header: str) -> None:
    assert mismatch({"a": {"b": value}}, header) == (
        "Header mismatch: mcp-param-h does not say what /params/arguments/a/b says"
    )


# Calls.


class Answers:
    """A channel that keeps what comes through it."""

    def __init__(self) -> None:
        self.all: list[Response] = []

    def send(self, message: object) -> None:
        raise AssertionError(message)

    def answer(self, response: Response) -> None:
        self.all.append(response)

    def refuse(self, error: Error) -> None:
        raise AssertionError(error)

    def abandon(self) -> None:
        raise AssertionError

    def hang_up(self) -> None:
        raise AssertionError


def called(headers: dict[str, str] | None) -> Response:
    """The answer to a call of a tool with a marked parameter."""
    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": of(MARKED)}, lambda arguments, ctx: "fine")
    endpoint = ModernEndpoint(ServerCore(server), Driver(), limits=Limits(), transport="http")
    answers = Answers()
    meta = {META + "protocolVersion": NEUTRAL, META + "clientCapabilities": {}}
    request = Request(1, "tools/call", {"name": "t", "arguments": {"a": "x"}, "_meta": meta})
    endpoint.receive(request, answers, headers=headers)
    (answer,) = answers.all
    return answer


def test_a_call_over_http_is_checked() -> None:
    assert not isinstance(called({"mcp-param-h": "x"}), Error)
    for headers in ({}, {"mcp-param-h": "y"}):
        answer = called(headers)
        assert isinstance(answer, Error)
        assert answer.code == -32020


def test_where_there_are_no_headers_nothing_is_checked() -> None:
    assert not isinstance(called(None), Error)
