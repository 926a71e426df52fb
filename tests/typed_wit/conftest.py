"""The Python bindings of the typed WIT, made by componentize-py as a component's build makes them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

Bindings = Callable[[str], ModuleType]


@pytest.fixture(scope="session")
def typed_wit(project_root: Path) -> Callable[[str], Path]:
    """From a revision to the directory of its WIT package."""
    return lambda revision: project_root / "generated/mcpgen_types" / f"v{revision.replace('-', '_')}" / "wit"


@pytest.fixture(scope="session")
def bindings(
    typed_wit: Callable[[str], Path],
    require_tool: Callable[[str | Path], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Bindings:
    """From a revision to the module of its interface `types`: a tenth of a second each."""
    componentize = require_tool(Path(sys.executable).with_name("componentize-py"))
    made: dict[str, ModuleType] = {}

    def bind(revision: str) -> ModuleType:
        if revision not in made:
            directory = tmp_path_factory.mktemp("bindings") / "python"
            made[revision] = make_bindings(componentize, typed_wit(revision), "mcp-server", directory)
        return made[revision]

    return bind


def make_bindings(componentize: str, wit: Path, world: str, directory: Path) -> ModuleType:
    """The module of the interface `types`, as bindings for `world` have it, freshly made in `directory`."""
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    command = [componentize, "--wit-path", str(wit), "--world", world, "bindings", str(directory)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == 0, ended.stderr
    # All bindings are called the same.
    _forget()
    sys.path.insert(0, str(directory))
    try:
        return import_module("wit_world.imports.types")
    finally:
        sys.path.remove(str(directory))
        _forget()


def _forget() -> None:
    for name in [name for name in sys.modules if name.startswith(("wit_world", "componentize_py_types"))]:
        del sys.modules[name]
