"""From the IR back to JSON Schema, in the dialect that datamodel-code-generator reads best.

Every named type of the IR is a definition under its own name, inline objects included, so that the
generator never has to invent one. Three things are said in the generator's own words:

- numbers are `customTypePath`s to `Integer` and `Number` of the prelude, because neither strict nor lax
  pydantic numbers are JSON Schema's, and arbitrary JSON to `Json`, which has such numbers inside;
- where constants tell the members of a union apart, it has a `discriminator`;
- a required constant carries itself as its default, for constructors.

`format` becomes `x-format`, an annotation: under its own name the generator would enforce it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from mcpgen.errors import SchemaError
from mcpgen.ir.dispatch import dispatch
from mcpgen.ir.model import (
    AliasType,
    AnyShape,
    ArrayShape,
    BooleanShape,
    IntegerShape,
    JsonShape,
    LiteralShape,
    MapShape,
    NamedType,
    NullShape,
    NumberShape,
    ObjectType,
    ReferenceShape,
    Revision,
    Scalar,
    Shape,
    StringShape,
    UnionShape,
    UnionType,
)
from mcpgen.ir.naming import pascal_case

JsonSchema = dict[str, Any]


def json_schema(revision: Revision, *, prelude: str) -> JsonSchema:
    """A 2020-12 schema with one definition for each type of `revision`, and one for each tagged union inside.

    `prelude` is the module that `Integer`, `Number` and `Json` come from. Raises `SchemaError` where two
    definitions would have one name, and for a constant that pydantic cannot match exactly.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": _Writer(revision, prelude).definitions(),
    }


class _Writer:
    """Writes types and shapes; `name` is always what a shape would be called if it had to have a name."""

    def __init__(self, revision: Revision, prelude: str) -> None:
        self.types = {named.name: named for named in revision.types}
        self.unions = {named.members: named.name for named in revision.types if isinstance(named, UnionType)}
        self.prelude = prelude
        self.lifted: JsonSchema = {}

    def definitions(self) -> JsonSchema:
        own = {name: self.named(named) for name, named in self.types.items()}
        twice = sorted(own.keys() & self.lifted.keys())
        if twice:
            raise SchemaError(
                f"the models would have two definitions called {twice[0]!r}, one a union inside a type",
                hint="choose another name for it in mcpgen.emit.models.json_schema",
            )
        return own | self.lifted

    def named(self, named: NamedType) -> JsonSchema:
        match named:
            case ObjectType():
                return self.object(named)
            case UnionType(name, _, members):
                return self.union(members, name)
            case AliasType(name, _, target):
                return self.shape(target, name)
            case _:
                assert_never(named)

    def object(self, named: ObjectType) -> JsonSchema:
        properties = {}
        for field in named.fields:
            properties[field.name] = self.shape(field.shape, named.name + pascal_case(field.name))
            if field.required and isinstance(field.shape, LiteralShape) and len(field.shape.values) == 1:
                properties[field.name]["default"] = field.shape.values[0]
        return {
            "type": "object",
            "properties": properties,
            "required": [field.name for field in named.fields if field.required],
        }

    def shape(self, shape: Shape, name: str) -> JsonSchema:
        match shape:
            case AnyShape():
                return {}
            case JsonShape():
                return {"customTypePath": f"{self.prelude}.Json"}
            case NullShape():
                return {"type": "null"}
            case BooleanShape():
                return {"type": "boolean"}
            case StringShape(format_):
                return {"type": "string"} | _present({"x-format": format_})
            case IntegerShape():
                return {"customTypePath": f"{self.prelude}.Integer"} | _bounds(shape)
            case NumberShape():
                return {"customTypePath": f"{self.prelude}.Number"} | _bounds(shape)
            case LiteralShape(values):
                return self.literal(values, name)
            case ArrayShape(items, min_items, max_items):
                bounds = {"minItems": min_items, "maxItems": max_items}
                return {"type": "array", "items": self.inner(items, f"{name}Item")} | _present(bounds)
            case MapShape(values):
                return {"type": "object", "additionalProperties": self.inner(values, f"{name}Value")}
            case ReferenceShape(target):
                return {"$ref": f"#/$defs/{target}"}
            case UnionShape(members):
                return self.union(members, name)
            case _:
                assert_never(shape)

    def literal(self, values: tuple[Scalar, ...], name: str) -> JsonSchema:
        # To `Literal[1]` true is 1, and `Literal[1.5]` is no type: constants that need more than a `Literal`.
        odd = [value for value in values if not isinstance(value, str | int) or value in (0, 1)]
        if odd:
            raise SchemaError(
                f"the pydantic models cannot tell the constant {odd[0]!r} of {name} from its likes",
                hint="give such constants a type of their own in mcpgen.emit.models.prelude",
            )
        return {"const": values[0]} if len(values) == 1 else {"enum": list(values)}

    def union(self, members: Sequence[Shape], name: str) -> JsonSchema:
        """The members; those that are objects become one, where a tag tells them apart."""
        objects = tuple(member for member in members if self.is_object(member))
        tag = self.tag(objects)
        if tag is None:
            return {"anyOf": [self.shape(member, name) for member in members]}
        if objects == members:
            return {
                "anyOf": [self.shape(member, name) for member in members],
                "discriminator": {"propertyName": tag},
            }
        others = [self.shape(member, name) for member in members if member not in objects]
        return {"anyOf": [self.inner(UnionShape(objects), f"{name}Object"), *others]}

    def inner(self, shape: Shape, name: str) -> JsonSchema:
        """A shape inside a list, a map or a union: there the generator would name a tagged union itself."""
        schema = self.shape(shape, name)
        if not isinstance(shape, UnionShape) or "discriminator" not in schema:
            return schema
        target = self.unions.get(shape.members)
        if target is None:
            target = name
            self.lifted[name] = schema
        return {"$ref": f"#/$defs/{target}"}

    def is_object(self, shape: Shape) -> bool:
        return isinstance(shape, ReferenceShape) and isinstance(self.types[shape.name], ObjectType)

    def tag(self, objects: tuple[Shape, ...]) -> str | None:
        """The key whose constant decides between `objects`, so that looking at one is looking at all."""
        if len(objects) < 2:
            return None
        plan = dispatch(objects, self.types)
        decides = not plan.untagged and all(len(candidates) == 1 for _, candidates in plan.cases)
        return plan.tag if decides else None


def _bounds(shape: IntegerShape | NumberShape) -> JsonSchema:
    return _present({"minimum": shape.minimum, "maximum": shape.maximum})


def _present(keywords: Mapping[str, float | str | None]) -> JsonSchema:
    return {keyword: value for keyword, value in keywords.items() if value is not None}
