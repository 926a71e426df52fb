"""One type of the IR, for people: a table of its keys, or what it stands for, and who uses it."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mcpgen.ir.model import (
    AliasType,
    ArrayShape,
    Field,
    IntegerShape,
    LiteralShape,
    MapShape,
    NamedType,
    NumberShape,
    ObjectType,
    ReferenceShape,
    Revision,
    Shape,
    StringShape,
    UnionShape,
    UnionType,
)


def type_view(named: NamedType, revision: Revision) -> RenderableType:
    """What `mcpgen schema show` prints for `named`, a type of `revision`."""
    what = {ObjectType: "object", UnionType: "union", AliasType: "alias"}[type(named)]
    heading = Text.assemble(
        (named.name, "bold"), f"  {what} of {revision.name}  {named.pointer or 'methods.toml'}"
    )
    parts: list[RenderableType] = [heading, ""]
    if isinstance(named, ObjectType):
        parts.append(_keys(named.fields))
    elif isinstance(named, UnionType):
        parts.extend(Text(f"  {describe(member)}") for member in named.members)
    else:
        parts.append(Text(f"  {describe(named.target)}"))
    for method in revision.methods:
        uses = [
            role
            for role, name in (
                ("message", method.message),
                ("params", method.params),
                ("result", method.result),
            )
            if name == named.name
        ]
        if uses:
            parts.append(Text(f"\n{', '.join(uses)} of {method.name} ({method.direction} {method.kind})"))
    return Group(*parts)


def _keys(fields: tuple[Field, ...]) -> Table:
    table = Table(box=None, pad_edge=True)
    for heading in ("key", "", "holds", "attribute"):
        table.add_column(heading)
    for field in sorted(fields, key=lambda field: not field.required):
        presence = "required" if field.required else "optional"
        attribute = field.attribute if field.attribute != field.name else ""
        table.add_row(Text(field.name), presence, Text(describe(field.shape)), Text(attribute))
    return table


def describe(shape: Shape) -> str:
    """A shape in one line: `list of ContentBlock`, `number from 0 to 1`, `"user" or "assistant"`."""
    match shape:
        case ReferenceShape(name):
            return name
        case LiteralShape(values):
            return " or ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in values)
        case ArrayShape(items, min_items, max_items):
            return f"list of {describe(items)}{_range(min_items, max_items)}"
        case MapShape(values):
            return f"object of {describe(values)}"
        case StringShape(format):
            return f"string ({format})" if format else "string"
        case IntegerShape(minimum, maximum):
            return f"integer{_range(minimum, maximum)}"
        case NumberShape(minimum, maximum):
            return f"number{_range(minimum, maximum)}"
        case UnionShape(members):
            return " or ".join(describe(member) for member in members)
        case _:
            return {
                "AnyShape": "any value",
                "JsonShape": "any JSON value",
                "NullShape": "null",
                "BooleanShape": "boolean",
            }[type(shape).__name__]


def _range(low: float | None, high: float | None) -> str:
    return (f" from {low}" if low is not None else "") + (f" to {high}" if high is not None else "")
