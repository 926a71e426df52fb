"""Definitions to try things on, written as an author would write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
import yaml

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


@pytest.fixture(params=["libyaml", "pure Python"])
def each_yaml(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML as it is where libyaml is built in, and as it is elsewhere."""
    if request.param == "pure Python":
        monkeypatch.delattr(yaml, "CSafeLoader")
