"""A translated schema accepts exactly what the schema of draft-07 accepted."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from mcpgen.init.drafts import modernised
from mcpgen.init.mending import mended
from mcpgen_types.codec import DecodeError
from mcpgen_types.v2026_07_28 import decode_Tool

DRAFT = "http://json-schema.org/draft-07/schema#"
VALUES: list[Any] = [
    *(None, True, 0, 1, 1.5, "", "a", [], [1], ["a"], ["a", 1], ["a", 1, "b"], [1, "a"], [["a"]], {}),
    *({"a": 1}, {"a": "x"}, {"b": 1}, {"a": 1, "b": 2}, {"a": {"a": {"a": 1}}}, {"a": {"a": "x"}}),
    *({"a": [], "b": [1]}, {"child": {"child": {}}}, {"child": {"child": 1}}),
]
TRANSLATED: list[dict[str, Any]] = [
    {"type": "object", "properties": {"a": {"type": "integer", "exclusiveMinimum": 0}}},
    {"items": [{"type": "string"}, {"type": "integer"}]},
    {"items": [{"type": "string"}, {"type": "integer"}], "additionalItems": False},
    {"items": {"type": "string"}, "additionalItems": False},
    {"additionalItems": False},
    {"dependencies": {"a": ["b"], "b": {"minProperties": 2}}},
    {"dependencies": {"a": {"items": [{"type": "integer"}]}, "b": False}},
    {"definitions": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/definitions/n"}}},
    {
        "definitions": {"n": {"properties": {"child": {"$ref": "#/definitions/n"}}, "type": "object"}},
        "$ref": "#/definitions/n",
    },
    {"properties": {"a": {"$ref": "#/properties/b", "maximum": 0, "title": "A"}, "b": {"type": "integer"}}},
    {"allOf": [{"items": [{"type": "string"}]}, {"not": {"items": [True, {"type": "string"}]}}]},
    {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"maxProperties": 1}},
    {"properties": {"items": {"type": "string"}, "dependencies": {"$ref": "#/properties/items"}}},
    {"enum": [{"items": [1]}, ["a"]], "default": {"items": [1]}},
]


@pytest.mark.parametrize("schema", TRANSLATED, ids=json.dumps)
def test_translated_schema_accepts_the_same(schema: dict[str, Any]) -> None:
    new = modernised({"$schema": DRAFT, **schema})
    assert "$schema" not in new
    old_judge = jsonschema_rs.Draft7Validator(schema)
    new_judge = jsonschema_rs.Draft202012Validator(new)
    assert [old_judge.is_valid(value) for value in VALUES] == [new_judge.is_valid(value) for value in VALUES]


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"unevaluatedProperties": False}}},
        {"$id": "https://example.com/a"},
        {"items": [True], "not": {"$ref": "#/items/0"}},
        {"dependencies": {"a": {}}, "not": {"$ref": "#/dependencies/a"}},
        {"definitions": {}, "$defs": {}},
    ],
    ids=json.dumps,
)
def test_schema_that_its_words_alone_do_not_translate_stays(schema: dict[str, Any]) -> None:
    marked = {"$schema": DRAFT, **schema}
    assert modernised(marked) is marked


def test_other_dialects_are_left_alone() -> None:
    for schema in ({"items": [True]}, {"$schema": "https://json-schema.org/draft/2020-12/schema"}, True):
        assert modernised(schema) is schema


def test_mending_takes_out_as_little_as_it_can() -> None:
    tool = {"name": "t", "inputSchema": {"type": "object"}, "icons": [{"src": "a:b"}, {"src": 1}, {}]}
    kept, removed = mended(tool, decode_Tool)
    assert kept == {"name": "t", "inputSchema": {"type": "object"}, "icons": [{"src": "a:b"}]}
    assert removed
    assert len(tool["icons"]) == 3


def test_what_cannot_be_mended_keeps_its_first_error() -> None:
    with pytest.raises(DecodeError) as raised:
        mended({"name": 1, "inputSchema": {"type": "object"}}, decode_Tool)
    assert [fault.pointer for fault in raised.value.faults] == ["/name"]
