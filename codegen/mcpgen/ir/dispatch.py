"""How to tell the members of a union apart, decided once for all emitters.

The members are sorted by the kind of JSON value they accept. Among objects, a key whose value is a
literal in every one of them tells them apart (`type`, `method`); where there is none, they are tried
one after the other, the most demanding first, so that `Result`, which accepts every object, comes last.
Which member is chosen never decides whether a value is accepted: any that accepts it will do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mcpgen.ir.model import (
    AliasType,
    ArrayShape,
    Field,
    LiteralShape,
    MapShape,
    NamedType,
    ObjectType,
    ReferenceShape,
    Shape,
    UnionShape,
)

Container = TypeVar("Container", ArrayShape, MapShape)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An object type to try, and the keys without which it need not be tried."""

    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The members of a union, sorted.

    `tag` is the key that tells the objects apart and `cases` the values of it with their candidates;
    `untagged` are those to try where the key is absent, or, without a tag, all of them in order.
    `arrays` and `maps` are the members of those kinds, `scalars` the rest.
    """

    tag: str | None
    cases: tuple[tuple[tuple[str, ...], tuple[Candidate, ...]], ...]
    untagged: tuple[Candidate, ...]
    arrays: tuple[ArrayShape, ...]
    maps: tuple[MapShape, ...]
    scalars: tuple[Shape, ...]

    @property
    def objects(self) -> tuple[str, ...]:
        """The names of all object types among the members."""
        names = [candidate.name for _, candidates in self.cases for candidate in candidates]
        return tuple(dict.fromkeys([*names, *(candidate.name for candidate in self.untagged)]))

    @property
    def containers(self) -> tuple[tuple[ArrayShape | MapShape, str], ...]:
        """The arrays and maps, each with a word for it that no other has: array, or array_a, array_b."""
        return (*_lettered(self.arrays, "array"), *_lettered(self.maps, "map"))


def _lettered(members: Sequence[Container], word: str) -> list[tuple[Container, str]]:
    if len(members) == 1:
        return [(members[0], word)]
    return [(member, f"{word}_{_letters(number)}") for number, member in enumerate(members)]


def _letters(number: int) -> str:
    """a, b … z, aa, ab …"""
    before, last = divmod(number, 26)
    return (_letters(before - 1) if before else "") + chr(ord("a") + last)


def resolve(shape: Shape, types: Mapping[str, NamedType]) -> Shape:
    """`shape` with references to aliases and unions followed, as far as its outermost layer goes."""
    while isinstance(shape, ReferenceShape):
        named = types[shape.name]
        if isinstance(named, ObjectType):
            return shape
        shape = named.target if isinstance(named, AliasType) else UnionShape(named.members)
    return shape


def dispatch(members: tuple[Shape, ...], types: Mapping[str, NamedType]) -> Dispatch:
    """The plan for a union of `members`."""
    leaves = list(dict.fromkeys(leaf for member in members for leaf in _leaves(member, types)))
    referred = [types[leaf.name] for leaf in leaves if isinstance(leaf, ReferenceShape)]
    objects = [named for named in referred if isinstance(named, ObjectType)]
    tag = _tag(objects, types)
    cases: dict[str, list[ObjectType]] = {}
    untagged: list[ObjectType] = []
    for named in objects:
        values = _literals(named, tag, types) if tag is not None else ()
        for value in values or ():
            cases.setdefault(value, []).append(named)
        if tag is None or not _field(named, tag).required:
            untagged.append(named)
    grouped: dict[tuple[Candidate, ...], tuple[str, ...]] = {}
    for value, members_of_value in cases.items():
        candidates = _in_order(members_of_value)
        grouped[candidates] = (*grouped.get(candidates, ()), value)
    return Dispatch(
        tag=tag,
        cases=tuple((values, candidates) for candidates, values in grouped.items()),
        untagged=_in_order(untagged),
        arrays=tuple(leaf for leaf in leaves if isinstance(leaf, ArrayShape)),
        maps=tuple(leaf for leaf in leaves if isinstance(leaf, MapShape)),
        scalars=tuple(
            leaf for leaf in leaves if not isinstance(leaf, ReferenceShape | ArrayShape | MapShape)
        ),
    )


def _leaves(shape: Shape, types: Mapping[str, NamedType]) -> list[Shape]:
    shape = resolve(shape, types)
    if isinstance(shape, UnionShape):
        return [leaf for member in shape.members for leaf in _leaves(member, types)]
    return [shape]


def _tag(objects: list[ObjectType], types: Mapping[str, NamedType]) -> str | None:
    """The key that splits `objects` into the most groups, if any splits them at all."""
    best, groups = None, 1
    for field in objects[0].fields if len(objects) > 1 else ():
        sets = [_literals(named, field.name, types) for named in objects]
        if any(values is None for values in sets):
            continue
        count = len(set(sets))
        if count > groups:
            best, groups = field.name, count
    return best


def _literals(named: ObjectType, key: str, types: Mapping[str, NamedType]) -> tuple[str, ...] | None:
    """The strings that `key` may be in `named`; None where it may be anything else."""
    for field in named.fields:
        if field.name == key:
            shape = resolve(field.shape, types)
            if isinstance(shape, LiteralShape) and all(isinstance(value, str) for value in shape.values):
                return tuple(str(value) for value in shape.values)
    return None


def _field(named: ObjectType, key: str) -> Field:
    return next(field for field in named.fields if field.name == key)


def _in_order(objects: list[ObjectType]) -> tuple[Candidate, ...]:
    """The most demanding first; each with the keys that it needs and some other does not."""
    required = {named.name: [field.name for field in named.fields if field.required] for named in objects}
    common = set.intersection(*map(set, required.values())) if required else set()
    ordered = sorted(objects, key=lambda named: -len(required[named.name]))
    return tuple(
        Candidate(named.name, tuple(key for key in required[named.name] if key not in common))
        for named in ordered
    )
