"""Whatever the schema and the value, the verdict is that of another implementation, jsonschema-rs."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from mcpgen_runtime.schemas import SchemaError, Validator, compile_schema

KEYS = st.sampled_from("abc")
NUMBERS = st.sampled_from([-1, 0, 1, 1.0, 1.5, 2, 3, 0.1, 0.3, 1e300, 10**20])
SCALARS = (
    st.none()
    | st.booleans()
    | NUMBERS
    | st.sampled_from(["", "a", "b", "ab", "aaa", "é", "😀", "1", "a\n", "A b"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
COUNTS = st.integers(0, 3) | st.just(2.0)
PATTERNS = st.sampled_from(
    ["^a", "a$", "^[ab]*$", r"\d", r"\w{2}", r"^\S+$", "a|b", "^.$", r"[^a-c]", r"\bb"]
)
TYPES = st.sampled_from(["null", "boolean", "string", "array", "object", "number", "integer"])

ASSERTIONS: dict[str, st.SearchStrategy[Any]] = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    "enum": st.lists(VALUES, min_size=1, max_size=3),
    "const": VALUES,
    "minimum": NUMBERS,
    "maximum": NUMBERS,
    "exclusiveMinimum": NUMBERS,
    "exclusiveMaximum": NUMBERS,
    "multipleOf": st.sampled_from([1, 2, 0.5, 0.1, 3.0]),
    "minLength": COUNTS,
    "maxLength": COUNTS,
    "pattern": PATTERNS,
    "minItems": COUNTS,
    "maxItems": COUNTS,
    "uniqueItems": st.booleans(),
    "minProperties": COUNTS,
    "maxProperties": COUNTS,
    "required": st.lists(KEYS, max_size=2, unique=True),
    "format": st.sampled_from(["email", "uri", "date-time"]),
}
REFERENCES = ["#", "#/$defs/a", "#/$defs/b", "#/definitions/c"]


def applicators(schemas: st.SearchStrategy[Any], *, draft7: bool) -> dict[str, st.SearchStrategy[Any]]:
    """The keywords that hold schemas, in their dialect."""
    several = st.lists(schemas, min_size=1, max_size=3)
    named = st.dictionaries(KEYS, schemas, max_size=3)
    names = st.lists(KEYS, max_size=2, unique=True)
    common = {
        "allOf": several,
        "anyOf": several,
        "oneOf": several,
        "not": schemas,
        "if": schemas,
        "then": schemas,
        "else": schemas,
        "properties": named,
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b|c", "."]), schemas, max_size=2),
        "additionalProperties": schemas,
        "propertyNames": schemas,
        "contains": schemas,
    }
    if draft7:
        return common | {
            "items": schemas | several,
            "additionalItems": schemas,
            "dependencies": st.dictionaries(KEYS, schemas | names, max_size=2),
        }
    return common | {
        "items": schemas,
        "prefixItems": several,
        "minContains": COUNTS,
        "maxContains": COUNTS,
        "dependentRequired": st.dictionaries(KEYS, names, max_size=2),
        "dependentSchemas": st.dictionaries(KEYS, schemas, max_size=2),
        "unevaluatedProperties": schemas,
        "unevaluatedItems": schemas,
    }


def keywords(strategies: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas of one to three of these keywords."""
    pairs = st.one_of([st.tuples(st.just(keyword), values) for keyword, values in strategies.items()])
    return st.lists(pairs, min_size=1, max_size=3).map(dict)


def documents(*, draft7: bool) -> st.SearchStrategy[Any]:
    """Schemas that refer to one another and to themselves."""
    leaves = st.booleans() | keywords(ASSERTIONS) | st.sampled_from(REFERENCES).map(lambda uri: {"$ref": uri})
    schemas = st.recursive(
        leaves,
        lambda inner: keywords(ASSERTIONS | applicators(inner, draft7=draft7)),
        max_leaves=6,
    )
    dialect = {"$schema": "http://json-schema.org/draft-07/schema#"} if draft7 else {}
    return st.builds(
        lambda schema, a, b, c: {**schema, "$defs": {"a": a, "b": b}, "definitions": {"c": c}, **dialect},
        schemas.filter(lambda schema: isinstance(schema, dict)),
        schemas,
        schemas,
        schemas,
    )


def compiled(schema: Any) -> Validator:
    """The validator; a schema that refers to itself without end is passed over."""
    try:
        return compile_schema(schema)
    except SchemaError as error:
        if "without end" in str(error):
            reject()
        raise


@pytest.mark.parametrize("draft7", [False, True], ids=["2020-12", "draft-07"])
def test_verdicts_are_those_of_jsonschema_rs(draft7: bool) -> None:
    oracle = jsonschema_rs.Draft7Validator if draft7 else jsonschema_rs.Draft202012Validator

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(documents(draft7=draft7), st.lists(VALUES, min_size=5, max_size=10))
    def check(schema: Any, values: list[Any]) -> None:
        validator = compiled(schema)
        judge = oracle(schema, validate_formats=False)
        for value in values:
            accepted = validator.accepts(value)
            assert accepted == judge.is_valid(value), (schema, value)
            assert accepted == (not validator.faults(value)), (schema, value)

    check()
