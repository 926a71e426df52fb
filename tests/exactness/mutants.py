"""Mutants: values one or two small steps away from a valid instance, most of them wrong.

Each way of mutating has a name, its *kind*. `Mutator.systematic` leaves out no place; `Mutator.edits` thinks
of edits of every kind, and `sampled` makes some of them, evenly from the kinds, so that none is crowded out
by a prolific one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from .instances import MAP_KEYS, UNKNOWN_KEYS, attribute_like
from .json_values import Path, dropped, fingerprint, nested, nodes, replaced

#: One value of each JSON type, for every place without exception.
EACH_TYPE: tuple[Any, ...] = (None, True, 5, 1.5, "other", [], {})

#: More of them, for places met by chance.
OTHER_TYPES: tuple[Any, ...] = (None, True, False, 1, 1.5, "", "other", [], [None], {}, {"other": None})

#: Numbers at which implementations part: whole floats, signed zero, 64 bits and beyond, no number at all.
NUMBERS: tuple[int | float, ...] = (
    *(0, -1, 2, 100, 101, 0.0, 1.0, 5.0, -0.0, 1e-9, 0.999, 1.0000001, -5e-324, 5.5, 1e22, 1e300),
    *(2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**400, -(10**400), 1e400, -1e400, math.nan),
)

#: Deep enough for recursive decoders to notice; what lies far deeper has a test of its own.
DEPTH = 60
DEEP: tuple[Any, ...] = (
    nested(DEPTH),
    nested(DEPTH, key="a", innermost=1.5),
    nested(DEPTH, innermost={}),
)

_LONGEST = 101

#: So many places are edited from the outside inwards, and as many of those further in.
_PLACES = 24

_SYSTEMATIC_PLACES = 120


class Vocabulary:
    """What the definitions of one schema talk of.

    `keys` are all known keys, in a fixed order, `constants` the values that a key is fixed to here or
    there: the discriminators, that is.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        self.keys: dict[str, None] = {}
        self.constants: dict[str, list[Any]] = {}
        for definition in schema["$defs"].values():
            self._learn(definition)

    def _learn(self, node: Any) -> None:
        if not isinstance(node, dict):  # `"additionalProperties": true`
            return
        for key, field in node.get("properties", {}).items():
            self.keys[key] = None
            for value in [field["const"]] if "const" in field else field.get("enum", []):
                known = self.constants.setdefault(key, [])
                if value not in known:
                    known.append(value)
            self._learn(field)
        for key in ("items", "additionalProperties"):
            self._learn(node.get(key))
        for key in ("anyOf", "allOf"):
            for member in node.get(key, ()):
                self._learn(member)


@dataclass(frozen=True, slots=True)
class Edit:
    """One way to spoil `parent`: put `new` at `path`, or drop what is there."""

    kind: str
    parent: Any
    path: Path
    new: Any
    drops: bool = False

    def made(self) -> Any:
        """The mutant."""
        return dropped(self.parent, self.path) if self.drops else replaced(self.parent, self.path, self.new)


