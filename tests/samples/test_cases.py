"""Cases made up from a schema are what they are called, by the judgement of another validator."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from mcpgen.samples import CannotGenerate, invalid_cases, valid_cases, value_for


def tool(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), **more}


SCHEMAS: list[dict[str, Any]] = [
    tool({"name": {"type": "string", "minLength": 1}, "language": {"enum": ["en", "fr"]}}, "name"),
    tool({"count": {"type": "integer", "minimum": 1, "maximum": 9, "multipleOf": 3}}, "count"),
    tool(
        {
            "at": {"type": "string", "format": "date-time"},
            "code": {"type": "string", "pattern": "^[A-Z]{2}$"},
        },
        "code",
    ),
    tool({"tags": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 3}}, "tags"),
    tool(
        {"pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}}
    ),
    tool({"deep": tool({"deeper": tool({"deepest": {"type": "boolean"}}, "deepest")}, "deeper")}, "deep"),
    tool({"either": {"anyOf": [{"type": "null"}, {"type": "integer"}]}}, "either"),
    tool({"one": {"oneOf": [{"$ref": "#/$defs/a"}, {"type": "number"}]}}, **{"$defs": {"a": {"const": "a"}}}),
    tool({"a": {}}, additionalProperties=False),
    {
        "allOf": [tool({"a": {"type": "string"}}, "a"), {"$ref": "#/$defs/b"}],
        "$defs": {"b": tool({"b": {"type": "integer"}}, "b")},
    },
    tool({"children": {"type": "array", "items": {"$ref": "#"}}, "name": {"type": "string"}}, "name"),
    tool({"kind": {"const": "k"}, "extra": {"type": "string", "not": {"const": "never"}}}, "kind"),
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_cases_are_what_they_are_called(schema: dict[str, Any]) -> None:
    judge = jsonschema_rs.Draft202012Validator(schema)
    valid, invalid = valid_cases(schema), invalid_cases(schema)
    assert valid
    assert invalid
    for case in valid:
        assert judge.is_valid(case.value), case
    for case in invalid:
        assert not judge.is_valid(case.value), case
    assert len({case.label for case in invalid}) == len(invalid)


def test_optional_properties_are_in_the_second_case() -> None:
    first, second = valid_cases(SCHEMAS[0])
    assert first.value == {"name": "example"}
    assert second.value == {"name": "example", "language": "en"}


def test_every_required_property_is_missed_once() -> None:
    schema = tool({"a": {"type": "string"}, "b": {"type": "integer"}}, "a", "b")
    labels = [case.label for case in invalid_cases(schema)]
    assert {"without a", "without b", "a of another type", "b of another type"} <= set(labels)


def test_a_schema_that_refuses_nothing_has_no_invalid_cases() -> None:
    assert invalid_cases({"type": "object"}) == []


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "object", "required": ["a"], "properties": {"a": False}},
        tool({"a": {"type": "string", "pattern": "^never such a thing$"}}, "a"),
        tool({"a": {"type": "integer", "minimum": 5, "maximum": 4}}, "a"),
    ],
)
def test_nothing_is_made_up_for_what_cannot_be_or_is_hard_to_find(schema: Any) -> None:
    assert valid_cases(schema) == invalid_cases(schema) == []


def test_references_that_lead_everywhere_end() -> None:
    everyone = [{"$ref": f"#/$defs/{number}"} for number in range(12)]
    schema = {
        "$ref": "#/$defs/0",
        "$defs": {
            str(number): {
                "anyOf": everyone,
                "allOf": everyone,
                "properties": {str(n): one for n, one in enumerate(everyone)},
            }
            for number in range(12)
        },
    }
    with pytest.raises(CannotGenerate):
        value_for(schema, full=True, guess=True)
