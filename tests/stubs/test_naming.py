"""What generated classes are called: predictably, and so that Python takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.stubs.generated import imported, stubs_of, tool

_NOTE = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


def names(definition: dict[str, Any], directory: Path) -> set[str]:
    """The types of a definition."""
    return {named.name for named in stubs_of(definition, directory).types}


def test_definitions_that_say_the_same_are_one_type_for_all_tools(tmp_path: Path) -> None:
    get = tool({}, name="get", output={"$ref": "#/$defs/Note", "$defs": {"Note": _NOTE}})
    put = tool({"properties": {"note": {"$ref": "#/$defs/Note"}}, "$defs": {"Note": _NOTE}}, name="put")
    assert names({"tools": [get, put]}, tmp_path) == {"GetArguments", "GetResult", "Note", "PutArguments"}


def test_definitions_that_differ_are_numbered_in_the_order_of_the_definition(tmp_path: Path) -> None:
    other = {**_NOTE, "required": []}
    one, two = (
        tool({"properties": {"note": {"$ref": "#/$defs/note"}}, "$defs": {"note": note}}, name=name)
        for name, note in (("one", _NOTE), ("two", other))
    )
    assert names({"tools": [one, two]}, tmp_path) == {"OneArguments", "TwoArguments", "Note", "Note2"}


def test_definitions_that_refer_to_each_other_stay_apart(tmp_path: Path) -> None:
    defs = {
        "A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}, "x": {"type": "string"}}},
        "B": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}},
    }
    stubs = stubs_of({"tools": [tool({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": defs})]}, tmp_path)
    assert {named.name for named in stubs.types} == {"A", "B", "TryArguments"}


def test_inline_objects_are_named_after_where_they_stand(tmp_path: Path) -> None:
    members = [
        {"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"]}
        for kind in ("circle", "big-square")
    ]
    schema = {
        "properties": {
            "options": {"type": "object", "properties": {"deep": _NOTE}},
            "notes": {"type": "array", "items": _NOTE},
            "by-name": {"type": "object", "additionalProperties": _NOTE},
            "shape": {"anyOf": members},
            "either": {"anyOf": [_NOTE, {**_NOTE, "required": []}]},
        }
    }
    assert names({"tools": [tool(schema)]}, tmp_path) == {
        "TryArguments",
        "TryArgumentsOptions",
        "TryArgumentsOptionsDeep",
        "TryArgumentsNotesItem",
        "TryArgumentsByNameValue",
        "TryArgumentsShapeCircle",
        "TryArgumentsShapeBigSquare",
        "TryArgumentsEither",
        "TryArgumentsEither2",
    }


def test_no_type_hides_what_the_modules_need(tmp_path: Path) -> None:
    taken = ["any", "Wire", "Handlers", "int", "Exception", "None", "CallToolResult", "UNSET", "TypedClient"]
    schema = {
        "properties": {name: {"$ref": f"#/$defs/{name}"} for name in taken},
        "$defs": {name: _NOTE | {"description": name} for name in taken},
    }
    definition = {"tools": [tool(schema)]}
    stubs = stubs_of(definition, tmp_path)
    found = {named.name for named in stubs.types} - {"TryArguments"}
    assert found == {
        *("AnyType", "WireType", "HandlersType", "Int", "ExceptionType", "NoneType", "CallToolResultType"),
        *("UNSETType", "TypedClientType"),
    }
    package = imported(stubs, tmp_path)
    assert package.decode_TryArguments({"Wire": {"text": "x"}}).wire.text == "x"
