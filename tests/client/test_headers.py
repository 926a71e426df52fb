"""Headers that repeat arguments (2026-07-28 basic/transports/streamable-http), and marks that are wrong."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.errors import HeaderMismatch
from mcpgen_runtime.mirrored_headers import (
    check_parameter_headers,
    decode_header,
    encode_header,
    marked_parameters,
    message_headers,
    parameter_headers,
)


def marked(name: Any, **described: Any) -> dict[str, Any]:
    return {"type": "string", "x-mcp-header": name, **described}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    "value",
    [
        "us-west1",
        "Hello, 世界",
        " padded ",
        "line1\nline2",
        "=?base64?literal?=",
        "",
        "a\tb",
        "é",
        "=?base64?x",
    ],
)
def test_value_comes_out_of_its_header_as_it_went_in(value: str) -> None:
    header = encode_header(value)
    assert header.isascii() and header == header.strip() and header.replace("\t", " ").isprintable()
    assert decode_header("Mcp-Name", header) == value


@pytest.mark.parametrize(
    ("schema", "arguments", "headers"),
    [
        (of(a=marked("A")), {"a": "x"}, {"Mcp-Param-A": "x"}),
        (of(a=marked("A")), {"a": None}, {}),
        (of(a=marked("A")), {}, {}),
        (of(a=marked("A", type="integer")), {"a": -7}, {"Mcp-Param-A": "-7"}),
        (of(a=marked("A", type="integer")), {"a": 42.0}, {"Mcp-Param-A": "42"}),
        (of(a=marked("A", type="integer")), {"a": 2**53 - 1}, {"Mcp-Param-A": "9007199254740991"}),
        (of(a=marked("A", type="integer")), {"a": -(2**53)}, {}),
        (of(a=marked("A", type="boolean")), {"a": True}, {"Mcp-Param-A": "true"}),
        (of(a=of(b=marked("B"))), {"a": {"b": "é"}}, {"Mcp-Param-B": "=?base64?w6k=?="}),
        (of(a=of(b=marked("B"))), {"a": "no object"}, {}),
        (of(a=True), {"a": 1}, {}),
        (True, {"a": 1}, {}),
    ],
)
def test_marked_arguments_become_headers(schema: Any, arguments: Any, headers: dict[str, str]) -> None:
    assert parameter_headers(marked_parameters(schema), arguments) == headers


def test_headers_are_those_that_a_server_of_ours_wants() -> None:
    schema = of(region=marked("Region"), deep=of(size=marked("Size", type="integer")))
    arguments = {"region": "eu-wést", "deep": {"size": 7}}
    wanted = {"mcp-param-region": ("region",), "mcp-param-size": ("deep", "size")}
    sent = {
        name.lower(): value for name, value in parameter_headers(marked_parameters(schema), arguments).items()
    }
    check_parameter_headers(wanted, arguments, sent)
    with pytest.raises(HeaderMismatch):
        check_parameter_headers(wanted, arguments, {**sent, "mcp-param-size": "8"})


@pytest.mark.parametrize(
    "schema",
    [
        of(),
        of(a=marked("A"), b=of(c=marked("C", type="boolean"))),
        # What only looks like a mark.
        of(**{"x-mcp-header": {"type": "number"}}),
        of(a={"default": {"x-mcp-header": 1}, "enum": [{"x-mcp-header": 2}]}),
    ],
)
def test_tool_whose_marks_are_right_may_be_used(schema: Any) -> None:
    marked_parameters(schema)


@pytest.mark.parametrize(
    "schema",
    [
        of(a=marked("")),
        of(a=marked("two words")),
        of(a=marked("line\nbreak")),
        of(a=marked(7)),
        of(a=marked("A"), b=marked("a")),
        of(a=marked("a"), b=marked("A")),
        of(a=marked("A", type="number")),
        of(a=marked("A", type="object")),
        of(a=marked("A", type=["string", "null"])),
        {"type": "object", "x-mcp-header": "A"},
        of(a={"type": "array", "items": marked("A")}),
        of(a={"anyOf": [marked("A")]}),
        {"type": "object", "$defs": {"x": marked("A")}, "properties": {"a": {"$ref": "#/$defs/x"}}},
        {"if": of(a=marked("A"))},
        {"type": "object", "patternProperties": {"a": marked("A")}},
    ],
)
def test_tool_whose_marks_are_wrong_may_not_be_used(schema: Any) -> None:
    with pytest.raises(ValueError, match="x-mcp-header at /"):
        marked_parameters(schema)


def test_method_and_name_become_headers() -> None:
    call = {"method": "tools/call", "params": {"name": "é"}}
    assert message_headers(call) == {"Mcp-Method": "tools/call", "Mcp-Name": "=?base64?w6k=?="}
    assert message_headers({"method": "resources/read", "params": {"uri": "a:b"}})["Mcp-Name"] == "a:b"
    assert message_headers({"method": "tools/list", "params": {"name": "x"}}) == {"Mcp-Method": "tools/list"}
