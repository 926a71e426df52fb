"""The server in `component/`, frozen and made into a component that imports nothing."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.components import quick
from wasmtime import Engine, Store
from wasmtime.component import Component, Linker

SOURCE = Path(__file__).with_name("component")


class Inside:
    """One instance of the component."""

    def __init__(self, engine: Engine, component: Component) -> None:
        self.imports = component.type.imports(engine)
        self._store = Store(engine)
        # The linker has nothing to offer, not even WASI.
        self._instance = Linker(engine).instantiate(self._store, component)

    def receive(self, *messages: bytes) -> list[bytes]:
        """All that the server sends when it has been given the messages, one after the other."""
        return [bytes(sent) for message in messages for sent in self._call("receive", message)]

    def modules(self) -> set[str]:
        """The Python modules inside."""
        return set(self._call("modules"))

    def _call(self, name: str, *arguments: bytes) -> Any:
        function = self._instance.get_func(self._store, name)
        assert function is not None
        returned = function(self._store, *arguments)
        function.post_return(self._store)
        return returned


@pytest.fixture(scope="session")
def frozen(
    tmp_path_factory: pytest.TempPathFactory,
    project_root: Path,
    mcpgen: str,
    require_tool: Callable[[str | Path], str],
) -> Path:
    """A directory with the server, what is frozen of it, and the component, compiled, as `app.cwasm`.

    That takes half a minute, so the processes that share the tests share this as well.
    """
    componentize = require_tool(Path(sys.executable).with_name("componentize-py"))
    base = tmp_path_factory.getbasetemp()
    directory = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "wasm"
    with directory.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "app.cwasm").exists():
            shutil.copytree(SOURCE, directory, dirs_exist_ok=True)
            run(mcpgen, "export", "bookings.py:server", cwd=directory)
            rooms = [f"--python-path={project_root / room}" for room in ("generated", "runtime")]
            run(
                *(componentize, "--quiet", "--wit-path", "handler.wit", "--world", "handler"),
                *("componentize", "app", "--python-path=.", *rooms, "--stub-wasi", "--output", "app.wasm"),
                cwd=directory,
            )
            compiled = Component.from_file(engine(), str(directory / "app.wasm")).serialize()
            (directory / "app.cwasm").write_bytes(compiled)
    return directory


@pytest.fixture
def inside(frozen: Path) -> Inside:
    """A fresh instance: a connection that nothing was said on."""
    of = engine()
    return Inside(of, Component.deserialize_file(of, str(frozen / "app.cwasm")))


def engine() -> Engine:
    return Engine(quick())


def run(*command: str, cwd: Path) -> None:
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
