"""What the tests of workers share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def jco(peers: Path, require_tool: Callable[[str | Path], str]) -> str:
    """The pinned jco; the Node beside it is the one that it needs."""
    require_tool(peers / "node_modules/.bin/node")
    return require_tool(peers / "node_modules/.bin/jco")


@pytest.fixture(scope="session")
def workerd(peers: Path, require_tool: Callable[[str | Path], str]) -> str:
    """The pinned runtime."""
    return require_tool(peers / "node_modules/.bin/workerd")
