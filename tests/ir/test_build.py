"""From schemas to the IR: what is lifted, merged, seen through and refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcpgen.errors import SchemaError
from mcpgen.ir.build import build_revision
from mcpgen.ir.model import (
    AliasType,
    AnyShape,
    ArrayShape,
    IntegerShape,
    JsonShape,
    LiteralShape,
    MapShape,
    NullShape,
    ObjectType,
    ReferenceShape,
    Revision,
    StringShape,
    UnionShape,
    UnionType,
)
from mcpgen.ir.naming import snake_case
from mcpgen.schema.normalise import DIALECT
from mcpgen.schema.room import SchemaRoom

STRING = {"type": "string"}


def build(tmp_path: Path, methods: str = "", **definitions: Any) -> Revision:
    (tmp_path / "2027-01-01.json").write_text(json.dumps({"$schema": DIALECT, "$defs": definitions}))
    (tmp_path / "methods.toml").write_text(methods)
    return build_revision(SchemaRoom(tmp_path), "2027-01-01")


def obj(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def test_inline_objects_are_named_after_where_they_stand(tmp_path: Path) -> None:
    revision = build(
        tmp_path,
        A=obj(
            one=obj(x=STRING),
            _meta=obj(y=STRING),
            many={"type": "array", "items": obj(z=STRING)},
            byName={"type": "object", "additionalProperties": obj(w=STRING)},
        ),
    )
    lifted = [named.name for named in revision.types if isinstance(named, ObjectType) and named.lifted]
    assert lifted == ["AByNameValue", "AManyItem", "AMeta", "AOne"]
    assert [named.pointer for named in revision.types if named.name == "AManyItem"] == [
        "/$defs/A/properties/many/items"
    ]


def test_a_lifted_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="two types would be called 'AOne'"):
        build(tmp_path, A=obj(one=obj(x=STRING)), AOne=obj(y=STRING))


def test_all_of_is_merged_key_by_key(tmp_path: Path) -> None:
    revision = build(
        tmp_path,
        Error=obj("code", "message", code={"type": "integer"}, message=STRING, data={}),
        Special={
            "allOf": [
                {"$ref": "#/$defs/Error"},
                obj("code", "data", code={"type": "integer", "const": -1}, data=STRING),
            ]
        },
    )
    special = revision.type("Special")
    assert isinstance(special, ObjectType)
    assert [(field.name, field.shape, field.required) for field in special.fields] == [
        ("code", LiteralShape((-1,)), True),
        ("data", StringShape(), True),
        ("message", StringShape(), True),
    ]


def test_a_type_that_accepts_every_json_value_by_a_long_way_round_is_just_that(tmp_path: Path) -> None:
    scalars = {"type": ["string", "number", "boolean", "null"]}
    value: dict[str, Any] = {
        "anyOf": [{"$ref": "#/$defs/Object"}, {"type": "array", "items": {"$ref": "#/$defs/Value"}}, scalars]
    }
    mapping = {"type": "object", "additionalProperties": {"$ref": "#/$defs/Value"}}
    assert build(tmp_path, Value=value, Object=mapping).type("Value") == AliasType(
        "Value", "/$defs/Value", JsonShape()
    )
    scalars["type"] = ["string", "number", "boolean"]
    assert isinstance(build(tmp_path, Value=value, Object=mapping).type("Value"), UnionType)
    scalars["type"] = ["string", "integer", "boolean", "null"]
    assert isinstance(build(tmp_path, Value=value, Object=mapping).type("Value"), UnionType)


def test_null_is_seen_through_references(tmp_path: Path) -> None:
    revision = build(
        tmp_path,
        A=obj(
            "b",
            a={"$ref": "#/$defs/N"},
            b={"$ref": "#/$defs/N"},
            c=STRING,
            d={},
            e={"type": ["integer", "null"]},
        ),
        N={"anyOf": [STRING, {"type": "null"}]},
    )
    a = revision.type("A")
    assert isinstance(a, ObjectType)
    assert {field.name: field.nullable for field in a.fields} == {
        "a": True,
        "b": True,
        "c": False,
        "d": True,
        "e": True,
    }
    assert revision.type("N") == UnionType("N", "/$defs/N", (StringShape(), NullShape()))


def test_shapes_keep_bounds_formats_and_order(tmp_path: Path) -> None:
    revision = build(
        tmp_path,
        A={"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 9}, "maxItems": 3},
        B={"type": ["string", "integer"], "format": "uri", "minimum": 1},
        C={"type": "object", "additionalProperties": {"$ref": "#/$defs/A"}},
        D={"type": "object"},
    )
    assert [(named.name, getattr(named, "target", None)) for named in revision.types] == [
        ("A", ArrayShape(IntegerShape(0, 9), None, 3)),
        ("B", None),
        ("C", MapShape(ReferenceShape("A"))),
        ("D", MapShape(AnyShape())),
    ]
    assert revision.type("B") == UnionType("B", "/$defs/B", (StringShape("uri"), IntegerShape(1, None)))


def test_several_results_become_a_union_of_their_own(tmp_path: Path) -> None:
    methods = """
        [[method]]
        revision = "2027-01-01"
        name = "do"
        direction = "client-to-server"
        kind = "request"
        message = "DoRequest"
        results = ["DoResult", "Later"]
    """
    definitions = {
        "DoRequest": obj("method", method={"const": "do", "type": "string"}),
        "DoResult": obj("x", x=STRING),
        "Later": obj("y", y=STRING),
    }
    revision = build(tmp_path, methods, **definitions)
    members = (ReferenceShape("DoResult"), ReferenceShape("Later"))
    assert revision.type("DoAnswer") == UnionType("DoAnswer", "", members)
    assert revision.methods[0].result == "DoAnswer"
    with pytest.raises(SchemaError, match="need the name 'DoAnswer', which is taken"):
        build(tmp_path, methods, **definitions, DoAnswer=STRING)


@pytest.mark.parametrize(
    ("definitions", "message"),
    [
        ({"not a name": STRING}, "'not a name' cannot be the name of a class"),
        ({"class": STRING}, "'class' cannot be the name of a class"),
        ({"A": {"minimum": 1}}, r"'minimum' beside type None at /\$defs/A"),
        ({"A": {"properties": {"x": STRING}}}, "keys of an object that may be something else"),
        ({"A": {"type": "object", "required": ["x"]}}, "keys of an object that .* has no properties"),
        (
            {"A": {**obj(x=STRING), "type": ["object", "null"]}},
            "keys of an object that may be something else",
        ),
        ({"A": {"anyOf": [STRING], "type": "string"}}, r"'type' beside anyOf at /\$defs/A"),
        ({"A": obj(x={"type": "string", "minimum": 1})}, "'minimum' beside type 'string'"),
        ({"A": {"enum": ["a"], "minItems": 1}}, "'minItems' beside enum"),
        ({"A": {"const": {}}}, "a constant that is an object or an array"),
        ({"A": False}, "a schema that accepts nothing"),
        ({"A": obj("missing", x=STRING)}, "required key 'missing' has no schema at"),
        ({"A": obj(fooBar=STRING, foo_bar=STRING)}, "two keys of A would both be the attribute 'foo_bar'"),
        (
            {"A": {**obj(x=STRING), "additionalProperties": STRING}},
            "both known keys and a schema for the others",
        ),
        ({"A": {"allOf": [STRING]}}, "an allOf of anything but objects with open ends"),
        (
            {"A": {"allOf": [obj(x=STRING), obj(x={"type": "integer"})]}},
            "two schemas for one key, of which neither implies the other",
        ),
    ],
)
def test_what_the_ir_has_no_word_for_is_refused_with_its_place(
    tmp_path: Path, definitions: dict[str, Any], message: str
) -> None:
    with pytest.raises(SchemaError, match=message):
        build(tmp_path, **definitions)


@pytest.mark.parametrize(
    ("key", "attribute"),
    [
        ("inputSchema", "input_schema"),
        ("_meta", "meta"),
        ("$schema", "schema"),
        ("io.modelcontextprotocol/clientInfo", "client_info"),
        ("ttlMs", "ttl_ms"),
        ("jsonrpc", "jsonrpc"),
        ("anyOf", "any_of"),
        ("from", "from_"),
        ("extra", "extra_"),
        ("URL", "url"),
        ("websiteUrl", "website_url"),
        ("JSONValue", "json_value"),
        ("2nd", "field_2_nd"),
        ("日本", "field"),
    ],
)
def test_keys_become_attributes_the_same_way_every_time(key: str, attribute: str) -> None:
    assert snake_case(key) == attribute


def test_no_type_of_any_revision_has_a_number_in_its_name(project_root: Path) -> None:
    room = SchemaRoom(project_root / "schema")
    for name in room.revisions:
        revision = build_revision(room, name)
        assert not [named.name for named in revision.types if any(letter.isdigit() for letter in named.name)]
        assert not any(
            isinstance(member, UnionShape)
            for named in revision.types
            if isinstance(named, UnionType)
            for member in named.members
        )
