"""The WIT room, and the tool that reads it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mcpgen.paths import wit_directory

Run = Callable[..., str]


@pytest.fixture(scope="session")
def room() -> Path:
    """The directory with `mcp.wit`."""
    return wit_directory()


@pytest.fixture(scope="session")
def wasm_tools(require_tool: Callable[[str | Path], str]) -> Run:
    """Runs wasm-tools, which must succeed; gives its standard output."""
    tool = require_tool(Path(sys.executable).with_name("wasm-tools"))

    def run(*arguments: str | Path) -> str:
        ended = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


@pytest.fixture
def component_of(tmp_path: Path, wasm_tools: Callable[..., str]) -> Callable[[Path, str], bytes]:
    """Makes a component of a world in a directory of WIT: it has its imports, and only traps."""

    def make(wit: Path, world: str) -> bytes:
        core, component = tmp_path / "core.wasm", tmp_path / "component.wasm"
        wasm_tools("component", "embed", wit, "--world", world, "--dummy", "--output", core)
        wasm_tools("component", "new", core, "--output", component)
        return component.read_bytes()

    return make
