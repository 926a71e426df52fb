"""Questions about shapes that two revisions are compared by."""

from __future__ import annotations

from collections.abc import Mapping

from mcpgen.ir.dispatch import resolve
from mcpgen.ir.model import (
    AnyShape,
    IntegerShape,
    JsonShape,
    LiteralShape,
    NamedType,
    NumberShape,
    ObjectType,
    ReferenceShape,
    Shape,
    StringShape,
)

Bounds = tuple[float | None, float | None]


def is_part(source: Shape, target: Shape) -> bool:
    """Whether every value of `source`, neither of them a union or a named type, is one of `target`."""
    match source, target:
        case LiteralShape(values), LiteralShape(others):
            return set(values) <= set(others)
        case LiteralShape(values), StringShape():
            return all(isinstance(value, str) for value in values)
        case ((IntegerShape() | NumberShape()), NumberShape()):
            return looser((source.minimum, source.maximum), (target.minimum, target.maximum))
        case IntegerShape(), IntegerShape():
            return looser((source.minimum, source.maximum), (target.minimum, target.maximum))
        case StringShape(), StringShape():
            return True
        case _, (AnyShape() | JsonShape()):
            return True
        case _:
            return source == target


def looser(source: Bounds, target: Bounds) -> bool:
    """Whether `target` bounds nothing (minimum, maximum) that `source` leaves open."""
    (low, high), (lowest, highest) = source, target
    return (lowest is None or (low is not None and low >= lowest)) and (
        highest is None or (high is not None and high <= highest)
    )


def tags(named: NamedType, types: Mapping[str, NamedType]) -> frozenset[tuple[str, object]]:
    """The keys of an object type that are one constant string, with it."""
    tags = set()
    for field in named.fields if isinstance(named, ObjectType) else ():
        shape = resolve(field.shape, types)
        if isinstance(shape, LiteralShape) and len(shape.values) == 1:
            tags.add((field.name, shape.values[0]))
    return frozenset(tags)


def words(shape: Shape) -> str:
    """A shape in a few words."""
    match shape:
        case ReferenceShape(name):
            return name
        case LiteralShape(values):
            return " or ".join(map(repr, values))
        case _:
            return type(shape).__name__.removesuffix("Shape").lower()
