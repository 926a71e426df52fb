"""Whatever a definition holds, the linter has an answer; and what it finds no error in can be served."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcpgen.definition import Definition, lint, load_definition, member_names
from mcpgen.definition.json_reader import read_json
from mcpgen.definition.marks import Lines
from mcpgen.definition.rules import RULES
from mcpgen_runtime import Server

from .test_published_schema import KEYWORDS, VALUES, parts

DATA = Path(__file__).parent / "data"
RIGHT = json.loads((DATA / "right.mcp.json").read_text())
WRONG = json.loads((DATA / "wrong.mcp.json").read_text())


def defined(value: Any) -> Definition:
    text = json.dumps(value, indent=1)
    read, mark = read_json(text)
    return Definition(Path("server.mcp.json"), read, Lines(text), mark)


def serve(definition: Definition) -> None:
    """What every use of a definition comes down to."""
    server = Server(definition.name, definition.version, instructions=definition.instructions)
    for tool in definition.tools:
        server.add_tool(tool, lambda arguments, ctx: "")
    for resource in definition.resources:
        server.add_resource(resource, lambda uri, ctx: "")
    for template in definition.resource_templates:
        server.add_resource_template(template, lambda uri, variables, ctx: "")
    for prompt in definition.prompts:
        server.add_prompt(prompt, lambda arguments, ctx: "")


POINTERS = [pointer for pointer, _ in parts(RIGHT)]
REPLACEMENTS = VALUES | st.sampled_from(
    ["add two", "x:{", "x:{a}", "notes:///{id}", "class", "add-two", 10**300]
)


@st.composite
def changed_definitions(draw: st.DrawFn) -> Any:
    value = copy.deepcopy(draw(st.sampled_from([RIGHT, RIGHT, WRONG])))
    for _ in range(draw(st.integers(1, 3))):
        owner, steps = value, draw(st.sampled_from(POINTERS))[1:].split("/")
        for step in steps[:-1]:
            owner = next(iter(owner), None) if isinstance(owner, list) else owner.get(step)
            if not isinstance(owner, dict | list):
                break
        if isinstance(owner, dict):
            key = draw(st.sampled_from([steps[-1], "name", "uri", "$ref", *KEYWORDS[:10]]))
            owner[key] = draw(REPLACEMENTS)
        elif isinstance(owner, list):
            owner.append(draw(REPLACEMENTS))
    return value


@settings(deadline=None)
@given(changed_definitions())
def test_what_lints_without_error_can_be_served(value: Any) -> None:
    definition = defined(value)
    findings = lint(definition)
    for finding in findings:
        assert finding.rule in RULES
        assert finding.line >= 1
        assert finding.column >= 1
        assert finding.what
        assert finding.hint
    members = member_names(definition)
    assert len({member.method for member in members}) == len(members)
    if all(finding.severity == "warning" for finding in findings):
        serve(definition)


def test_what_is_wrong_cannot_be_served_for_one_reason_at_least() -> None:
    """The other half, so that the property above does not hold for a server that takes anything."""
    with pytest.raises(ValueError, match="add two"):
        serve(load_definition(DATA / "wrong.mcp.json"))
    serve(load_definition(DATA / "right.mcp.json"))


KEYS = st.sampled_from(["name", "tools", "prompts", "arguments", "inputSchema", *KEYWORDS])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@settings(deadline=None)
@given(ANYTHING)
def test_any_value_in_any_place_gets_an_answer(value: Any) -> None:
    for key in ("tools", "resources", "resourceTemplates", "prompts", "icons"):
        lint(defined({"name": "a", "version": "1", key: value}))
        lint(defined({"name": "a", "version": "1", key: [value]}))
    lint(defined({"name": "a", "version": "1", "tools": [{"name": "a", "inputSchema": value}]}))
    lint(defined({"name": "a", "version": "1", "prompts": [{"name": "a", "arguments": [value]}]}))
