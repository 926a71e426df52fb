"""The corpus of one revision: instances and mutants of every definition, the same for the same seed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from .instances import Instances
from .mutants import Mutator, Vocabulary, sampled
from .schemathesis_source import instances as schemathesis_instances

#: The kinds of samples made valid on purpose, with unknown keys and without; all others are mutants.
INSTANCE = "instance"
PLAIN = "plain instance"
VALID = frozenset({INSTANCE, PLAIN})

#: The kind of an instance of another definition.
STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Size:
    """How large a corpus is to be, for each definition.

    `randoms` random instances beside the minimal and the full ones, at most `mutants` mutants by chance
    beside the systematic ones, and `foreign` instances by Schemathesis for one definition in every
    `foreign_every`.
    """

    randoms: int = 12
    mutants: int = 150
    foreign: int = 6
    foreign_every: int = 12


@dataclass(frozen=True, slots=True)
class Sample:
    """A value, the definition it is to be judged by, and how it came about."""

    definition: str
    kind: str
    value: Any


def corpus(
    schema: dict[str, Any], *, seed: int, size: Size, definitions: Collection[str] | None = None
) -> Iterator[Sample]:
    """The samples of the revision with this (normalised) schema, definition by definition.

    Of all definitions, or of those in `definitions`, with the same samples as they have among all.
    """
    vocabulary = Vocabulary(schema)
    grown: dict[str, list[Any]] = {}
    for definition in schema["$defs"]:
        source = Instances(schema, Random(f"{seed}/instances/{definition}"))
        grown[definition] = list(source.of(definition, randoms=size.randoms))
    strangers = {name: instances[0] for name, instances in grown.items()}
    everyone = [donor for instances in grown.values() for donor in instances[:2]]
    for index, (definition, instances) in enumerate(grown.items()):
        if definitions is not None and definition not in definitions:
            continue
        random = Random(f"{seed}/mutants/{definition}")
        valid = list(instances)
        if size.foreign and index % size.foreign_every == seed % size.foreign_every:
            valid += schemathesis_instances(schema, definition, count=size.foreign, start=seed)
        yield from (Sample(definition, INSTANCE, value) for value in valid)
        plain = Instances(schema, Random(f"{seed}/plain/{definition}"), plain=True)
        for value in plain.of(definition, randoms=size.randoms):
            yield Sample(definition, PLAIN, value)
        # Every definition in the place of every other: all of them, for a union's edges lie anywhere.
        yield from (
            Sample(definition, STRANGER, value) for other, value in strangers.items() if other != definition
        )
        mutator = Mutator(vocabulary, valid, random.sample(everyone, min(40, len(everyone))), random)
        for edit in mutator.systematic():
            yield Sample(definition, edit.kind, edit.made())
        edits = (edit for instance in _parents(valid, random) for edit in mutator.edits(instance))
        for kind, value in sampled(edits, size.mutants, random):
            yield Sample(definition, kind, value)


def _parents(valid: list[Any], random: Random) -> list[Any]:
    """The instances to mutate: the minimal and the first full one, and some others."""
    return [*valid[:2], *random.sample(valid[2:], min(4, len(valid) - 2))]
