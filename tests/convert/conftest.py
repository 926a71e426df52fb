"""The revisions, and the two of a conversion."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from tests.convert.samples import SEED, Pair, Side, side
from tests.exactness.corpus import Sample, Size, corpus

from mcpgen.paths import schema_directory
from mcpgen.schema.room import SchemaRoom


@pytest.fixture(scope="session")
def room() -> SchemaRoom:
    """The stored schemas."""
    return SchemaRoom(schema_directory())


@pytest.fixture(scope="session")
def side_of(room: SchemaRoom) -> Callable[[str], Side]:
    """A function from a revision's name to that revision."""
    return cache(lambda revision: side(room, revision))


@pytest.fixture(scope="session")
def pair_of(room: SchemaRoom, side_of: Callable[[str], Side]) -> Callable[[str], Pair]:
    """A function from the name of an older revision to it and the newest."""
    return cache(lambda revision: Pair(side_of(revision), side_of(room.revisions[-1])))


@pytest.fixture(scope="session")
def corpus_of(side_of: Callable[[str], Side]) -> Callable[[str], dict[str, list[Sample]]]:
    """A function from a revision to instances and mutants of its params and results, by definition."""

    def made(revision: str) -> dict[str, list[Sample]]:
        spoken = side_of(revision)
        wanted = {name for method in spoken.ir.methods for name in (method.params, method.result) if name}
        samples: dict[str, list[Sample]] = {name: [] for name in wanted}
        size = Size(randoms=5, mutants=100, foreign=0)
        for sample in corpus(spoken.schema, seed=SEED, size=size, definitions=wanted):
            samples[sample.definition].append(sample)
        return samples

    return cache(made)
