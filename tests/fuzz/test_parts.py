"""The parts of fuzzing by themselves: simpler values, claims and what they excuse, files read back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcpgen.errors import UsageError
from mcpgen.fuzz.asking import claim_of
from mcpgen.fuzz.conversation import Spoken
from mcpgen.fuzz.failures import failures
from mcpgen.fuzz.record import read
from mcpgen.fuzz.replaying import replay
from mcpgen.fuzz.script import Claim, Line, Script
from mcpgen.fuzz.simpler import simpler
from mcpgen.fuzz.values import Values, carried_alike
from mcpgen.fuzz.words import BLOCKS, heard
from mcpgen.validate.journal import Received, Sent
from mcpgen.validate.target import Target
from mcpgen_runtime.schemas import compile_schema

SCHEMAS: tuple[dict[str, Any], ...] = (
    {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 3, "maximum": 9}},
        "required": ["n"],
    },
    {"type": "object", "properties": {"t": {"type": "string", "pattern": "^[a-f]{2,4}$"}}, "required": ["t"]},
    {"type": "object", "properties": {"t": {"type": "string", "minLength": 2, "maxLength": 5}}},
    {
        "type": "object",
        "properties": {"x": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/One"}]}},
        "required": ["x"],
        "$defs": {"One": {"type": "array", "items": {"enum": [1, 2]}, "minItems": 1, "uniqueItems": True}},
    },
    {"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"const": 5}}}]},
    {"type": "object", "properties": {"n": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 5}}},
    {
        "type": "object",
        "properties": {"seconds": {"type": "number"}},
        "additionalProperties": {"type": "null"},
    },
)


def simplest(value: Any, fails: Callable[[Any], bool]) -> Any:
    """What cutting makes of `value`, where an attempt costs nothing."""
    while (better := next((other for other in simpler(value) if fails(other)), None)) is not None:
        value = better
    return value


@given(st.integers(1001, 10**9))
def test_number_is_cut_to_the_first_that_fails(value: int) -> None:
    assert simplest(value, lambda number: number > 1000) == 1001


@given(st.integers(1, 4000))
def test_text_is_cut_to_the_shortest_that_fails(length: int) -> None:
    assert len(simplest("x" * 4096, lambda text: len(text) >= length)) == length


@pytest.mark.parametrize("character", ["\u0130", "\U0001f600", "\x00", "\U000e0001"])
def test_character_is_cut_out_of_all_of_unicode(character: str) -> None:
    (block,) = (block for block in BLOCKS if character in block)
    tried: list[str] = []

    def fails(text: str) -> bool:
        tried.append(text)
        return character in text

    assert simplest(block, fails) == character
    assert len(tried) < 60


@settings(max_examples=25)
@given(st.recursive(st.integers() | st.text() | st.booleans(), lambda inner: st.lists(inner, max_size=3)))
def test_cutting_ends_wherever_it_begins(value: Any) -> None:
    assert simplest({"value": value}, lambda other: isinstance(other, dict)) == {}


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: json.dumps(schema)[:40])
def test_values_are_what_the_schema_describes(schema: dict[str, Any]) -> None:
    judge = compile_schema(schema)

    @given(Values(schema).of(schema))
    def accepted(value: Any) -> None:
        assert judge.accepts(value)

    accepted()


def test_what_is_claimed_of_arguments_is_what_the_schema_says() -> None:
    judge = compile_schema(SCHEMAS[0])
    assert claim_of({"n": 3}, judge) == "valid"
    assert claim_of({"n": 10}, judge) == "refused"
    assert claim_of({"n": 3, "m": 2**60}, judge) == "odd"
    assert claim_of({"n": 3}, None) == "odd"
    assert not carried_alike([{"a": 2**53}])


def test_words_and_numbers_of_descriptions_are_tried() -> None:
    words, numbers = heard({"description": "fails beyond 4711, or for 'Zebra'"})
    assert {"Zebra", "description"} <= set(words)
    assert {4710, 4711, 4712} <= set(numbers)


def spoken(claim: Claim, answer: dict[str, Any], *, slow: bool = False) -> Spoken:
    """A session of one call, which was answered with `answer`; with nothing where that is empty."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "a", "arguments": {}}}
    line = Line(call, claim, slow=slow)
    told = Spoken(Script("2025-11-25", {}, (line,)), "stdio", [Sent(0, call)], [line], [line], {0: 0})
    if answer:
        whole = {"jsonrpc": "2.0", "id": 1, **answer}
        told.entries.append(Received(1, json.dumps(whole), whole))
        told.answers[0] = whole
    else:
        told.silences[0] = "alone"
    return told


def named(told: Spoken) -> list[str]:
    return [failure.name for failure in failures(told)]


INTERNAL = {"error": {"code": -32603, "message": "Internal error"}}


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"result": {"content": [{"type": "text", "text": words}], **more}}


