"""Schemas that are wrong, endless, or larger than anybody would write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.stubs.generated import imported, stubs_of, tool

from mcpgen.errors import InvalidDefinition


def nested(depth: int, wrap: Any, innermost: Any) -> Any:
    """`innermost`, wrapped so many times."""
    for _ in range(depth):
        innermost = wrap(innermost)
    return innermost


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (
            {"properties": {"a": {"$ref": "https://example.com/schema.json"}}},
            "another document, and none is fetched",
        ),
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, "leads nowhere"),
        ({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"$ref": "#/$defs/A"}}}, "without end"),
        ({"properties": {"a": {"type": "strnig"}}}, "strnig"),
        ({"properties": {"a": {"enum": "x"}}}, "enum"),
    ],
)
def test_schema_that_is_none_is_refused_with_its_place(
    schema: dict[str, Any], told: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidDefinition, match=told) as refused:
        stubs_of({"tools": [tool(schema)]}, tmp_path)
    assert "server.mcp.json:1:" in refused.value.message
    assert "/tools/0/inputSchema" in refused.value.message


@pytest.mark.parametrize(
    ("wrap", "innermost", "value"),
    [
        (lambda inner: {"type": "array", "items": inner}, {"type": "integer"}, lambda inner: [inner]),
        (
            lambda inner: {"additionalProperties": inner, "type": "object"},
            {"type": "integer"},
            lambda i: {"k": i},
        ),
        (
            lambda inner: {"type": "object", "properties": {"a": inner}, "required": ["a"]},
            {"type": "integer"},
            lambda inner: {"a": inner},
        ),
        (lambda inner: {"anyOf": [{"type": "null"}, inner]}, {"type": "integer"}, lambda inner: inner),
        (lambda inner: {"allOf": [{"description": "x"}, inner]}, {"type": "integer"}, lambda inner: inner),
    ],
    ids=["lists", "maps", "objects", "unions", "conjunctions"],
)
def test_schema_that_nests_deep_is_generated_and_exact(
    wrap: Any, innermost: Any, value: Any, tmp_path: Path
) -> None:
    schema = {"properties": {"deep": nested(30, wrap, innermost)}, "required": ["deep"]}
    package = imported(stubs_of({"tools": [tool(schema)]}, tmp_path), tmp_path)
    good, bad = ({"deep": nested(30, value, leaf)} for leaf in (7, "seven"))
    assert package.encode_TryArguments(package.decode_TryArguments(good)) == good
    with pytest.raises(ValueError, match="an integer, found string 'seven'"):
        package.decode_TryArguments(bad)


def test_definitions_that_lead_to_each_other_in_a_long_chain_are_exact(tmp_path: Path) -> None:
    kinds: list[Callable[[Any], Any]] = [
        lambda inner: {"type": "array", "items": inner},
        lambda inner: {"anyOf": [inner, {"type": "null"}]},
    ]
    for number, kind in enumerate(kinds):
        defs = {f"D{index}": kind({"$ref": f"#/$defs/D{index + 1}"}) for index in range(60)}
        schema = {
            "properties": {"deep": {"$ref": "#/$defs/D0"}},
            "$defs": {**defs, "D60": {"type": "integer"}},
        }
        directory = tmp_path / str(number)
        directory.mkdir()
        package = imported(stubs_of({"tools": [tool(schema)]}, directory), directory)
        value = {"deep": nested(60 if number == 0 else 0, lambda inner: [inner], 7)}
        assert package.encode_TryArguments(package.decode_TryArguments(value)) == value
        with pytest.raises(ValueError, match="TryArguments"):
            package.decode_TryArguments({"deep": "seven"})


def test_merging_that_could_go_on_for_ever_ends(tmp_path: Path) -> None:
    def both(*names: str) -> dict[str, Any]:
        return {"allOf": [{"$ref": f"#/$defs/{name}"} for name in names]}

    defs = {
        name: {"type": "object", "properties": {"next": both(name, other), name: {"type": "integer"}}}
        for name, other in (("A", "B"), ("B", "C"), ("C", "A"))
    }
    stubs = stubs_of({"tools": [tool({"properties": {"a": both("A", "B")}, "$defs": defs})]}, tmp_path)
    package = imported(stubs, tmp_path)
    value = {"a": {"A": 1, "next": {"B": 2, "next": {"C": 3}}}}
    assert package.encode_TryArguments(package.decode_TryArguments(value)) == value
    with pytest.raises(ValueError, match="/a/next/next/C"):
        package.decode_TryArguments({"a": {"next": {"next": {"C": "3"}}}})


def test_large_enums_unions_and_objects_are_generated(tmp_path: Path) -> None:
    wide = {f"key{number}": {"type": "integer"} for number in range(400)}
    lists = [{"type": "array", "items": {"const": number}, "minItems": 1} for number in range(40)]
    schema = {
        "properties": {
            "enum": {"enum": [f"value {number}" for number in range(3000)]},
            "lists": {"anyOf": lists},
            "wide": {"type": "object", "properties": wide, "required": list(wide)},
        }
    }
    package = imported(stubs_of({"tools": [tool(schema)]}, tmp_path), tmp_path)
    value = {"enum": "value 2999", "lists": [39, 39], "wide": dict.fromkeys(wide, 1)}
    assert package.encode_TryArguments(package.decode_TryArguments(value)) == value
    wrongs: tuple[dict[str, Any], ...] = ({"enum": "value"}, {"lists": [39, 38]}, {"wide": {}})
    for wrong in wrongs:
        with pytest.raises(ValueError, match="TryArguments"):
            package.decode_TryArguments(wrong)


def test_exponents_and_digits_without_end_are_numbers_like_any_other(tmp_path: Path) -> None:
    schema = {
        "properties": {
            "a": {"type": "integer", "minimum": -(10**390), "maximum": 10**390},
            "b": {"const": 10**390},
            "c": {"type": "array", "maxItems": 10**390},
        }
    }
    package = imported(stubs_of({"tools": [tool(schema)]}, tmp_path), tmp_path)
    value = {"a": 10**390, "b": 10**390, "c": [1]}
    assert package.encode_TryArguments(package.decode_TryArguments(value)) == value
    wrongs: tuple[dict[str, Any], ...] = ({"a": 10**390 + 1}, {"b": 1})
    for wrong in wrongs:
        with pytest.raises(ValueError, match="TryArguments"):
            package.decode_TryArguments(wrong)


def test_arguments_may_be_of_types_that_are_no_classes(tmp_path: Path) -> None:
    maps = [{"additionalProperties": {"type": kind}} for kind in ("integer", "string")]
    package = imported(stubs_of({"tools": [tool({"anyOf": maps})]}, tmp_path), tmp_path)
    for value in ({}, {"a": 1}, {"a": "1"}):
        assert package.encode_TryArguments(package.decode_TryArguments(value)) == value
    with pytest.raises(ValueError, match="TryArguments"):
        package.decode_TryArguments({"a": 1, "b": "1"})
