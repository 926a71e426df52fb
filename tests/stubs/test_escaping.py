"""Whatever an author, or somebody whose server was asked for its definition, writes: it stays text."""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stubs.generated import imported, stubs_of, tool

from mcpgen.emit.project_tests import emit_project_tests
from mcpgen.emit.server import emit_server
from mcpgen.emit.skeleton import emit_skeleton
from mcpgen.emit.source import docstring, quoted
from mcpgen_types.codec import DecodeError

ATTACKS = (
    '"""\nraise SystemExit\n"""',
    "'''\nraise SystemExit\n'''",
    '\\"""\nraise SystemExit',
    '"\\',
    "\\N{BULLET} \\x00 \\u",
    "{value.__class__}{1/0}",
    "{{ 7*7 }}{% for x in y %}",
    '"); raise SystemExit #',
    "line\r\nline\x0bline\x0cline\x1cline\u2028line\x85line",
    "\u202eltr",
    "\x00\x07\x1b[31m",
    "# type: ignore\n@decorator",
)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(ATTACKS)


@given(_TEXT)
def test_docstring_is_one_string_and_says_no_more(text: str) -> None:
    (statement,) = ast.parse(f"def f():\n    {docstring(text)}\n").body[0].body  # type: ignore[attr-defined]
    assert isinstance(statement.value, ast.Constant)
    said = str(statement.value.value)
    assert "".join(said.split()) == "".join(text.split())


@given(_TEXT)
def test_quoted_text_in_an_f_string_is_itself(text: str) -> None:
    assert eval(f'f"{quoted(text)}"') == text


def definition_of(text: str) -> dict[str, Any]:
    """A definition with `text` wherever a text may stand."""
    field = {"type": "string", "description": text, "title": text, "enum": [text, "other"], "default": text}
    schema = {
        "title": text,
        "description": text,
        "properties": {
            text: field,
            "object": {"type": "object", "description": text, "properties": {text: {"$ref": "#/$defs/D"}}},
            "union": {
                "anyOf": [
                    {"type": "object", "properties": {text: {"const": text}}, "required": [text]},
                    {"type": "object", "properties": {text: {"const": "other"}}, "required": [text]},
                ]
            },
            "map": {"type": "object", "additionalProperties": {"type": "string", "pattern": "a"}},
        },
        "required": ["object"],
        "$defs": {"D": {"type": "object", "properties": {text: field}, "description": text}},
    }
    return {
        "name": text or "n",
        "version": text or "1",
        "title": text,
        "instructions": text,
        "tools": [
            {"name": "tool", "title": text, "description": text, "inputSchema": {"type": "object", **schema}},
            tool({}, name="other", output={"type": "object", **schema}),
        ],
        "resources": [{"uri": "x://y", "name": text or "n", "description": text}],
        "prompts": [
            {"name": text or "p", "description": text, "arguments": [{"name": text, "description": text}]}
        ],
    }


@settings(max_examples=40, deadline=None)
@given(_TEXT)
def test_generated_modules_are_python_whatever_the_texts_say(text: str) -> None:
    definition = definition_of(text)
    with tempfile.TemporaryDirectory() as directory:
        stubs = stubs_of(definition, Path(directory))
    modules = emit_server(stubs) | emit_project_tests(definition)
    modules["handlers_of_author.py"] = emit_skeleton(
        stubs, name=definition["name"], package="generated", attribute="server"
    )
    for path, source in modules.items():
        tree = ast.parse(source, path)
        # Nothing but imports, definitions and assignments ever stands at the top of a module.
        for statement in tree.body:
            assert isinstance(
                statement,
                ast.Import
                | ast.ImportFrom
                | ast.FunctionDef
                | ast.AsyncFunctionDef
                | ast.ClassDef
                | ast.Assign
                | ast.AnnAssign
                | ast.If
                | ast.Expr,
            )
            if isinstance(statement, ast.Expr):
                assert isinstance(statement.value, ast.Constant)


def test_attacks_come_back_as_the_keys_and_values_that_they_are(tmp_path: Path) -> None:
    for number, text in enumerate(ATTACKS):
        directory = tmp_path / str(number)
        directory.mkdir()
        package = imported(stubs_of(definition_of(text), directory), directory)
        value = {text: text, "object": {text: {text: "other"}}, "union": {text: text}, "map": {"k": "a"}}
        assert package.encode_ToolArguments(package.decode_ToolArguments(value)) == value
        wrong = {**value, "object": {text: {text: 1}}}
        with pytest.raises(DecodeError) as refused:
            package.decode_ToolArguments(wrong)
        assert refused.value.faults[0].pointer.startswith("/object/")
