"""The revisions, and the two of a conversion."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from mcpgen.paths import schema_directory
from mcpgen.schema.room import SchemaRoom
from tests.convert.samples import Pair, Side, side


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
