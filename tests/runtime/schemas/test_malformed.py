"""A schema that is malformed is refused when it is compiled, and shown where."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from mcpgen_runtime.schemas import SchemaError, compile_schema

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"
KEYWORDS = [
    *("$id", "$anchor", "$dynamicAnchor", "$defs", "$comment", "type", "enum", "const", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "minItems"),
    *("maxItems", "uniqueItems", "minContains", "maxContains", "minProperties", "maxProperties", "required"),
    *("dependentRequired", "dependentSchemas", "properties", "patternProperties", "additionalProperties"),
    *("propertyNames", "items", "prefixItems", "contains", "allOf", "anyOf", "oneOf", "not", "if", "then"),
    *("else", "unevaluatedProperties", "unevaluatedItems", "title", "description", "default", "examples"),
    *("deprecated", "readOnly", "writeOnly", "format", "contentEncoding", "contentMediaType"),
    *("contentSchema", "definitions", "dependencies", "additionalItems"),
]
ODDITIES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2.0, 0.5, "", "a", "string", "#"),
    *([], ["a"], ["a", "a"], ["string", "null"], ["string", "word"], [1], [True], [5], [{}], [{"type": 1}]),
    *({}, {"a": 1}, {"a": {}}, {"a": ["b"]}, {"a": ["b", "b"]}, {"a": "b"}, {"type": 1}, {"a": {"type": 1}}),
]


@pytest.mark.parametrize("dialect", [DRAFT_2020, DRAFT_7])
@pytest.mark.parametrize("keyword", KEYWORDS)
def test_schema_is_malformed_just_where_the_metaschema_says_so(dialect: str, keyword: str) -> None:
    for oddity in ODDITIES:
        schema = {"$schema": dialect, keyword: oddity}
        if jsonschema_rs.meta.is_valid(schema):
            compile_schema(schema)
        else:
            with pytest.raises(SchemaError) as caught:
                compile_schema(schema)
            assert caught.value.pointer.startswith(f"/{keyword}")


@pytest.mark.parametrize(
    ("schema", "pointer", "message"),
    [
        (5, "", "must be a schema, so an object or a boolean, not number 5"),
        ({"minLength": -1}, "/minLength", "must be an integer that is not negative, not number -1"),
        (
            {"items": {"type": "text"}},
            "/items/type",
            "must be one or several of null, boolean, .*not string 'text'",
        ),
        ({"properties": {"a~b": []}}, "/properties/a~0b", "must be a schema"),
        (
            {"$defs": {"unused": {"required": "a"}}},
            "/$defs/unused/required",
            "must be an array of different strings",
        ),
        ({"enum": [{1}]}, "/enum", "must be of JSON values"),
        ({"properties": {1: True}}, "/properties", "must have strings as keys"),
        ({"$ref": 1}, "/$ref", "must be a string, not number 1"),
        ({"$ref": "#/$defs/a"}, "/$ref", "'#/\\$defs/a' leads nowhere"),
        ({"$ref": "#a"}, "/$ref", "'#a' leads nowhere"),
        ({"$ref": "#/%ff"}, "/$ref", "leads nowhere"),
        ({"enum": [1], "$ref": "#/enum/1"}, "/$ref", "leads nowhere"),
        ({"enum": [1], "$ref": "#/enum/0"}, "/enum/0", "must be a schema"),
        ({"not": {"$ref": "https://example.com/a"}}, "/not/$ref", "is another document, and none is fetched"),
        (
            {"items": {"$dynamicRef": "other#a"}},
            "/items/$dynamicRef",
            "is another document, and none is fetched",
        ),
        ({"$ref": DRAFT_2020}, "/$ref", "is another document"),
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, "/$schema", "2020-12 and draft-07 are"),
        ({"$schema": 7}, "/$schema", "must be a string"),
        ({"$id": "https://example.com/a#b"}, "/$id", "must have no fragment, not 'b'"),
        (
            {"$defs": {"a": {"$id": "x:y"}, "b": {"$id": "x:y"}}},
            "/$defs/b/$id",
            "names another schema already",
        ),
        (
            {"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}},
            "/$defs/b",
            "names another schema already",
        ),
        ({"$ref": "#"}, "", "refers to itself without end"),
        (
            {"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}},
            "",
            "without end",
        ),
        (
            {
                "properties": {"w": {"$ref": "#/$defs/w"}},
                "allOf": [{"$ref": "#/$defs/w"}],
                "$defs": {"w": {"if": {"$ref": "#"}}},
            },
            "",
            "without end",
        ),
    ],
)
def test_malformed_schema_is_refused_where_it_is(schema: Any, pointer: str, message: str) -> None:
    with pytest.raises(SchemaError, match=message) as caught:
        compile_schema(schema)
    assert caught.value.pointer.startswith(pointer)
    assert str(caught.value).startswith(caught.value.pointer or "the schema")


def test_schema_that_nests_too_deep_is_refused() -> None:
    def nested(depth: int) -> Any:
        schema: Any = {}
        for _ in range(depth):
            schema = {"not": schema}
        return schema

    assert compile_schema(nested(100)).accepts(1) is True
    for depth, limit in [(101, 100), (5, 4), (100_000, 100), (100_000, 1_000_000)]:
        with pytest.raises(SchemaError, match="deep"):
            compile_schema(nested(depth), max_depth=limit)


def test_schema_may_be_changed_after_it_was_compiled() -> None:
    schema = {"properties": {"a": {"enum": [1]}}, "required": ["a"]}
    validator = compile_schema(schema)
    schema.clear()
    assert not validator.accepts({"a": 2})
    assert not validator.accepts({})
