"""Which types a type refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from mcpgen.ir.model import (
    AliasType,
    ArrayShape,
    MapShape,
    NamedType,
    ObjectType,
    ReferenceShape,
    Shape,
    UnionShape,
)


def references(named: NamedType) -> tuple[str, ...]:
    """The names of the types that a value of this type may hold, or be, without any other between."""
    return tuple(dict.fromkeys(name for shape in _shapes(named) for name in _inside(shape)))


def is_references(named: NamedType) -> tuple[str, ...]:
    """Of those, only the types that the value itself may be: an alias's target, a union's members."""
    if isinstance(named, ObjectType):
        return ()
    return tuple(shape.name for shape in _shapes(named) if isinstance(shape, ReferenceShape))


def reached(
    name: str,
    types: Mapping[str, NamedType],
    *,
    by: Callable[[NamedType], tuple[str, ...]] = references,
) -> frozenset[str]:
    """The names of all types that a value of the type `name` may hold, at whatever depth.

    By `is_references`, of those that the value itself may be. `name` is among them where it comes to itself.
    """
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for target in by(types[waiting.pop()]):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return frozenset(found)


def _shapes(named: NamedType) -> tuple[Shape, ...]:
    if isinstance(named, ObjectType):
        return tuple(field.shape for field in named.fields)
    return (named.target,) if isinstance(named, AliasType) else named.members


def _inside(shape: Shape) -> Iterator[str]:
    match shape:
        case ReferenceShape(name):
            yield name
        case ArrayShape(items):
            yield from _inside(items)
        case MapShape(values):
            yield from _inside(values)
        case UnionShape(members):
            for member in members:
                yield from _inside(member)
