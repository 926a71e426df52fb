"""Official schemas in both dialects become one canonical form; what is no schema is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcpgen.errors import SchemaError
from mcpgen.schema.normalise import DIALECT, dump, normalise, parse
from mcpgen.schema.room import SchemaRoom

DRAFT_07 = "http://json-schema.org/draft-07/schema#"


def draft_07(**definitions: Any) -> dict[str, Any]:
    return {"$schema": DRAFT_07, "definitions": definitions}


def test_draft_07_becomes_2020_12() -> None:
    schema = draft_07(
        Role={"enum": ["user", "assistant"], "type": "string", "description": "Who speaks."},
        Message={
            "type": "object",
            "properties": {"role": {"$ref": "#/definitions/Role"}},
            "required": ["role"],
        },
    )
    assert normalise(schema, source="x") == {
        "$schema": DIALECT,
        "$defs": {
            "Message": {
                "properties": {"role": {"$ref": "#/$defs/Role"}},
                "required": ["role"],
                "type": "object",
            },
            "Role": {"enum": ["user", "assistant"], "type": "string"},
        },
    }


def test_no_sentence_of_upstream_survives_but_properties_of_that_name_do() -> None:
    text = {"description": "prose", "title": "prose", "$comment": "prose", "examples": ["prose"]}
    schema = draft_07(A={**text, "type": "object", "properties": {"description": {**text, "type": "string"}}})
    assert normalise(schema, source="x")["$defs"]["A"] == {
        "properties": {"description": {"type": "string"}},
        "type": "object",
    }


def test_the_order_of_keys_does_not_matter() -> None:
    one = draft_07(
        B={"type": "string"}, A={"required": ["b", "a"], "type": "object", "properties": {"b": {}, "a": {}}}
    )
    other = draft_07(
        A={"properties": {"a": {}, "b": {}}, "type": "object", "required": ["a", "b"]}, B={"type": "string"}
    )
    assert dump(normalise(one, source="x")) == dump(normalise(other, source="x"))


def test_prose_beside_a_reference_is_dropped_and_a_fact_there_refused() -> None:
    definitions: dict[str, Any] = {
        "A": {"type": "string"},
        "B": {"$ref": "#/definitions/A", "description": "prose"},
    }
    assert normalise(draft_07(**definitions), source="x")["$defs"]["B"] == {"$ref": "#/$defs/A"}
    definitions["B"]["minimum"] = 1
    with pytest.raises(SchemaError, match=r"'minimum' beside a \$ref at /definitions/B"):
        normalise(draft_07(**definitions), source="x")


def test_stored_schemas_are_their_own_normal_form(room: SchemaRoom) -> None:
    for revision in room.revisions:
        schema = room.schema(revision)
        assert dump(normalise(schema, source=revision)).encode() == room.read(revision)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\xff{}", "x: not UTF-8 at byte 0"),
        (b'{"a": }', "x:1:7: not JSON"),
        (b"[]", "x: a schema is an object, this is an array"),
        (b"null", "x: a schema is an object, this is null"),
        (b"[" * 100_000, "x: nested too deep"),
        (b'{"a": {"b": 1, "b": 1}}', "x: the key 'b' stands twice in one object"),
        (b'{"a": NaN}', "x: NaN is no number of JSON's"),
        (b'{"a": 1e999}', "x: 1e999 is no number of JSON's"),
        (b'{"a": "\\ud800"}', "x: half a surrogate pair in a string"),
    ],
)
def test_what_is_no_json_object_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse(text, source="x")
    assert caught.value.message.startswith(message)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "unknown dialect None"),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "definitions": {}}, "unknown dialect"),
        ({"$schema": 5, "$defs": {}}, "unknown dialect 5"),
        ({"$schema": DIALECT}, "no definitions under '$defs'"),
        ({"$schema": DRAFT_07, "$defs": {"A": {}}}, "no definitions under 'definitions'"),
        ({"$schema": DIALECT, "$defs": {"A": {}}, "oneOf": []}, "unknown keyword 'oneOf'"),
        (draft_07(A={"$ref": "#/definitions/B"}), "dangling $ref at /$defs/A: there is no definition 'B'"),
        (draft_07(A={"$ref": "https://example.com/a.json"}), "remote $ref 'https://example.com/a.json'"),
        (draft_07(A={"$ref": "other.json#/definitions/B"}), "remote $ref"),
        (draft_07(A={"$ref": "#/definitions/A/properties/b"}), "unusable $ref"),
        (draft_07(A={"$ref": 7}), "unusable $ref 7"),
        (draft_07(A={"type": "objekt"}), "unknown type 'objekt' at /definitions/A/type"),
        (draft_07(A={"type": []}), "a type list must be non-empty"),
        (draft_07(A={"patternProperties": {}}), "unknown keyword 'patternProperties' at /definitions/A"),
        (draft_07(A={"properties": []}), "schemas by name are wanted, not an array"),
        (draft_07(A={"properties": {"b": 5}}), "a schema is an object or a boolean, not a number, at"),
        (draft_07(A={"anyOf": []}), "a non-empty list of schemas is wanted at /definitions/A/anyOf"),
        (draft_07(A={"enum": "x"}), "a non-empty list of values is wanted"),
        (draft_07(A={"required": [1]}), "a list of property names is wanted"),
        (draft_07(A={"minimum": "0"}), "a number is wanted, not a string"),
        (draft_07(A={"maxItems": -1}), "a whole number from 0 on is wanted"),
        (draft_07(A={"format": None}), "a string is wanted, not null"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(document: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        normalise(json.loads(json.dumps(document)), source="x")
    assert message in caught.value.message
    assert caught.value.message.startswith("x: ")
    assert caught.value.hint
