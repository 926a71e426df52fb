"""The small parts: frames, event streams, headers, made-up arguments, ids, answers to servers."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen.errors import UsageError
from mcpgen.samples import CannotGenerate, arguments_for
from mcpgen.validate import client
from mcpgen.validate.correlate import Correlator, id_key
from mcpgen.validate.endpoint import check_url
from mcpgen.validate.frames import read_frame
from mcpgen.validate.journal import Received, Sent
from mcpgen.validate.numbers import finite, is_integer, is_number
from mcpgen.validate.terminal import harmless
from mcpgen_runtime.client.errors import LimitPassed
from mcpgen_runtime.client.sse import EventReader
from mcpgen_runtime.client.urls import shown
from mcpgen_runtime.mirrored_headers import (
    encode_header,
    marked_parameters,
    message_headers,
    parameter_headers,
)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b'{"a": 1}', None),
        (b'{"a": 1}\r', None),
        (b'"\\ud800"', None),
        (b'{"a": 1', "not-json"),
        (b"NaN", "not-json"),
        (b"[-Infinity]", "not-json"),
        (b"\xef\xbb\xbf{}", "not-json"),
        (b'"\xff"', "not-utf-8"),
        (b'"\xed\xa0\x80"', "not-utf-8"),
    ],
)
def test_a_frame_is_read_strictly(data: bytes, fault: str | None) -> None:
    assert read_frame(data, at=0, stream="stdout").fault == fault


def test_many_brackets_are_not_yet_deep() -> None:
    assert read_frame(b"[" + b"[]," * 900 + b"[]]", at=0, stream="stdout").fault is None


@pytest.mark.parametrize(
    "data", [b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 201 + b"1" + b"}" * 201, b"1" * 5000]
)
def test_what_only_python_cannot_read_is_no_fault_of_the_server(data: bytes) -> None:
    with pytest.raises(LimitPassed):
        read_frame(data, at=0, stream="stdout")


STREAM = b": hello\r\n\r\nid: 7\nretry: 50\ndata\n\nevent: message\rdata: {\rdata:}\r\rdata: \xc3\xa9\n\n"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_do_not_depend_on_how_the_bytes_are_cut(size: int) -> None:
    reader = EventReader()
    events = [
        event for start in range(0, len(STREAM), size) for event in reader.feed(STREAM[start : start + size])
    ]
    assert [(event.data, event.id, event.retry) for event in events] == [
        (b"", "7", 50),
        (b"{\n}", None, None),
        ("é".encode(), None, None),
    ]
    assert reader.buffered == 0


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize(("marks", "expected"), [(0, [b"a"]), (1, [b"a"]), (2, [])])
def test_one_byte_order_mark_before_a_stream_is_no_part_of_it(
    size: int, marks: int, expected: list[bytes]
) -> None:
    stream = b"\xef\xbb\xbf" * marks + b"data: a\n\n"
    reader = EventReader()
    chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert [event.data for chunk in chunks for event in reader.feed(chunk)] == expected


def test_a_stream_may_begin_with_what_only_looks_like_a_byte_order_mark() -> None:
    reader = EventReader()
    assert list(reader.feed(b"\xef\xbb")) == []
    assert reader.buffered == 2
    assert [event.data for event in reader.feed(b"x\ndata: a\n\n")] == [b"a"]


def test_an_event_that_does_not_end_is_counted() -> None:
    reader = EventReader()
    list(reader.feed(b"data: x\n" * 1000 + b"data: y"))
    assert reader.buffered > 6000


@pytest.mark.parametrize(
    ("value", "header"),
    [
        ("us-west1", "us-west1"),
        ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
        (" padded ", "=?base64?IHBhZGRlZCA=?="),
        ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
        ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ("", ""),
        ("a b", "a b"),
    ],
)
def test_header_values_are_encoded_as_the_specification_shows(value: str, header: str) -> None:
    assert encode_header(value) == header


def test_the_name_header_is_only_for_methods_that_have_one() -> None:
    assert message_headers({"method": "tools/call", "params": {"name": "x"}}) == {
        "Mcp-Method": "tools/call",
        "Mcp-Name": "x",
    }
    assert message_headers({"method": "tools/list", "params": {"name": "x"}}) == {"Mcp-Method": "tools/list"}
    assert message_headers({"id": 1, "result": {}}) == {}


def test_marked_parameters_become_headers() -> None:
    schema = {
        "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "deep": {"properties": {"count": {"type": "integer", "x-mcp-header": "Count"}}},
            "flag": {"type": "boolean", "x-mcp-header": "Flag"},
            "none": {"type": "string", "x-mcp-header": "None"},
        }
    }
    arguments = {"region": "é", "deep": {"count": 42}, "flag": True, "none": None}
    assert parameter_headers(marked_parameters(schema), arguments) == {
        "Mcp-Param-Region": "=?base64?w6k=?=",
        "Mcp-Param-Count": "42",
        "Mcp-Param-Flag": "true",
    }


@pytest.mark.parametrize(
    ("schema", "arguments"),
    [
        (True, {}),
        ({"type": "object"}, {}),
        ({"properties": {"a": {"type": "string"}}}, {}),
        ({"properties": {"a": {"type": "integer", "minimum": 5}}, "required": ["a"]}, {"a": 5}),
        ({"properties": {"a": {"type": "number", "exclusiveMinimum": 5}}, "required": ["a"]}, {"a": 6}),
        ({"properties": {"a": {"type": "integer", "maximum": 0}}, "required": ["a"]}, {"a": 0}),
        ({"properties": {"a": {"type": "string", "minLength": 9}}, "required": ["a"]}, {"a": "examplexx"}),
        ({"properties": {"a": {"type": "string", "maxLength": 2}}, "required": ["a"]}, {"a": "ex"}),
        ({"properties": {"a": {"enum": ["x", "y"]}}, "required": ["a"]}, {"a": "x"}),
        ({"properties": {"a": {"type": ["null", "boolean"]}}, "required": ["a"]}, {"a": False}),
        ({"properties": {"a": {"type": "array", "minItems": 1, "items": {"const": 2}}}, "required": ["a"]},
         {"a": [2]}),
        ({"properties": {"a": {"$ref": "#/$defs/A"}}, "required": ["a"], "$defs": {"A": {"const": 3}}},
         {"a": 3}),
        ({"properties": {"a": {"anyOf": [{"pattern": "x"}, {"const": 4}]}}, "required": ["a"]}, {"a": 4}),
    ],
)  # fmt: skip
def test_arguments_are_made_up_where_that_is_simple(schema: Any, arguments: dict[str, Any]) -> None:
    assert arguments_for(schema) == arguments


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {"type": "string"},
        {"properties": {"a": {"pattern": "^x"}}, "required": ["a"]},
        {"properties": {"a": {"$ref": "https://example.com/a"}}, "required": ["a"]},
        {"properties": {"a": {"$ref": "#/nowhere"}}, "required": ["a"]},
        {"$ref": "#"},
        {"$ref": "#/a", "a": {"$ref": "#/a"}},
        {"properties": [], "required": ["a"]},
        {"properties": {"a": {"type": "odd"}}, "required": ["a"]},
        {"properties": {"a": {"type": "array", "minItems": 10**9}}, "required": ["a"]},
        {"properties": {"a": {"type": "string", "minLength": 10**9}}, "required": ["a"]},
        {"properties": {"a": {"type": "string", "minLength": -(10**400)}}, "required": ["a"]},
        {"properties": {"a": {"type": "number", "minimum": 10**400, "multipleOf": 0.5}}, "required": ["a"]},
        {"properties": {"a": {"const": {"b": [float("inf")]}}}, "required": ["a"]},
        {"required": [["a"]]},
    ],
)
def test_what_needs_thought_is_left_alone(schema: Any) -> None:
    with pytest.raises(CannotGenerate):
        arguments_for(schema)


def test_ids_are_equal_when_json_says_so() -> None:
    assert id_key(1) == id_key(1.0)
    assert len({id_key(value) for value in (1, "1", True, None, 0, False, "")}) == 7


def answer_to(correlator: Correlator, number: Any, carrier: int | None = None) -> tuple[int | None, str]:
    value = {"id": number, "result": {}}
    match = correlator.answered(Received(0, "", value, carrier=carrier), value)
    return match.request, match.kind


def test_a_wrong_id_goes_to_the_only_request_that_waits() -> None:
    correlator = Correlator()
    correlator.sent(0, Sent(0, {"id": 1, "method": "a"}))
    correlator.sent(1, Sent(0, {"method": "notification"}))
    assert answer_to(correlator, None) == (None, "stray")
    assert answer_to(correlator, "1") == (0, "inferred")
    assert answer_to(correlator, 1) == (0, "repeated")


def test_a_wrong_id_goes_to_no_one_when_several_wait_except_by_its_reply() -> None:
    correlator = Correlator()
    correlator.sent(0, Sent(0, {"id": 1, "method": "a"}))
    correlator.sent(1, Sent(0, {"id": 2, "method": "b"}))
    assert answer_to(correlator, 9) == (None, "stray")
    assert answer_to(correlator, None, carrier=1) == (1, "inferred")
    correlator.gave_up(0)
    assert answer_to(correlator, 9) == (None, "stray")
    assert answer_to(correlator, 1) == (0, "exact")


def test_the_client_answers_what_it_declares_and_refuses_the_rest() -> None:
    declared = client.capabilities("2025-11-25")
    assert declared == {"roots": {}, "sampling": {}, "elicitation": {"form": {}}}
    assert client.reply_to({"id": 1, "method": "roots/list"}, declared)["result"] == {"roots": []}
    assert client.reply_to({"id": "x", "method": "elicitation/create"}, declared)["result"] == {
        "action": "decline"
    }
    assert client.reply_to({"id": 1, "method": "tasks/list"}, declared)["error"]["code"] == -32601
    assert client.reply_to({"id": 1, "method": "roots/list"}, {})["error"]["code"] == -32601
    assert client.reply_to({"id": 1, "method": ["odd"]}, {})["error"]["code"] == -32601


@pytest.mark.parametrize("revision", client.REVISIONS)
def test_what_the_client_sends_is_itself_valid(revision: str) -> None:
    import mcpgen_types

    methods = mcpgen_types.revision(revision).METHODS
    declared = client.capabilities(revision)
    for method in ("roots/list", "elicitation/create", "sampling/createMessage", "ping"):
        if method in methods and methods[method].result is not None:
            result = client.result_for(method, declared)
            methods[method].result.decode(result)


@pytest.mark.parametrize(
    ("value", "number", "integer"),
    [
        (10**400, True, True),
        (5.0, True, True),
        (1.5, True, False),
        (float("inf"), False, False),
        (True, False, False),
        ("1", False, False),
    ],
)
def test_a_number_is_one_of_any_size_but_not_beyond_all(value: Any, number: bool, integer: bool) -> None:
    assert (is_number(value), is_integer(value)) == (number, integer)


def test_what_json_cannot_write_is_quoted_as_a_string() -> None:
    assert finite({"a": [1e300, 10**400, float("inf")], "b": -float("inf")}) == {
        "a": [1e300, 10**400, "Infinity"],
        "b": "-Infinity",
    }


@pytest.mark.parametrize(
    ("url", "harmless_url"),
    [
        ("http://user:secret@host:1/p@th?a=@", "http://host:1/p@th?a=@"),
        ("user:secret@host/x", "host/x"),
        ("https://host/@scope/mcp", "https://host/@scope/mcp"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, harmless_url: str) -> None:
    assert shown(url) == harmless_url


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:0/",
            "http://xn--/",
            "http://[",
            "http://",
            "nonsense",
        ),
        *("ftp://user:secret@host/", "user:secret@host/mcp", "http://user:secret@host:99999/"),
    ],
)
def test_what_is_no_url_is_wrong_usage_and_no_password_is_repeated(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_url(url)
    assert "secret" not in caught.value.message + caught.value.hint


def test_nothing_of_a_server_reaches_the_terminal_as_a_command() -> None:
    assert harmless("a\x1b[2J\ud800\u202e\né") == "a\\x1b[2J\\ud800\\u202e\né"
