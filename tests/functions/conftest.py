"""Components with functions: one that has every type, and others that are made in a moment and only trap."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.components import Components, run

from mcpgen.component import read as read_component
from mcpgen.functions.server import function_server, functions_of
from mcpgen.hosting.loading import functions_pool
from mcpgen.wit import Function, Interface, Wit, read
from mcpgen_runtime import Server

SOURCE = Path(__file__).with_name("component")


@pytest.fixture(scope="session")
def wasm_tools(require_tool: Callable[[str | Path], str]) -> Callable[..., None]:
    """Runs wasm-tools, which must succeed."""
    tool = require_tool(Path(sys.executable).with_name("wasm-tools"))

    def call(*arguments: str | Path) -> None:
        ended = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr

    return call


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


@pytest.fixture(scope="session")
def echo(components: Components, require_tool: Callable[[str | Path], str]) -> Path:
    """The component of `every.wit`, built by componentize-py: half a minute, and kept for the next time."""
    componentize = require_tool(Path(sys.executable).with_name("componentize-py"))
    sources = [SOURCE / name for name in ("every.wit", "app.py")]
    digest = sha256(b"".join(each.read_bytes() for each in sources)).hexdigest()

    def make(output: Path) -> None:
        command: list[str | Path] = [
            "componentize",
            "app",
            "--python-path",
            SOURCE,
            "--stub-wasi",
            "--output",
            output,
        ]
        run([componentize, "-q", "-d", SOURCE / "every.wit", "-w", "every", *command], output.parent)

    key = Path(f"{digest}-{version('componentize-py')}")
    return components.made_of(key, label="functions", suffix=".wasm", make=make)


@pytest.fixture(scope="session")
def cache(components: Components, echo: Path) -> Iterator[Path]:
    """Where compiled components are kept by what these tests run: for as long as the component itself is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(echo.parent))
        components.hosted(echo)
        yield echo.parent


@pytest.fixture(scope="session")
def echo_server(echo: Path, cache: Path) -> Server:
    """A server of its functions."""
    functions = functions_of(read_component(echo))
    return function_server(functions, functions_pool(functions.component, imports=functions.imports))
