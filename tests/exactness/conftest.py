"""The schema room, for the tests of the harness and of the generated types alike."""

from __future__ import annotations

import pytest

from mcpgen.paths import schema_directory
from mcpgen.schema.room import SchemaRoom


@pytest.fixture(scope="session")
def room() -> SchemaRoom:
    """The stored schemas."""
    return SchemaRoom(schema_directory())