@pytest.mark.parametrize(
    ("claim", "answer", "found"),
    [
        ("valid", INTERNAL, ["internal-error"]),
        ("odd", INTERNAL, []),
        ("refused", INTERNAL, []),
        ("valid", text("done"), []),
        ("refused", text("done"), ["accepted"]),
        ("refused", text("done", isError=True), []),
        ("refused", text("the argument is missing"), []),
        ("odd", text("done"), []),
        ("odd", {"result": {"content": "none"}}, ["schema-result"]),
        ("odd", {"error": {"code": "7", "message": "no"}}, ["jsonrpc-error-object"]),
        ("valid", {}, ["hang"]),
    ],
)
def test_what_is_claimed_of_a_message_decides_what_counts(
    claim: Claim, answer: dict[str, Any], found: list[str]
) -> None:
    assert named(spoken(claim, answer)) == found


def test_call_that_may_last_is_not_accused_of_lasting() -> None:
    assert named(spoken("valid", {}, slow=True)) == []


CLIENT = {"name": "somebody", "version": "1"}


def transcript(*rows: dict[str, Any]) -> str:
    head = {"format": "mcpgen.transcript/1", "transport": "stdio"}
    return "".join(json.dumps(row) + "\n" for row in (head, *rows))


def sent(method: str, params: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "entry": "sent",
        "message": {"jsonrpc": "2.0", "id": number, "method": method, "params": params},
    }


def received(result: dict[str, Any], number: int) -> dict[str, Any]:
    return {"entry": "received", "message": {"jsonrpc": "2.0", "id": number, "result": result}}


def test_transcript_of_somebody_else_is_read_as_a_script(tmp_path: Path) -> None:
    file = tmp_path / "tapped.jsonl"
    asked = {"jsonrpc": "2.0", "id": 9, "method": "roots/list"}
    file.write_text(
        transcript(
            sent("initialize", {"protocolVersion": "2025-11-25", "capabilities": {"roots": {}}}, 1),
            received({"protocolVersion": "2025-06-18", "capabilities": {}}, 1),
            sent("tools/list", {}, 2),
            {"entry": "received", "message": asked},
            {
                "entry": "sent",
                "message": {"jsonrpc": "2.0", "id": 9, "result": {"roots": [{"uri": "file:///a"}]}},
            },
            received({"tools": [], "nextCursor": "opaque"}, 2),
            sent("tools/list", {"cursor": "opaque"}, 3),
            sent("ping", {}, 4),
            received({}, 4),
            {"entry": "sent", "text": "{", "fault": "not-json"},
        )
    )
    record = read(file)
    assert record.failure is None
    assert record.script.revision == "2025-06-18"
    assert record.script.declared == {"roots": {}}
    assert [(line.method, line.waits, line.refers) for line in record.script.lines] == [
        ("initialize", True, ""),
        ("tools/list", False, ""),
        ("tools/list", False, "page"),
        ("ping", True, ""),
        ("", False, ""),
    ]
    (reply,) = record.script.replies["roots/list"]
    assert reply["result"] == {"roots": [{"uri": "file:///a"}]}


@pytest.mark.parametrize("transport", ["http", "tcp"])
def test_what_was_said_over_stdio_is_replayed_over_other_transports(
    transport: str, everything_addresses: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "tapped.jsonl"
    file.write_text(
        transcript(
            sent(
                "initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": CLIENT}, 1
            ),
            received({"protocolVersion": "2025-11-25", "capabilities": {}}, 1),
            {"entry": "sent", "message": {"jsonrpc": "2.0", "method": "notifications/initialized"}},
            sent("tools/list", {}, 2),
            received({"tools": [], "nextCursor": "of another process"}, 2),
            sent("tools/list", {"cursor": "of another process"}, 3),
            sent("ping", {}, 4),
            received({}, 4),
        )
    )
    address = everything_addresses[transport]
    where = urlsplit(address)
    target = (
        Target(url=address) if transport == "http" else Target(tcp=(where.hostname or "", where.port or 0))
    )
    replayed = asyncio.run(replay(file, target, timeout=30.0))
    assert (replayed.fails, replayed.message) == (False, "nothing fails")
    # It has all its tools on one page, so there is no second to ask for.
    asked = [line.method for line in replayed.spoken.lines]
    assert asked == ["initialize", "notifications/initialized", "tools/list", "ping"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        transcript(),
        transcript({"entry": "sent"}),
        transcript(sent("ping", {}, 1))[:-9],
        "[1]\n",
        "\x00",
    ],
)
def test_what_cannot_be_replayed_is_told(content: str, tmp_path: Path) -> None:
    file = tmp_path / "broken.jsonl"
    file.write_text(content)
    with pytest.raises(UsageError):
        read(file)
