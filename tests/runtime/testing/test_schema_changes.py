"""What a schema's change does is told from its structure, and never wrongly: our own validator is asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from mcpgen_runtime.schemas import SchemaError, compile_schema
from mcpgen_runtime.testing.schema_changes import schema_differences

STRING, INTEGER, NULL = {"type": "string"}, {"type": "integer"}, {"type": "null"}


def objects(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


#: Old, new, and what is told: the place and what it does.
CASES: list[tuple[str, Any, Any, list[tuple[str, str]]]] = [
    ("nothing", objects(a=STRING), objects(a=STRING), []),
    ("words", STRING, {**STRING, "title": "A", "description": "b", "default": "c", "format": "uri"}, []),
    ("a type more", STRING, {"type": ["string", "null"]}, [("/type", "wider")]),
    ("a type less", {"type": ["string", "null"]}, STRING, [("/type", "narrower")]),
    ("integer to number", INTEGER, {"type": "number"}, [("/type", "wider")]),
    ("number to integer", {"type": "number"}, INTEGER, [("/type", "narrower")]),
    ("any type to one", {}, STRING, [("/type", "narrower")]),
    ("a choice more", {"enum": ["a"]}, {"enum": ["a", "b"]}, [("/enum", "wider")]),
    ("a choice less", {"enum": ["a", "b"]}, {"enum": ["a"]}, [("/enum", "narrower")]),
    ("1 is 1.0 and not true", {"enum": [1, True]}, {"enum": [1.0, True]}, []),
    ("a choice of what was free", STRING, {**STRING, "enum": ["a"]}, [("/enum", "narrower")]),
    ("const to enum", {"const": "a"}, {"enum": ["a", "b"]}, [("/enum", "wider")]),
    (
        "an optional property more",
        objects(a=STRING),
        objects(a=STRING, b=INTEGER),
        [("/properties/b", "added")],
    ),
    (
        "a required property more",
        objects(),
        {**objects(b=INTEGER), "required": ["b"]},
        [("/required", "narrower"), ("/properties/b", "added")],
    ),
    ("a property less", objects(a=STRING, b=INTEGER), objects(a=STRING), [("/properties/b", "gone")]),
    (
        "a property less of a closed object",
        objects(a=STRING),
        {**objects(), "additionalProperties": False},
        [("/properties/a", "narrower"), ("/additionalProperties", "narrower")],
    ),
    (
        "a property more of a closed object",
        {**objects(), "additionalProperties": False},
        {**objects(a=STRING), "additionalProperties": False},
        [("/properties/a", "wider")],
    ),
    ("required no more", {"required": ["a"]}, {"required": []}, [("/required", "wider")]),
    ("opened", {"additionalProperties": False}, {}, [("/additionalProperties", "wider")]),
    (
        "inside",
        objects(**{"a/b": objects(c=INTEGER)}),
        objects(**{"a/b": objects(c=STRING)}),
        [("/properties/a~1b/properties/c/type", "narrower"), ("/properties/a~1b/properties/c/type", "wider")],
    ),
    ("items", {"items": STRING}, {"items": {}}, [("/items/type", "wider")]),
    (
        "bounds",
        {"minimum": 1, "maxLength": 5},
        {"minimum": 2, "maxLength": 6},
        [("/minimum", "narrower"), ("/maxLength", "wider")],
    ),
    ("minLength 0 is none", STRING, {**STRING, "minLength": 0}, []),
    ("a pattern more", STRING, {**STRING, "pattern": "a"}, [("/pattern", "narrower")]),
    ("another pattern", {"pattern": "a"}, {"pattern": "b"}, [("/pattern", "unclear")]),
    ("a multiple of it", {"multipleOf": 2}, {"multipleOf": 4}, [("/multipleOf", "narrower")]),
    ("unique now", {"uniqueItems": False}, {"uniqueItems": True}, [("/uniqueItems", "narrower")]),
    ("or null", STRING, {"anyOf": [STRING, NULL]}, [("", "wider")]),
    ("not null", {"anyOf": [STRING, NULL]}, STRING, [("", "narrower")]),
    ("another order", {"anyOf": [STRING, NULL]}, {"anyOf": [NULL, STRING]}, []),
    (
        "a branch instead",
        {"anyOf": [STRING, NULL]},
        {"anyOf": [STRING, INTEGER]},
        [("/anyOf/1/type", "narrower"), ("/anyOf/1/type", "wider")],
    ),
    (
        "a choice less, or null",
        {"anyOf": [{"enum": ["a", "b"]}, NULL]},
        {"anyOf": [{"enum": ["a"]}, NULL]},
        [("/anyOf/0/enum", "narrower")],
    ),
    (
        "what a branch has lost and another still has",
        {"anyOf": [{"enum": ["a", "b"]}, {"const": "a"}]},
        {"anyOf": [{"enum": ["b", "c"]}, {"const": "a"}]},
        [("/anyOf/0/enum", "narrower"), ("/anyOf/0/enum", "wider")],
    ),
    (
        "a branch that nobody can tell",
        {"anyOf": [STRING, {"not": {"const": 1}}]},
        {"anyOf": [STRING, {"not": {"const": 2}}]},
        [("/anyOf/1/not", "unclear")],
    ),
    (
        "oneOf",
        {"oneOf": [STRING, NULL]},
        {"oneOf": [STRING, INTEGER]},
        [("/oneOf/1/type", "unclear"), ("/oneOf/1/type", "unclear")],
    ),
    ("another count", {"oneOf": [STRING]}, {"oneOf": [STRING, INTEGER]}, [("/oneOf", "unclear")]),
    ("nothing at all", STRING, False, [("", "narrower")]),
    ("not", {"not": STRING}, {"not": INTEGER}, [("/not", "unclear")]),
    ("a keyword of somebody", STRING, {**STRING, "x-mcp-header": "A"}, [("/x-mcp-header", "unclear")]),
    (
        "a reference",
        {"$defs": {"a": STRING}, **objects(x={"$ref": "#/$defs/a"})},
        {"$defs": {"b": INTEGER}, **objects(x={"$ref": "#/$defs/b"})},
        [("/properties/x/type", "narrower"), ("/properties/x/type", "wider")],
    ),
    (
        "a definition that is written out",
        {"$defs": {"a": STRING}, **objects(x={"$ref": "#/$defs/a"})},
        objects(x=STRING),
        [],
    ),
    ("a reference to nothing", {"$ref": "#/$defs/a"}, STRING, [("", "unclear")]),
    ("a reference elsewhere", {"$ref": "https://example.com/a"}, STRING, [("", "unclear")]),
    (
        "a list of itself",
        {"items": {"$ref": "#"}},
        {"items": {"$ref": "#"}, "maxItems": 3},
        [("/maxItems", "narrower")],
    ),
    ("for ever", True, {"items": {"$ref": "#"}}, []),
    (
        "behind not",
        {"$defs": {"a": STRING}, "not": {"$ref": "#/$defs/a"}},
        {"$defs": {"a": INTEGER}, "not": {"$ref": "#/$defs/a"}},
        [("/not", "unclear")],
    ),
    (
        "beside a reference",
        {"$defs": {"a": STRING}, "$ref": "#/$defs/a", "minLength": 1},
        {"$defs": {"a": INTEGER}, "$ref": "#/$defs/a", "minLength": 1},
        [("/type", "narrower"), ("/type", "wider")],
    ),
]


@pytest.mark.parametrize(("old", "new", "told"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_what_a_change_does(old: Any, new: Any, told: list[tuple[str, str]]) -> None:
    assert [(each.pointer, each.effect) for each in schema_differences(old, new)] == told


def test_choices_of_choices_are_given_up_and_said_to_be() -> None:
    def nested(depth: int, leaf: Any) -> Any:
        return (
            leaf
            if not depth
            else {"anyOf": [{"items": nested(depth - 1, leaf)}, nested(depth - 1, {"not": leaf})]}
        )

    effects = {each.effect for each in schema_differences(nested(9, STRING), nested(9, INTEGER))}
    assert "unclear" in effects


_VALUES: list[Any] = [
    None, True, False, 0, 1, 2, 1.5, -1, "", "a", "ab", [], [1], ["a"], ["a", "a"], [[]], {}, {"a": 1},
    {"a": "a"}, {"b": None}, {"a": 1, "b": "a"}, {"a": {}}, {"a": {"a": 1}}, {"c": 1},
]  # fmt: skip
_LEAVES = st.sampled_from(
    [
        True,
        False,
        {},
        STRING,
        INTEGER,
        NULL,
        {"type": "number"},
        {"type": ["string", "null"]},
        {"enum": [1, "a"]},
        {"const": 1},
        {"const": 1.0},
        {"minimum": 1},
        {"maximum": 1},
        {"exclusiveMinimum": 1},
        {"minLength": 1},
        {"maxLength": 1},
        {"pattern": "^a$"},
        {"multipleOf": 2},
        {"uniqueItems": True},
        {"maxItems": 1},
        {"minProperties": 1},
        {"required": ["a"]},
        {"$ref": "#"},
        {"type": "string", "minLength": 1},
        {"enum": [None, {}, []]},
    ]
)


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "type": st.sampled_from(["object", "array", ["object", "string"]]),
        "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
        "required": st.lists(st.sampled_from("ab"), unique=True, max_size=2),
        "additionalProperties": inner,
        "items": inner,
        "prefixItems": several,
        "anyOf": several,
        "oneOf": several,
        "allOf": several,
        "not": inner,
        "enum": st.lists(st.sampled_from(_VALUES), min_size=1, max_size=3),
    }
    return st.fixed_dictionaries({}, optional=keywords)


SCHEMAS = st.recursive(_LEAVES, _larger, max_leaves=6)


@settings(deadline=None, max_examples=400)
@given(old=SCHEMAS, new=SCHEMAS, data=st.data())
def test_what_is_not_told_does_not_happen(old: Any, new: Any, data: st.DataObject) -> None:
    if data.draw(st.booleans()) and isinstance(old, dict) and isinstance(new, dict):
        new = {**old, **new}  # alike, as two versions of one schema are
    effects = {each.effect for each in schema_differences(old, new)}
    try:
        before, after = compile_schema(old), compile_schema(new)
    except SchemaError:  # it refers to itself without end
        reject()
    for value in _VALUES:
        was, is_ = before.accepts(value), after.accepts(value)
        if not effects & {"narrower", "unclear", "added"}:
            assert is_ or not was, (old, new, value)
        if not effects & {"wider", "unclear", "gone"}:
            assert was or not is_, (old, new, value)
