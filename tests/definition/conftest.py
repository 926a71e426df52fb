"""Definitions to try things on, written as an author would write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from mcpgen.definition import Definition, load_definition

Load: TypeAlias = Callable[..., Definition]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """A function from a text, and the name of the file that holds it, to the definition."""

    def loaded(text: str | bytes, name: str = "server.mcp.json") -> Definition:
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_definition(file)

    return loaded
