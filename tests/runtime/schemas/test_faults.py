"""Faults say where a value is wrong and what was wanted there."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.schemas import compile_schema


@pytest.mark.parametrize(
    ("schema", "value", "faults"),
    [
        ({"type": "string"}, 5, [": expected a string, found number 5"]),
        ({"type": ["integer", "null"]}, "x", [": expected an integer or null, found string 'x'"]),
        ({"enum": ["a", 1]}, True, [': expected one of "a", 1, found boolean true']),
        (
            {"enum": list(range(12))},
            99,
            [": expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …, found number 99"],
        ),
        ({"const": {"a": "x" * 99}}, [], [': expected {"a": "' + "x" * 53 + "…, found an array of 0"]),
        ({"minimum": 3}, 2, [": expected at least 3, found number 2"]),
        (
            {"minLength": 3, "pattern": "^b"},
            "a",
            [
                ": expected a string of at least 3 characters, found string 'a'",
                ": expected a string that matches ^b, found string 'a'",
            ],
        ),
        ({"required": ["a", "b"]}, {"a": 1}, [": expected the key 'b', found no such key"]),
        (
            {"properties": {"a/b": {"items": {"type": "null"}}}},
            {"a/b": [None, 1, "x"]},
            ["/a~1b/1: expected null, found number 1", "/a~1b/2: expected null, found string 'x'"],
        ),
        ({"additionalProperties": False}, {"a": 1}, ["/a: expected no value, found number 1"]),
        ({"unevaluatedItems": False}, [7], ["/0: expected no value, found number 7"]),
        (
            {"propertyNames": {"maxLength": 1}},
            {"ab": 1},
            ["/ab: expected a key that is a string of at most 1 characters, found string 'ab'"],
        ),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, [": expected the key 'b', found no such key"]),
        (
            {"uniqueItems": True},
            [1, 2, 1.0],
            [": expected items that all differ, found equal items at 0 and 2"],
        ),
        (
            {"contains": {"const": 1}, "maxContains": 2},
            [1, 1, 1],
            [": expected an array with 1 to 2 items that 'contains' describes, found 3 of them"],
        ),
        ({"not": {"const": 1}}, 1, [": expected anything but what 'not' describes, found number 1"]),
        # Of several schemas, what all want; or what the one lacks that the value was likely meant for.
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            1,
            [": expected a string or null, found number 1"],
        ),
        (
            {"anyOf": [{"type": "null"}, {"type": "object", "required": ["a", "b"]}]},
            {},
            [": expected the key 'a', found no such key", ": expected the key 'b', found no such key"],
        ),
        (
            {"oneOf": [{"properties": {"t": {"const": t}, t: {"type": "null"}}} for t in "xy"]},
            {"t": "y", "y": 1},
            ["/t: expected \"x\", found string 'y'"],
        ),
        (
            {"oneOf": [{"minimum": 1}, {"type": "null"}, {"maximum": 5}]},
            3,
            [": expected what fits only one of the 3 schemas of 'oneOf', found what fits number 0 and 2"],
        ),
        (
            {"if": {"type": "string"}, "then": {"minLength": 1}},
            "",
            [": expected a string of at least 1 characters, found string ''"],
        ),
        (
            {
                "$ref": "#/$defs/list",
                "$defs": {"list": {"properties": {"next": {"$ref": "#/$defs/list"}, "v": {"type": "null"}}}},
            },
            {"next": {"next": {"v": 0}}},
            ["/next/next/v: expected null, found number 0"],
        ),
    ],
)
def test_faults_say_where_and_why(schema: Any, value: Any, faults: list[str]) -> None:
    found = compile_schema(schema, name="inputSchema").faults(value)
    assert [f"{fault.pointer}: expected {fault.expected}, found {fault.found}" for fault in found] == faults
    assert {fault.definition for fault in found} == {"inputSchema"}


def test_fault_names_the_keyword_where_the_schema_has_no_name() -> None:
    found = compile_schema({"items": {"minimum": 3}, "minItems": 2}).faults([1])
    assert [(fault.pointer, fault.definition) for fault in found] == [("", "minItems"), ("/0", "minimum")]


def test_faults_are_few_even_where_everything_is_wrong() -> None:
    validator = compile_schema(
        {"items": {"type": "null"}, "additionalProperties": False, "propertyNames": {"const": ""}}
    )
    assert len(validator.faults(list(range(10_000)))) == 50
    assert len(validator.faults({str(number): 1 for number in range(10_000)})) == 50
