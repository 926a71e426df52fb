"""The last step from an author's schemas to types: what can only be said once all of them are known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mcpgen.ir.defaults import expressible
from mcpgen.ir.dispatch import resolve
from mcpgen.ir.model import (
    AliasType,
    AnyShape,
    ArrayShape,
    Field,
    JsonShape,
    LiteralShape,
    MapShape,
    NamedType,
    NullShape,
    ObjectType,
    Shape,
    UnionShape,
    UnionType,
)
from mcpgen.ir.references import references
from mcpgen.ir.universal import universal_types


@dataclass(frozen=True, slots=True)
class Settled:
    """The types, and the names of those that accept more than their schemas do."""

    types: tuple[NamedType, ...]
    loose: frozenset[str]


def settle(types: Mapping[str, NamedType], loose: frozenset[str]) -> Settled:
    """`types`, of which those in `loose` say less than their schemas.

    Whoever holds a loose type is loose. A union with a member that takes everything takes everything. A
    field learns whether null is a value of it, and loses a default that no class can have.
    """
    universal = universal_types(types)
    known = {
        name: AliasType(name, named.pointer, JsonShape()) if name in universal else named
        for name, named in types.items()
    }
    known, opened = _opened(known)
    final = tuple(_with_fields(known[name], known) for name in sorted(known))
    return Settled(final, _holders(types, loose | opened))


def _holders(types: Mapping[str, NamedType], loose: frozenset[str]) -> frozenset[str]:
    """The names in `loose`, and of every type that may hold one of them at whatever depth."""
    held_by: dict[str, list[str]] = {}
    for name, named in types.items():
        for target in references(named):
            held_by.setdefault(target, []).append(name)
    found = set(loose)
    waiting = list(loose)
    while waiting:
        for holder in held_by.get(waiting.pop(), ()):
            if holder not in found:
                found.add(holder)
                waiting.append(holder)
    return frozenset(found)


def _opened(types: dict[str, NamedType]) -> tuple[dict[str, NamedType], frozenset[str]]:
    """The types without unions that one member makes pointless, and the names of those that had one."""
    opened: set[str] = set()
    while True:
        changed = {name: _open(named, types) for name, named in types.items()}
        if changed == types:
            return types, frozenset(opened)
        opened.update(name for name, named in changed.items() if named != types[name])
        types = changed


def _open(named: NamedType, types: Mapping[str, NamedType]) -> NamedType:
    match named:
        case ObjectType():
            fields = tuple(replace(field, shape=_open_shape(field.shape, types)) for field in named.fields)
            return replace(named, fields=fields)
        case UnionType(name, pointer, members):
            shape = _open_shape(UnionShape(members), types)
            return (
                UnionType(name, pointer, shape.members)
                if isinstance(shape, UnionShape)
                else AliasType(name, pointer, shape)
            )
        case _:
            return replace(named, target=_open_shape(named.target, types))


def _open_shape(shape: Shape, types: Mapping[str, NamedType]) -> Shape:
    match shape:
        case ArrayShape(items):
            return replace(shape, items=_open_shape(items, types))
        case MapShape(values):
            return MapShape(_open_shape(values, types))
        case UnionShape(members):
            if any(isinstance(leaf, AnyShape | JsonShape) for leaf in _leaves(shape, types)):
                return AnyShape()
            return UnionShape(tuple(_open_shape(member, types) for member in members))
        case _:
            return shape


def _leaves(shape: Shape, types: Mapping[str, NamedType]) -> list[Shape]:
    shape = resolve(shape, types)
    if isinstance(shape, UnionShape):
        return [leaf for member in shape.members for leaf in _leaves(member, types)]
    return [shape]


def _with_fields(named: NamedType, types: Mapping[str, NamedType]) -> NamedType:
    if not isinstance(named, ObjectType):
        return named
    return replace(named, fields=tuple(_settled(field, types) for field in named.fields))


def _settled(field: Field, types: Mapping[str, NamedType]) -> Field:
    default = field.default
    if default is not None and not expressible(field.shape, json.loads(default), types):
        default = None
    return replace(field, nullable=_takes_null(field.shape, types), default=default)


def _takes_null(shape: Shape, types: Mapping[str, NamedType]) -> bool:
    for leaf in _leaves(shape, types):
        match leaf:
            case NullShape() | AnyShape() | JsonShape():
                return True
            case LiteralShape(values) if None in values:
                return True
    return False
