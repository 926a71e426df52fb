"""Which types accept every JSON value, though they say so by a long way round.

`JSONValue` is a union of a map of `JSONValue`, a list of `JSONValue` and all scalars. Walking such a
value by the letter of its schema costs time and stack, and finds nothing but numbers that are no JSON.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcpgen.ir.model import (
    AliasType,
    ArrayShape,
    BooleanShape,
    MapShape,
    NamedType,
    NullShape,
    NumberShape,
    ReferenceShape,
    Shape,
    StringShape,
    UnionShape,
    UnionType,
)


def universal_types(types: Mapping[str, NamedType]) -> frozenset[str]:
    """The names of the unions and aliases in `types` that accept every JSON value.

    The greatest set that is consistent: start with all candidates, strike out those that don't hold
    while the others are taken for granted, until none is struck.
    """
    universal = {name for name, named in types.items() if isinstance(named, UnionType | AliasType)}
    while True:
        holds = {name for name in universal if _accepts_all(_shape(types[name]), types, universal)}
        if holds == universal:
            return frozenset(universal)
        universal = holds


def _shape(named: NamedType) -> Shape:
    if isinstance(named, UnionType):
        return UnionShape(named.members)
    assert isinstance(named, AliasType)
    return named.target


def _accepts_all(shape: Shape, types: Mapping[str, NamedType], universal: set[str]) -> bool:
    if isinstance(shape, ReferenceShape):
        return shape.name in universal
    if not isinstance(shape, UnionShape):
        return False
    kinds: set[str] = set()
    for member in _leaves(shape, types, frozenset()):
        match member:
            case NullShape():
                kinds.add("null")
            case BooleanShape():
                kinds.add("boolean")
            case StringShape():
                kinds.add("string")
            case NumberShape(minimum=None, maximum=None):
                kinds.add("number")
            case ArrayShape(items, min_items=None, max_items=None) if _takes_all(items, universal):
                kinds.add("array")
            case MapShape(values) if _takes_all(values, universal):
                kinds.add("object")
    return kinds == {"null", "boolean", "string", "number", "array", "object"}


def _takes_all(shape: Shape, universal: set[str]) -> bool:
    return isinstance(shape, ReferenceShape) and shape.name in universal


def _leaves(shape: Shape, types: Mapping[str, NamedType], seen: frozenset[str]) -> list[Shape]:
    """The members of a union, references to unions and aliases followed."""
    if isinstance(shape, UnionShape):
        return [leaf for member in shape.members for leaf in _leaves(member, types, seen)]
    if isinstance(shape, ReferenceShape) and shape.name not in seen:
        named = types.get(shape.name)
        if isinstance(named, UnionType | AliasType):
            return _leaves(_shape(named), types, seen | {shape.name})
    return [shape]
