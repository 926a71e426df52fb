"""`mcpgen schema lint FILE`: what is wrong with a definition, where, why, and how to mend it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mcpgen.definition import lint, load_definition, require_valid
from mcpgen.definition.rules import RULES
from mcpgen.errors import InvalidDefinition

from .conftest import Load

DATA = Path(__file__).parent / "data"


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mcpgen", "schema", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["wrong.mcp.json", "wrong.mcp.yaml", "right.mcp.json", "right.mcp.yaml"])
def test_findings_are_what_was_reviewed(name: str, tmp_path: Path) -> None:
    """The expected text is beside the definition; to renew it: `mcpgen schema lint NAME > NAME.txt`."""
    shutil.copy(DATA / name, tmp_path)
    done = run("lint", name, cwd=tmp_path)
    assert done.stdout == (DATA / f"{name}.txt").read_text()
    assert (done.returncode, done.stderr) == (1 if name.startswith("wrong") else 0, "")


def test_findings_as_json_say_the_same(tmp_path: Path) -> None:
    shutil.copy(DATA / "wrong.mcp.json", tmp_path)
    done = run("lint", "wrong.mcp.json", "--format", "json", cwd=tmp_path)
    assert done.returncode == 1
    findings = json.loads(done.stdout)
    assert findings[0] == {
        "file": "wrong.mcp.json",
        "line": 4,
        "column": 14,
        "severity": "error",
        "rule": "wrong-shape",
        "pointer": "/version",
        "what": "expected a string, found number 1",
        "why": RULES["wrong-shape"].why,
        "hint": findings[0]["hint"],
    }
    text = (DATA / "wrong.mcp.json.txt").read_text()
    for finding in findings:
        assert "{file}:{line}:{column}: {severity}: {what} [{rule}]\n".format(**finding) in text


def test_every_rule_is_broken_once_in_the_reviewed_definition() -> None:
    findings = lint(load_definition(DATA / "wrong.mcp.json"))
    assert {finding.rule for finding in findings} == set(RULES)


def test_json_and_yaml_of_one_definition_have_the_same_findings() -> None:
    as_json, as_yaml = (load_definition(DATA / f"wrong.mcp.{language}") for language in ("json", "yaml"))
    assert as_json.value == as_yaml.value
    found = [
        sorted((finding.pointer, finding.rule, finding.severity) for finding in lint(definition))
        for definition in (as_json, as_yaml)
    ]
    assert found[0] == found[1]


def test_warnings_alone_hold(tmp_path: Path) -> None:
    (tmp_path / "server.mcp.json").write_text(
        '{"name": "a", "version": "1", "tools": [{"name": "t", "inputSchema": {"type": "object"}}]}'
    )
    done = run("lint", "server.mcp.json", cwd=tmp_path)
    assert done.returncode == 0
    assert "server.mcp.json:1:41: warning: the tool 't' has no description [tool-description]" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("lint", "gone.mcp.json"), "error: gone.mcp.json: no such file or directory\n"),
        (("lint", "empty"), "error: there is no definition in "),
        (("lint", "schemas"), "error: schemas/mcpgen.toml names no definition\n"),
        (("lint", "server.txt"), "error: server.txt: a definition is JSON or YAML, and its name says which"),
        (("lint", "server.mcp.json"), "error: server.mcp.json:1:1: a value should be here, not 'hello'\n"),
        (("lint", "server.mcp.json", "--schema", "."), "error: --schema is for linting schemas, not"),
    ],
)
def test_what_cannot_be_read_ends_with_2(tmp_path: Path, arguments: tuple[str, ...], error: str) -> None:
    (tmp_path / "server.mcp.json").write_text("hello")
    (tmp_path / "server.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "mcpgen.toml").write_text("[output.types]\ndirectory = 'generated'\n")
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(error)
    assert "\nhint: " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "below", "shown"),
    [
        (("lint",), ".", "mine.mcp.json:1:10: error: "),
        (("lint",), "inner", "/mine.mcp.json:1:10: error: "),
        (("lint", "."), ".", "mine.mcp.json:1:10: error: "),
        (("lint", ".."), "inner", "/mine.mcp.json:1:10: error: "),
        (("lint", "mcpgen.toml"), ".", "mine.mcp.json:1:10: error: "),
        (("lint", "inner"), ".", "inner/server.mcp.yaml:1:7: error: "),
    ],
)
def test_the_definition_of_the_project_is_linted(
    tmp_path: Path, arguments: tuple[str, ...], below: str, shown: str
) -> None:
    (tmp_path / "mcpgen.toml").write_text('definition = "mine.mcp.json"\n')
    (tmp_path / "mine.mcp.json").write_text('{"name": 1, "version": "1"}')
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "server.mcp.yaml").write_text("name: 1\nversion: '1'\n")
    done = run(*arguments, cwd=tmp_path / below)
    assert shown in done.stdout.splitlines()[0]
    assert (done.returncode, done.stderr) == (1, "")


def test_a_project_without_a_definition_has_its_schemas_linted(tmp_path: Path) -> None:
    (tmp_path / "mcpgen.toml").write_text("[output.types]\ndirectory = 'generated'\n")
    done = run("lint", cwd=tmp_path)
    assert done.returncode == 0
    schemas, wit = done.stdout.splitlines()
    assert schemas.endswith("revisions, nothing to mend")
    assert wit.endswith("wit: nothing to mend")


def tool(schema: Any, **more: Any) -> str:
    return json.dumps(
        {
            "name": "a",
            "version": "1",
            "tools": [{"name": "t", "description": "d", "inputSchema": {"type": "object", **schema}, **more}],
        }
    )


NODE = {"$ref": "#/$defs/Node"}
FINE = {
    "recursive through a property": {
        "properties": {"tree": NODE},
        "$defs": {"Node": {"type": "object", "properties": {"left": NODE}}},
    },
    "recursive but may be null": {
        "properties": {"list": NODE},
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {"next": {"anyOf": [NODE, {"type": "null"}]}},
                "required": ["next"],
            }
        },
    },
    "recursive through items": {
        "properties": {"list": NODE},
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {"children": {"type": "array", "items": NODE}},
                "required": ["children"],
            }
        },
    },
    "used over another definition": {
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"type": "string"}},
    },
    "a definition inside of a used one": {
        "properties": {"a": {"$ref": "#/$defs/A/$defs/B"}},
        "$defs": {"A": {"$defs": {"B": {"type": "string"}}}},
    },
    "by anchor": {"properties": {"a": {"$ref": "#b"}}, "$defs": {"B": {"$anchor": "b", "type": "string"}}},
    "by dynamic anchor": {
        "properties": {"a": {"$dynamicRef": "#b"}},
        "$defs": {"B": {"$dynamicAnchor": "b", "type": "string"}},
    },
    "by the dynamic anchor of another": {
        "properties": {"a": {"$ref": "https://example.com/tree"}},
        "$defs": {
            "Tree": {
                "$id": "https://example.com/tree",
                "$dynamicAnchor": "node",
                "properties": {"child": {"$dynamicRef": "#node"}},
            },
            "Node": {"$dynamicAnchor": "node", "type": "object"},
        },
    },
    "by its own id": {
        "properties": {"a": {"$ref": "https://example.com/b"}},
        "$defs": {"B": {"$id": "https://example.com/b", "type": "string"}},
    },
    "where no keyword leads": {
        "properties": {"a": {"$ref": "#/x-types/A"}},
        "x-types": {"A": {"$ref": "#/$defs/B"}},
        "$defs": {"B": {"type": "string"}},
    },
    "a name with a slash": {
        "properties": {"a": {"$ref": "#/$defs/a~1b"}},
        "$defs": {"a/b": {"type": "string"}},
    },
    "a property called $ref": {"properties": {"$ref": {"type": "string"}, "$defs": {"type": "object"}}},
    "an unknown keyword": {"x-order": 1, "nullable": True},
    "required by the branches": {
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        "dependentSchemas": {"a": {"required": ["b"]}},
    },
    "required, and described behind a reference": {
        "allOf": [{"$ref": "#/$defs/A"}],
        "required": ["a"],
        "$defs": {"A": {"properties": {"a": {"type": "string"}}, "required": ["b"]}},
        "properties": {"b": {"type": "string"}},
    },
    "required, and forbidden or asked for by name": {
        "properties": {"a": {"type": "string"}},
        "not": {"anyOf": [{"required": ["x"]}, {"required": ["y"], "additionalProperties": False}]},
        "if": {"required": ["z"]},
        "then": {"required": ["a"]},
    },
    "required, and described by a pattern": {
        "patternProperties": {"^x": {"type": "string"}},
        "additionalProperties": False,
        "required": ["x1"],
    },
    "required of a map": {"additionalProperties": {"type": "string"}, "required": ["a"]},
    "required of no object": {"properties": {"a": {"type": "string", "required": ["b"]}}},
    "properties called as keywords": {
        "properties": {"anyOf": {"type": "string"}, "required": {"type": "boolean"}},
        "required": ["anyOf", "required"],
    },
    "bounds of one value": {
        "properties": {
            "a": {"type": "integer", "minimum": 1, "maximum": 1},
            "b": {"type": "string", "minLength": 2, "maxLength": 2},
            "c": {"type": "array", "minContains": 2, "maxContains": 1},
        },
    },
    "a default by reference": {
        "properties": {"a%/~b": {"$ref": "#/$defs/N", "default": 1}},
        "$defs": {"N": {"type": "integer"}},
    },
    "a default of a part of itself": {
        "properties": {"a": {"$ref": "#", "default": {"a": {}}}, "default": {"type": "string"}},
    },
}


@pytest.mark.parametrize("schema", FINE.values(), ids=FINE)
def test_schemas_that_are_fine(load: Load, schema: dict[str, Any]) -> None:
    assert lint(load(tool(schema))) == []


WRONG = {
    "mutual circle": (
        {
            "properties": {"a": {"$ref": "#/$defs/A"}},
            "$defs": {"A": {"allOf": [{"$ref": "#/$defs/B"}]}, "B": {"$ref": "#/$defs/A"}},
        },
        [("endless-schema", "/$defs/B")],
    ),
    "mutual need": (
        {
            "properties": {"a": {"$ref": "#/$defs/A"}},
            "$defs": {
                "A": {
                    "type": "object",
                    "properties": {"b": {"type": "array", "items": {"$ref": "#/$defs/B"}, "minItems": 1}},
                    "required": ["b"],
                },
                "B": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "required": ["a"]},
            },
        },
        [("endless-value", "/$defs/A"), ("endless-value", "/$defs/B")],
    ),
    "the whole needs itself": (
        {"properties": {"self": {"$ref": "#"}}, "required": ["self"]},
        [("endless-value", "")],
    ),
    "unused circle": (
        {"$defs": {"A": {"type": "array", "items": {"$ref": "#/$defs/A"}}}},
        [("unreachable-definition", "/$defs/A")],
    ),
    "dangling anchor": ({"properties": {"a": {"$ref": "#nope"}}}, [("dangling-ref", "/properties/a/$ref")]),
    "file": ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, [("remote-ref", "/properties/a/$ref")]),
    "relative": ({"properties": {"a": {"$ref": "other.json"}}}, [("remote-ref", "/properties/a/$ref")]),
    "unknown dialect": ({"$schema": "https://example.com/s"}, [("invalid-schema", "/$schema")]),
    "two mistakes": (
        {"minProperties": "a", "properties": {"a": {"enum": "x"}}},
        [("invalid-schema", "/minProperties"), ("invalid-schema", "/properties/a/enum")],
    ),
    "misspelt": (
        {"propertes": {}, "requirde": []},
        [("misspelt-keyword", "/propertes"), ("misspelt-keyword", "/requirde")],
    ),
    "default of another type": (
        {"properties": {"a%/~b": {"$ref": "#/$defs/N", "default": "1"}}, "$defs": {"N": {"type": "integer"}}},
        [("default-mismatch", "/properties/a%~1~0b/default")],
    ),
    "required, and misspelt": (
        {"properties": {"name": {}}, "required": ["nam"]},
        [("missing-property", "/required/0")],
    ),
    "required, misspelt, and nothing else allowed": (
        {"properties": {"name": {}}, "required": ["name", "nam"], "additionalProperties": False},
        [("impossible-property", "/required/1")],
    ),
    "required and forbidden": (
        {"properties": {"a": False}, "required": ["a"]},
        [("impossible-property", "/required/0")],
    ),
    "required in a branch, and nowhere described": (
        {"properties": {"a": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        [("missing-property", "/anyOf/1/required/0")],
    ),
    "required of an inner object": (
        {
            "properties": {"not": {"type": "object", "required": ["a"]}, "a": {}},
        },
        [("missing-property", "/properties/not/required/0"), ("python-keyword", "/properties/not")],
    ),
    "empty ranges": (
        {
            "minProperties": 2,
            "maxProperties": 1,
            "properties": {
                "a": {"type": "string", "minLength": 500, "maxLength": 200},
                "b": {"type": "number", "exclusiveMinimum": 5, "maximum": 5, "minimum": 1.5},
                "c": {"type": "array", "minItems": 3, "maxItems": 2},
                "d": {"type": "array", "contains": {}, "minContains": 2, "maxContains": 1},
                "e": {"type": "integer", "minimum": 3, "maximum": 2},
            },
        },
        [
            ("empty-range", "/maxProperties"),
            ("empty-range", "/properties/a/maxLength"),
            ("empty-range", "/properties/b/maximum"),
            ("empty-range", "/properties/c/maxItems"),
            ("empty-range", "/properties/d/maxContains"),
            ("empty-range", "/properties/e/maximum"),
        ],
    ),
    "default of the whole": (
        {"properties": {"a": {}}, "required": ["a"], "default": {}},
        [("default-mismatch", "/default")],
    ),
    "not an object": ({"type": "array"}, [("wrong-shape", "/type")]),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "expected"), WRONG.values(), ids=WRONG)
def test_schemas_that_are_not(load: Load, schema: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    at = "/tools/0/inputSchema"
    findings = [(each.rule, each.pointer.removeprefix(at)) for each in lint(load(tool(schema)))]
    assert sorted(findings) == sorted(expected)


@pytest.mark.parametrize("keyword", ["definitions", "$defs", "contentSchema"])
@pytest.mark.parametrize(
    "wrong", [{"minLength": "a", "maxLength": 1}, {"required": 5}, {"properties": 3, "required": ["a"]}]
)
def test_draft_07_that_nothing_leads_to_may_be_of_any_shape(
    load: Load, keyword: str, wrong: dict[str, Any]
) -> None:
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", keyword: {"A": wrong, **wrong}}
    assert "other-dialect" in {finding.rule for finding in lint(load(tool(schema)))}


def test_draft_07_is_asked_too_whether_it_can_be_given(load: Load) -> None:
    schema: dict[str, Any] = {"$schema": "http://json-schema.org/draft-07/schema#", "required": ["nam"]}
    schema |= {"properties": {"name": {"type": "string"}}, "additionalProperties": False}
    rules = [finding.rule for finding in lint(load(tool(schema)))]
    assert rules == ["other-dialect", "impossible-property"]


def test_an_output_schema_is_linted_too(load: Load) -> None:
    text = tool({}, outputSchema={"type": "object", "properties": {"a": {"type": "nope"}}})
    (finding,) = lint(load(text))
    assert (finding.rule, finding.pointer) == ("invalid-schema", "/tools/0/outputSchema/properties/a/type")


def test_schemas_too_deep_for_the_validator_are_told(load: Load) -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(90):
        schema = {"not": schema}
    assert lint(load(tool(schema))) == []
    with pytest.raises(InvalidDefinition, match="nest deeper than 100"):
        load(tool({"not": {"not": {"not": {"not": {"not": {"not": {"not": schema}}}}}}}))


def test_ten_thousand_tools_are_linted(load: Load) -> None:
    """docs/definition.md says how long that takes; here it must merely end, and find what is wrong."""
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    tools = [{"name": f"tool_{n}", "description": "d", "inputSchema": schema} for n in range(10_000)]
    tools[7777] = {"name": "tool_1", "description": "d", "inputSchema": schema}
    (finding,) = lint(load(json.dumps({"name": "big", "version": "1", "tools": tools})))
    assert (finding.rule, finding.pointer) == ("duplicate-name", "/tools/7777/name")


def test_two_thousand_defaults_are_linted(load: Load) -> None:
    """The schema is compiled once for all of them, or this would take minutes."""
    properties = {f"p{n}": {"$ref": "#/$defs/Text", "default": "a"} for n in range(2_000)}
    properties["p7"]["default"] = properties["p1999"]["default"] = 1  # type: ignore[assignment]
    findings = lint(load(tool({"properties": properties, "$defs": {"Text": {"type": "string"}}})))
    places = [finding.pointer.split("/")[-2:] for finding in findings]
    assert places == [["p7", "default"], ["p1999", "default"]]


def test_of_many_findings_the_first_are_shown_and_errors_before_warnings(tmp_path: Path) -> None:
    schema = {"type": "object"}
    tools: list[Any] = [{"name": f"t{n}", "inputSchema": schema} for n in range(1_500)]
    tools[1_400:] = ["t"] * 99
    (tmp_path / "server.mcp.json").write_text(json.dumps({"name": "a", "version": "1", "tools": tools}))
    lines = run("lint", "server.mcp.json", cwd=tmp_path).stdout.splitlines()
    shown = [line.split(": ")[1] for line in lines if line.startswith("server.mcp.json:1:")]
    assert shown == ["warning", *["error"] * 99]
    assert lines[-2] == "and 1,399 more: --format json tells all"
    assert lines[-1].endswith("99 errors, 1400 warnings")
    all_of_them = run("lint", "server.mcp.json", "--format", "json", cwd=tmp_path)
    assert len(json.loads(all_of_them.stdout)) == 1_499


def test_ten_thousand_equal_names_are_told_one_by_one(load: Load) -> None:
    tools = [{"name": "t", "description": "d", "inputSchema": {"type": "object"}}] * 10_000
    findings = lint(load(json.dumps({"name": "big", "version": "1", "tools": tools})))
    assert len(findings) == 9_999


def test_unicode_names_are_told_where_the_protocol_has_a_grammar(load: Load) -> None:
    text = json.dumps(
        {
            "name": "магазин",
            "version": "1",
            "tools": [{"name": "добавить", "description": "d", "inputSchema": {"type": "object"}}],
            "resources": [{"name": "настройки", "uri": "x:1"}],
            "prompts": [{"name": "привет", "arguments": [{"name": "имя", "description": "d"}]}],
        },
        ensure_ascii=False,
    )
    (finding,) = lint(load(text))
    assert (finding.rule, finding.what) == ("tool-name", "'добавить' is no tool name")


def test_what_no_server_can_be_made_of_is_refused_with_its_first_errors() -> None:
    definition = load_definition(DATA / "wrong.mcp.json")
    with pytest.raises(InvalidDefinition) as caught:
        require_valid(definition)
    lines = caught.value.message.splitlines()
    assert len(lines) == 12
    assert lines[1].endswith("wrong.mcp.json:4:14: error: expected a string, found number 1 [wrong-shape]")
    assert all(line.startswith("  hint: ") for line in lines[2:-1:2])
    assert lines[-1].startswith("and ")
    require_valid(load_definition(DATA / "right.mcp.json"))
