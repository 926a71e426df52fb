"""What the tests of workers share."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.components import Components
from tests.worker.workerd import worker_of


@pytest.fixture(scope="session")
def jco(peers: Path, require_tool: Callable[[str | Path], str]) -> str:
    """The pinned jco; the Node beside it is the one that it needs."""
    require_tool(peers / "node_modules/.bin/node")
    return require_tool(peers / "node_modules/.bin/jco")


@pytest.fixture(scope="session")
def workerd(peers: Path, require_tool: Callable[[str | Path], str]) -> str:
    """The pinned runtime."""
    return require_tool(peers / "node_modules/.bin/workerd")


@pytest.fixture(scope="session")
def folder(
    components: Components, jco: str, project_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The workbench as a worker."""
    stage = tmp_path_factory.mktemp("stage") / "workbench"
    shutil.copytree(project_root / "tests/wasm/workbench", stage)
    shutil.copy(project_root / "tests/runtime/http/workbench.py", stage)
    return worker_of(components, components.built(stage, "served:server", "wasi-http"), jco)
