"""Each keyword judges as the specification says; values that a mistake would get wrong."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.schemas import compile_schema

DRAFT_7 = "http://json-schema.org/draft-07/schema#"

CASES: list[tuple[Any, list[Any], list[Any]]] = [
    (True, [None, {}], []),
    (False, [], [None, {}]),
    ({}, [None, 1, "a"], []),
    # Types. A float without a fraction is an integer, a boolean no number, and NaN nothing.
    ({"type": "integer"}, [0, -1, 5.0, 1e300, 10**400], [1.5, True, "1", None, float("nan"), float("inf")]),
    ({"type": "number"}, [0, 1.5], [True, "1", float("nan"), float("-inf")]),
    ({"type": "boolean"}, [True, False], [0, 1, None]),
    ({"type": "null"}, [None], [False, 0, ""]),
    ({"type": "string"}, ["", "é"], [None, 1, ["a"]]),
    ({"type": ["array", "null"]}, [[], None], [{}, False]),
    ({"type": ["integer", "string", "object"]}, [1, "a", {}], [1.5, True, None, []]),
    # Equality is JSON's.
    ({"const": 1}, [1, 1.0], [True, "1", 2]),
    ({"const": False}, [False], [0, 0.0, None]),
    (
        {"const": {"a": [1, {"b": None}]}},
        [{"a": [1.0, {"b": None}]}],
        [{"a": [True, {"b": None}]}, {"a": [1]}],
    ),
    ({"const": [0]}, [[0.0]], [[False], [0, 0], [], "0"]),
    ({"enum": ["a", "b"]}, ["a", "b"], ["c", 1, None, ["a"]]),
    ({"enum": [1, None, [True], {"a": 2}]}, [1.0, None, [True], {"a": 2.0}], [True, 0, [1], {"a": 3}, {}]),
    ({"enum": []}, [], [None]),
    # Numbers. Other values are free.
    ({"minimum": 2}, [2, 2.0, 3, "1", None], [1, 1.9]),
    ({"type": "integer", "minimum": 2}, [2, 3.0], [1, 2.5]),
    ({"maximum": 2}, [2, -1, []], [2.1, 10**30]),
    ({"exclusiveMinimum": 2}, [2.1, True], [2, 2.0]),
    ({"exclusiveMaximum": 2}, [1.9], [2]),
    ({"multipleOf": 3}, [0, -3, 6.0, 3 * 10**400, "a"], [1, 7.0]),
    ({"multipleOf": 0.01}, [19.99, 0.07, 1], [0.075, 0.001]),
    ({"multipleOf": 1e-8}, [12391239123], [1e-9]),
    ({"multipleOf": 0.123456789}, [], [1e308]),
    ({"type": "integer", "multipleOf": 0.5}, [1e308], [0.5]),
    # Strings, measured in code points.
    ({"minLength": 2}, ["ab", "😀é", 1], ["a", "😀", ""]),
    ({"maxLength": 2.0}, ["😀😀", []], ["abc"]),
    # Arrays.
    ({"minItems": 1}, [[1], {}], [[]]),
    ({"maxItems": 1}, [[1], []], [[1, 2]]),
    ({"uniqueItems": True}, [[], [1, True, "1"], [[1], [True]], [{"a": 1}, {"a": 2}], "aa"], [[1, 1.0]]),
    ({"uniqueItems": True}, [[0, False], [[], {}]], [[{"a": 1, "b": 2}, {"b": 2.0, "a": 1}], [[0], 1, [0]]]),
    ({"uniqueItems": False}, [[1, 1]], []),
    ({"items": {"type": "string"}}, [[], ["a"], {}], [["a", 1]]),
    ({"prefixItems": [{"type": "string"}, {"type": "null"}]}, [[], ["a"], ["a", None, 1]], [[1], ["a", 1]]),
    ({"prefixItems": [True], "items": {"type": "null"}}, [[], [1], [1, None]], [[1, 2]]),
    ({"prefixItems": [True], "items": False}, [[1]], [[1, 2]]),
    ({"contains": {"const": 1}}, [[1], [0, 1, 1], {}], [[], [0]]),
    (
        {"contains": {"const": 1}, "minContains": 2, "maxContains": 3},
        [[1, 1], [1, 1, 1]],
        [[1], [1, 1, 1, 1]],
    ),
    ({"contains": {"const": 1}, "minContains": 0}, [[], [0]], []),
    ({"minContains": 2, "maxContains": 1}, [[], [1]], []),
    # Objects.
    ({"minProperties": 1}, [{"a": 1}, []], [{}]),
    ({"maxProperties": 1}, [{"a": 1}], [{"a": 1, "b": 2}]),
    ({"required": ["a", "b"]}, [{"a": 1, "b": None}, []], [{"a": 1}, {}]),
    (
        {"properties": {"a": {"type": "null"}, "b": False}},
        [{}, {"a": None, "c": 1}, []],
        [{"a": 1}, {"b": 1}],
    ),
    (
        {"patternProperties": {"^a": {"type": "null"}, "b$": False}},
        [{}, {"a": None, "c": 1}],
        [{"a": 1}, {"ab": 1}],
    ),
    (
        {"properties": {"a": True}, "patternProperties": {"^b": True}, "additionalProperties": False},
        [{}, {"a": 1, "bc": 2}],
        [{"c": 1}],
    ),
    (
        {"properties": {"a": True}, "additionalProperties": {"type": "null"}},
        [{"a": 1, "b": None}],
        [{"b": 1}],
    ),
    ({"properties": {"a": {"const": 1}}, "patternProperties": {"a": {"minimum": 1}}}, [{"a": 1}], [{"a": 2}]),
    ({"propertyNames": {"maxLength": 1}}, [{"a": 1}, {}, "ab"], [{"ab": 1}]),
    ({"dependentRequired": {"a": ["b", "c"]}}, [{}, {"b": 1}, {"a": 1, "b": 1, "c": 1}], [{"a": 1, "b": 1}]),
    ({"dependentSchemas": {"a": {"minProperties": 2}}}, [{"b": 1}, {"a": 1, "b": 1}], [{"a": 1}]),
    ({"dependencies": {"a": ["b"], "c": False}}, [{}, {"a": 1, "b": 1}], [{"a": 1}, {"c": 1}]),
    # Other schemas about the same value.
    (
        {"allOf": [{"minimum": 1}, {"maximum": 2}, {"type": "integer"}, {"not": {"const": 2}}]},
        [1],
        [0, 3, 1.5, 2],
    ),
    ({"anyOf": [{"type": "null"}, {"minimum": 2}]}, [None, 2, "a"], [1]),
    ({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, [1, 2.5], [2, 1.5]),
    ({"not": {"type": "null"}}, [1], [None]),
    ({"if": {"type": "string"}, "then": {"minLength": 1}, "else": {"minimum": 1}}, ["a", 1], ["", 0]),
    ({"if": {"type": "string"}, "then": {"minLength": 1}}, ["a", 0], [""]),
    ({"if": False, "else": {"type": "null"}}, [None], [1]),
    ({"then": False, "else": False}, [1], []),
    # What else was looked at.
    (
        {"properties": {"a": True}, "unevaluatedProperties": False},
        [{}, {"a": 1}, []],
        [{"b": 1}],
    ),
    (
        {
            "allOf": [{"properties": {"a": True}}],
            "anyOf": [{"properties": {"b": {"const": 1}}}, {"required": ["d"]}],
            "if": {"required": ["c"], "properties": {"c": True}},
            "then": {"patternProperties": {"^e": True}},
            "dependentSchemas": {"a": {"properties": {"f": True}}},
            "unevaluatedProperties": False,
        },
        [{"a": 1, "b": 1}, {"c": 1, "e1": 1}, {"a": 1, "f": 1}],
        [{"b": 2, "d": 1}, {"d": 1}, {"e1": 1}, {"f": 1}],
    ),
    ({"properties": {"a": True}, "allOf": [{"unevaluatedProperties": False}]}, [{}], [{"a": 1}]),
    (
        {
            "properties": {"a": True},
            "allOf": [{"unevaluatedProperties": False}],
            "unevaluatedProperties": True,
        },
        [{}],
        [{"a": 1}],
    ),
    ({"not": {"properties": {"a": False}}, "unevaluatedProperties": False}, [], [{"a": 1}, {}]),
    ({"unevaluatedProperties": {"type": "null"}}, [{"a": None}], [{"a": 1}]),
    (
        {
            "oneOf": [{"prefixItems": [{"const": 1}]}, {"prefixItems": [{"const": 2}, True]}],
            "unevaluatedItems": False,
        },
        [[1], [2, 0]],
        [[1, 0], [2, 0, 0]],
    ),
    ({"contains": {"const": 1}, "unevaluatedItems": {"const": 2}}, [[1, 2, 1]], [[1, 3]]),
    ({"items": True, "unevaluatedItems": False}, [[1, 2]], []),
    ({"additionalProperties": True, "unevaluatedProperties": False}, [{"a": 1}], []),
    (
        {"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"a": True}}}, "unevaluatedProperties": False},
        [{"a": 1}],
        [{"b": 1}],
    ),
    # References.
    ({"$defs": {"a": {"type": "null"}}, "$ref": "#/$defs/a", "maximum": 1}, [None], [1]),
    (
        {
            "properties": {"a/b~c%d": {"items": {"type": "null"}}},
            "items": {"$ref": "#/properties/a~1b~0c%25d"},
        },
        [[[None]]],
        [[[1]]],
    ),
    ({"prefixItems": [{"type": "null"}], "items": {"$ref": "#/prefixItems/0"}}, [[None, None]], [[None, 1]]),
    ({"$defs": {"x": {"$anchor": "name", "type": "null"}}, "$ref": "#name"}, [None], [1]),
    (
        {
            "$id": "https://example.com/a/root.json",
            "$defs": {
                "x": {"$id": "b/x.json", "$defs": {"y": {"$anchor": "y", "type": "null"}}, "$ref": "#y"},
                "z": {"$id": "https://other.example/z", "type": "string"},
                "u": {"$id": "urn:example:u", "$defs": {"v": {"minLength": 2}}, "$ref": "#/$defs/v"},
            },
            "anyOf": [
                {"$ref": "b/x.json"},
                {"$ref": "/a/b/../b/x.json#/$defs/y"},
                {"allOf": [{"$ref": "https://other.example/z"}, {"$ref": "urn:example:u#/$defs/v"}]},
                {"type": "object", "additionalProperties": {"$ref": "https://example.com/a/root.json"}},
            ],
        },
        [None, "ab", {"k": {"k": None}}],
        [1, "a", {"k": {"k": 1}}],
    ),
    (
        {"enum": [{"$id": "x", "$ref": "nowhere"}], "unknown": {"$ref": "nowhere"}},
        [{"$id": "x", "$ref": "nowhere"}],
        [1],
    ),
    (
        {
            "$ref": "#/$defs/x/$defs/y",
            "$defs": {"x": {"$id": "x", "$defs": {"y": {"$ref": "#/$defs/z"}, "z": {"type": "null"}}}},
        },
        [None],
        [1],
    ),
    ({"properties": {"$ref": {"type": "null"}}}, [{"$ref": None}], [{"$ref": 1}]),
    ({"unknown": {"a": {"type": "null"}}, "$ref": "#/unknown/a"}, [None], [1]),
    # A tree that may be extended (from outside, all the way down).
    (
        {
            "$id": "https://example.com/strict",
            "$dynamicAnchor": "node",
            "$ref": "tree",
            "unevaluatedProperties": False,
            "$defs": {
                "tree": {
                    "$id": "tree",
                    "$dynamicAnchor": "node",
                    "type": "object",
                    "properties": {"data": True, "children": {"items": {"$dynamicRef": "#node"}}},
                }
            },
        },
        [{"data": 1, "children": [{"data": 2}, {"children": []}]}],
        [{"daat": 1}, {"children": [{"daat": 1}]}, {"children": [{"children": [1]}]}],
    ),
    # Annotations.
    ({"format": "email", "contentEncoding": "base64", "contentSchema": False, "default": 1}, ["?", 1], []),
    # draft-07.
    (
        {"$schema": DRAFT_7, "items": [{"type": "null"}], "additionalItems": False},
        [[None], []],
        [[1], [None, 1]],
    ),
    ({"$schema": DRAFT_7, "items": {"type": "null"}, "additionalItems": False}, [[None, None]], [[1]]),
    (
        {
            "$schema": DRAFT_7,
            "$ref": "#/definitions/a",
            "type": "null",
            "definitions": {"a": {"type": "string"}},
        },
        ["a"],
        [None],
    ),
    (
        {
            "$schema": DRAFT_7,
            "definitions": {"a": {"$id": "#here", "type": "null"}},
            "allOf": [{"$ref": "#here"}],
        },
        [None],
        [1],
    ),
    ({"$schema": DRAFT_7, "prefixItems": [False], "dependentRequired": {"a": ["b"]}}, [[1], {"a": 1}], []),
    ({"$schema": DRAFT_7, "contains": True, "minContains": 2, "unevaluatedItems": False}, [[1]], [[]]),
    (
        {"$schema": DRAFT_7, "if": {"const": 1}, "then": False, "propertyNames": {"const": "a"}},
        [2, {"a": 1}],
        [1, {"b": 1}],
    ),
]


@pytest.mark.parametrize(("schema", "valid", "invalid"), CASES)
def test_verdict(schema: Any, valid: list[Any], invalid: list[Any]) -> None:
    validator = compile_schema(schema)
    for value in valid:
        assert validator.accepts(value), value
        assert validator.faults(value) == []
    for value in invalid:
        assert not validator.accepts(value), value
        assert validator.faults(value)
