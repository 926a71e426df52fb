"""The hint of a finding says what its author likely meant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcpgen.definition import lint

from .conftest import Load

SLIPS: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "strng"}, "/type", "did you mean string?"),
    ({"type": "int"}, "/type", "did you mean integer?"),
    ({"type": "String"}, "/type", "did you mean string?"),
    ({"type": ["string", "None"]}, "/type", "did you mean null?"),
    ({"type": "any"}, "/type", "without `type` it may be anything"),
    ({"type": "date"}, "/type", 'write "type": "string", "format": "date"'),
    ({"type": None}, "/type", "a type is its name, in quotes"),
    ({"required": True}, "/required", "put 'a/b' into `required` of the object around it"),
    ({"required": "x"}, "/required", 'put it in brackets: ["x"]'),
    ({"enum": "en"}, "/enum", 'put it in brackets: ["en"]'),
    ({"anyOf": {"type": "null"}}, "/anyOf", 'put it in brackets: [{"type": "null"}]'),
    ({"minLength": "5"}, "/minLength", "write it without quotes: 5"),
    ({"minimum": 1, "exclusiveMinimum": True}, "/exclusiveMinimum", "give it the number of `minimum`"),
    ({"items": [{}]}, "/items", "a schema for each place goes under `prefixItems`"),
    ({"properties": {"x": "string"}}, "/properties/x", 'a schema is an object: {"type": "string"}'),
    ({"minLength": -1}, "/minLength", "says what each keyword may hold"),
]


@pytest.mark.parametrize(("schema", "place", "hint"), SLIPS)
def test_slips_in_a_schema(load: Load, schema: dict[str, Any], place: str, hint: str) -> None:
    tool = {"name": "t", "description": "d"}
    tools = [{**tool, "inputSchema": {"type": "object", "properties": {"a/b": schema}}}]
    (finding,) = lint(load(json.dumps({"name": "a", "version": "1", "tools": tools})))
    assert finding.pointer.startswith(f"/tools/0/inputSchema/properties/a~1b{place}")
    assert hint in finding.hint


ARGUMENT = {"name": "a", "description": "What it is"}
ELSEWHERE: list[tuple[dict[str, Any], str, str, str | None]] = [
    (
        {"prompts": [{"name": "p", "arguments": [{**ARGUMENT, "type": "string"}]}]},
        "/prompts/0/arguments/0/type",
        "an argument of a prompt is always a string",
        "mimeType",
    ),
    (
        {"prompts": [{"name": "p", "arguments": [{**ARGUMENT, "requird": True}]}]},
        "/prompts/0/arguments/0/requird",
        "did you mean required?",
        None,
    ),
    (
        {"resources": [{"name": "r", "uri": "x:1", "inputSchma": {}}]},
        "/resources/0/inputSchma",
        "_meta",
        "inputSchema",
    ),
    (
        {"resources": [{"name": "r", "uri": "x:1", "annotations": {"audienc": ["user"]}}]},
        "/resources/0/annotations/audienc",
        "did you mean audience?",
        None,
    ),
    ({"prompt": []}, "/prompt", "did you mean prompts?", None),
    ({"title": 1.0}, "/title", "put it in quotes", None),
]


@pytest.mark.parametrize(("more", "place", "hint", "never"), ELSEWHERE)
def test_slips_elsewhere(load: Load, more: dict[str, Any], place: str, hint: str, never: str | None) -> None:
    """A key is held against those that fit where it stands, and against no others."""
    (finding,) = lint(load(json.dumps({"name": "a", "version": "1", **more})))
    assert finding.pointer == place
    assert hint in finding.hint
    assert never is None or never not in finding.hint
