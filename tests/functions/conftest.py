"""Components with functions: one that has every type, and others that are made in a moment and only trap."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mcpgen.wit import Function, Interface, Wit, read

SOURCE = Path(__file__).with_name("component")


@pytest.fixture(scope="session")
def wasm_tools(require_tool: Callable[[str | Path], str]) -> Callable[..., None]:
    """Runs wasm-tools, which must succeed."""
    tool = require_tool(Path(sys.executable).with_name("wasm-tools"))

    def run(*arguments: str | Path) -> None:
        ended = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr

    return run


@pytest.fixture
def component_of(tmp_path: Path, wasm_tools: Callable[..., None]) -> Callable[..., Path]:
    """Makes a component of the world `world` in a text of WIT: it has all of its names, and only traps."""

    def make(wit: str, *, world: str = "root") -> Path:
        source, core, component = (tmp_path / name for name in ("some.wit", "core.wasm", "some.wasm"))
        source.write_text(wit)
        wasm_tools("component", "embed", source, "--world", world, "--dummy", "--output", core)
        wasm_tools("component", "new", core, "--output", component)
        return component

    return make


@pytest.fixture(scope="session")
def every(wasm_tools: Callable[..., None]) -> Wit:
    """The WIT that has every type, with its comments."""
    return read(SOURCE / "every.wit")


@pytest.fixture(scope="session")
def echoes(every: Wit) -> dict[str, Function]:
    """Its functions that give back what they are given, each of another type."""
    interface = every.main.interfaces["echo"]
    assert isinstance(interface, Interface)
    return dict(interface.functions)
