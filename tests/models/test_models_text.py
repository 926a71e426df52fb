"""The text of models.py: complete, in the definitions' own names, and the same every time."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest
from pydantic import BaseModel

from mcpgen.emit.models import BASE_MODEL_ATTRIBUTES, emit_models
from mcpgen.emit.models.source import ModuleText, merged_imports, renamed
from mcpgen.errors import SchemaError
from mcpgen.ir.model import (
    AliasType,
    ArrayShape,
    Field,
    IntegerShape,
    LiteralShape,
    ObjectType,
    ReferenceShape,
    Revision,
    StringShape,
    UnionShape,
    UnionType,
)


def small(*types: Any) -> Revision:
    return Revision("2030-01-01", "0" * 64, tuple(types), ())


def test_every_definition_of_the_schema_is_there(schema: dict[str, Any], models: Any) -> None:
    assert schema["$defs"].keys() <= models.DEFINITIONS.keys()


def test_every_type_of_the_ir_has_its_own_name(revision: Revision, models: Any) -> None:
    assert list(models.DEFINITIONS) == [named.name for named in revision.types]
    for name, definition in models.DEFINITIONS.items():
        assert getattr(models, name) is definition
    for named in revision.types:
        if isinstance(named, ObjectType):
            assert models.DEFINITIONS[named.name].__name__ == named.name


def test_no_name_is_numbered(models: Any) -> None:
    assert not [name for name in vars(models) if re.search(r"\d$", name)]


def test_attributes_are_those_of_the_wire_types(revision: Revision, models: Any) -> None:
    for named in revision.types:
        if isinstance(named, ObjectType):
            fields = models.DEFINITIONS[named.name].model_fields
            expected = {
                field.name: field.attribute + ("_" if field.attribute in BASE_MODEL_ATTRIBUTES else "")
                for field in named.fields
            }
            assert {info.alias or name: name for name, info in fields.items()} == expected


def test_no_field_can_shadow_an_attribute_of_base_model() -> None:
    assert {name for name in dir(BaseModel) if not name.startswith("_")} <= BASE_MODEL_ATTRIBUTES


def test_text_is_deterministic(revision: Revision, text: str) -> None:
    assert emit_models(revision) == text


def test_nothing_of_the_generator_is_imported(text: str) -> None:
    imported = {
        (node.module or "").partition(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom)
    }
    assert imported == {
        "__future__",
        "collections",
        "math",
        "pydantic",
        "pydantic_core",
        "typing",
        "typing_extensions",
    }


def test_a_type_called_like_an_import_keeps_its_name(import_models: Any) -> None:
    models = import_models("2024-11-05")
    value = {"annotations": {"priority": 1}}
    assert models.Annotated.__name__ == "Annotated"
    assert models.Annotated.model_validate(value).annotations.priority == 1


@pytest.mark.parametrize("name", ["Model", "Integer", "Number", "dump", "DEFINITIONS"])
def test_a_type_called_like_a_name_of_the_module_is_refused(name: str) -> None:
    with pytest.raises(SchemaError, match=f"has a type '{name}'"):
        emit_models(small(AliasType(name, "", StringShape())))


def test_a_union_in_a_list_gets_a_name_or_is_refused_where_that_is_taken() -> None:
    def tagged(name: str) -> ObjectType:
        return ObjectType(name, "", (Field("type", "type", LiteralShape((name,)), True, False),))

    items = ArrayShape(UnionShape((ReferenceShape("A"), ReferenceShape("B"))))
    listed = ObjectType("List", "", (Field("items", "items", items, True, False),))
    text = emit_models(small(tagged("A"), tagged("B"), listed))
    assert "items: list[ListItemsItem]" in text
    # A union of the same members that has a name already is that type.
    union = UnionType("Either", "", (ReferenceShape("A"), ReferenceShape("B")))
    assert "items: list[Either]" in emit_models(small(tagged("A"), tagged("B"), union, listed))
    with pytest.raises(SchemaError, match="two definitions called 'ListItemsItem'"):
        emit_models(small(tagged("A"), tagged("B"), AliasType("ListItemsItem", "", StringShape()), listed))


@pytest.mark.parametrize("value", [1, 0, True, 1.5, None])
def test_a_constant_that_a_literal_cannot_match_exactly_is_refused(value: Any) -> None:
    with pytest.raises(SchemaError, match="cannot tell the constant"):
        emit_models(small(AliasType("Constant", "", LiteralShape((value,)))))


def test_renaming_leaves_strings_comments_and_attributes_alone() -> None:
    text = 'a = b.a("a")  # a\nclass a(a): a: a\n'
    assert renamed(text, {"a": "long"}) == 'long = b.a("a")  # a\nclass long(long): long: long\n'


def test_imports_are_merged_in_order() -> None:
    one = ModuleText("from pydantic import y, Y, YY\nfrom ast import x\n\nz = 1\n")
    two = ModuleText("from __future__ import annotations\nfrom pydantic import w\nfrom gone import q\n")
    assert merged_imports([one, two], without="gone", renamed={"Y": "_Y"}).splitlines() == [
        "from __future__ import annotations",
        "",
        "from ast import x",
        "",
        "from pydantic import Y as _Y",
        "from pydantic import YY, w, y",
    ]
    assert (one.body, one.names, one.imported) == ("z = 1\n", {"z"}, {"x", "y", "Y", "YY"})


def test_bounds_hold_for_numbers_of_both_kinds(import_text: Any) -> None:
    models = import_text(
        emit_models(
            small(
                ObjectType(
                    "Bounded",
                    "",
                    (
                        Field("count", "count", IntegerShape(0, 10), False, False),
                        Field("type", "type", LiteralShape((-32700,)), True, False),
                    ),
                )
            )
        )
    )
    accepted = [0, 10, 5.0]
    refused = [-1, 11, 10**400, -1.0, 0.5, True, "1"]
    assert [models.Bounded.model_validate({"type": -32700, "count": n}).count for n in accepted] == [0, 10, 5]
    for number in refused:
        with pytest.raises(ValueError, match="count"):
            models.Bounded.model_validate({"type": -32700, "count": number})
    assert models.Bounded.model_validate({"type": -32700.0}).type == -32700
    with pytest.raises(ValueError, match="type"):
        models.Bounded.model_validate({"type": -32600.0})