class Mutator:
    """Thinks of edits to the instances of one definition.

    `siblings` are all its instances: the keys seen at a place in one are tried at that place in another.
    `donors` are instances of other definitions, to be put where something else was expected.
    """

    def __init__(
        self, vocabulary: Vocabulary, siblings: list[Any], donors: list[Any], random: Random
    ) -> None:
        self.known = vocabulary.keys
        self.constants = vocabulary.constants
        self.siblings = siblings
        self.donors = donors
        self.random = random
        self.keys: dict[Path, list[str]] = {}
        for sibling in siblings:
            for path, node in nodes(sibling):
                if isinstance(node, dict):
                    known = self.keys.setdefault(_place(path), [])
                    known += [key for key in node if key in vocabulary.keys and key not in known]

    def systematic(self) -> Iterator[Edit]:
        """At every place seen in any instance: each other type, each number where one was, and a drop.

        A place is a path without the positions in lists. Left out is only what lies under unknown keys,
        where all is allowed, and the innermost of the hundreds of places in large unions, which have
        their turn in the definitions of the members.
        """
        seen: dict[Path, tuple[Any, Path, Any]] = {}
        for sibling in self.siblings:
            for path, node in nodes(sibling):
                if all(isinstance(step, int) or step in self.known or step in MAP_KEYS for step in path):
                    seen.setdefault(_place(path), (sibling, path, node))
        shallow = sorted(seen, key=len)[:_SYSTEMATIC_PLACES]
        for sibling, path, node in map(seen.__getitem__, shallow):
            for other in EACH_TYPE:
                if type(other) is not type(node):
                    yield Edit("retyped", sibling, path, other)
            if isinstance(node, int | float) and not isinstance(node, bool):
                yield from (Edit("number", sibling, path, number) for number in NUMBERS)
            if path:
                yield Edit("dropped", sibling, path, None, drops=True)

    def edits(self, value: Any) -> Iterator[Edit]:
        """Edits of `value`, at every place or, where there are very many, at some."""
        for path, node in self.places(value):
            for kind, new in self.instead_of(path, node):
                yield Edit(kind, value, path, new)
            if path:
                yield Edit("dropped", value, path, None, drops=True)
        for _ in range(20):
            mutant = self.random_edit(value).made()
            edit = self.random_edit(mutant)
            yield Edit("twice", mutant, edit.path, edit.new, edit.drops)

    def places(self, value: Any) -> list[tuple[Path, Any]]:
        """The places in `value`: the outermost first, and of those further in a random choice."""
        places = sorted(nodes(value), key=lambda place: len(place[0]))
        inner = places[_PLACES:]
        return places[:_PLACES] + self.random.sample(inner, min(_PLACES, len(inner)))

    def random_edit(self, value: Any) -> Edit:
        """Any edit of `value`."""
        path, node = self.random.choice(self.places(value))
        if path and self.random.random() < 0.2:
            return Edit("dropped", value, path, None, drops=True)
        kind, new = self.random.choice(list(self.instead_of(path, node)))
        return Edit(kind, value, path, new)

    def instead_of(self, path: Path, node: Any) -> Iterator[tuple[str, Any]]:
        """What might stand in the place of `node`, with the kind of the change."""
        yield from (("retyped", other) for other in OTHER_TYPES)
        yield from (("number", number) for number in NUMBERS)
        yield from (("deep", deep) for deep in DEEP)
        yield "wrapped", [node]
        yield "wrapped", {"value": node}
        yield "crossed", self.random.choice(self.donors)
        if path and isinstance(path[-1], str):
            yield from (("constant", other) for other in self.constants.get(path[-1], ()))
        if isinstance(node, str):
            yield from (("string", new) for new in (node + " ", node.upper(), node[:-1], "x" * 5000))
        if isinstance(node, list):
            yield from self.lists(node)
        if isinstance(node, dict):
            yield from self.objects(path, node)

    def lists(self, node: list[Any]) -> Iterator[tuple[str, Any]]:
        """Lists of other lengths, and with a stranger inside."""
        yield "empty", []
        for length in (2 * len(node), _LONGEST - 1, _LONGEST):
            yield "length", ((node or ["item"]) * _LONGEST)[:length]
        yield from (("retyped", [*node, other]) for other in OTHER_TYPES)
        yield "crossed", [*node, self.random.choice(self.donors)]

    def objects(self, path: Path, node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Objects with a key more, an explicit null, the keys of two types, or keys in another order."""
        yield "empty", {}
        for key in self.keys.get(_place(path), ()):
            if key not in node:
                yield "null", {**node, key: None}
                yield from (("added", {**node, key: other}) for other in OTHER_TYPES)
                yield "added", {key: self.random.choice(self.donors), **node}
        for key in (self.random.choice(UNKNOWN_KEYS), *map(attribute_like, node)):
            yield "unknown", {**node, key: self.random.choice((*OTHER_TYPES, 1e400))}
        yield "order", dict(reversed(node.items()))
        donor = self.random.choice(self.donors)
        if isinstance(donor, dict):
            yield "merged", {**node, **donor}
            yield "merged", {**donor, **node}
            for key in [key for key in self.constants if key in node and key in donor]:
                yield "merged", {**node, **donor, key: node[key]}
                yield "merged", {**donor, **node, key: donor[key]}


def _place(path: Path) -> Path:
    return tuple("*" if isinstance(step, int) else step for step in path)


def sampled(edits: Iterable[Edit], count: int, random: Random) -> list[tuple[str, Any]]:
    """At most `count` mutants with their kinds, no value twice, taken from every kind by turns."""
    kinds: dict[str, list[Edit]] = {}
    for edit in edits:
        kinds.setdefault(edit.kind, []).append(edit)
    for waiting in kinds.values():
        random.shuffle(waiting)
    seen: set[bytes] = set()
    taken: list[tuple[str, Any]] = []
    while len(taken) < count and any(kinds.values()):
        for kind, waiting in kinds.items():
            if waiting and len(taken) < count:
                mutant = waiting.pop().made()
                print_ = fingerprint(mutant)
                if print_ not in seen:
                    seen.add(print_)
                    taken.append((kind, mutant))
    return taken
