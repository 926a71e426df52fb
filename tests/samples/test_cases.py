"""Cases made up from a schema are what they are called, by the judgement of another validator."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from mcpgen.samples import CannotGenerate, edge_cases, invalid_cases, valid_cases, value_for


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
    for case in (*valid, *edge_cases(schema)):
        assert judge.is_valid(case.value), case
    for case in invalid:
        assert not judge.is_valid(case.value), case
    assert len({case.label for case in invalid}) == len(invalid)


def test_optional_properties_are_in_the_second_case() -> None:
    first, second = valid_cases(SCHEMAS[0])
    assert first.value == {"name": "example"}
    assert second.value == {"name": "example", "language": "en"}


def test_edges_that_the_schema_draws_are_tried_on_both_sides() -> None:
    schema = tool(
        {
            "count": {"type": "integer", "minimum": 1, "maximum": 9},
            "code": {"type": "string", "minLength": 2, "maxLength": 500},
            "loud": {"type": "boolean"},
            "language": {"enum": ["en", "fr"]},
        },
        "count",
    )
    inside = {(key, json.dumps(value)) for case in edge_cases(schema) for key, value in case.value.items()}
    assert {("count", "1"), ("count", "9"), ("code", '"xx"'), ("loud", "true"), ("loud", "false")} <= inside
    outside = {case.label: case.value for case in invalid_cases(schema)}
    assert outside["count that is too small"]["count"] == 0
    assert outside["count that is too large"]["count"] == 10
    assert outside["code that is too short"]["code"] == "x"
    assert outside["code that is too long"]["code"] == "x" * 501


def test_each_kind_of_case_is_there_however_many_properties_there_are() -> None:
    many = {f"p{number}": {"type": "integer", "minimum": 0} for number in range(40)}
    labels = " ".join(case.label for case in invalid_cases(tool(many, *many, additionalProperties=False)))
    for kind in ("without", "of another type", "too small", "unknown"):
        assert kind in labels


def test_closed_object_inside_refuses_what_it_does_not_know() -> None:
    schema = tool({"at": tool({"x": {"type": "integer"}}, "x", additionalProperties=False)}, "at")
    labels = [case.label for case in invalid_cases(schema)]
    assert "a property that is unknown in at" in labels


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
