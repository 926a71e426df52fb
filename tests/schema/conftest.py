"""A schema room to break, and the official schemas where they are at hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcpgen.cli import main
from mcpgen.schema.room import SchemaRoom

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def room_directory(project_root: Path, tmp_path: Path) -> Path:
    """A copy of the project's schema room."""
    return shutil.copytree(project_root / "schema", tmp_path / "schema")


@pytest.fixture
def room(project_root: Path) -> SchemaRoom:
    """The project's own schema room."""
    return SchemaRoom(project_root / "schema")


@pytest.fixture
def official(project_root: Path) -> Path:
    """The directory of the official schemas."""
    directory = project_root.parent / "shared" / "spec"
    if not directory.is_dir():
        pytest.skip("the official schemas are not beside the checkout")
    return directory


@pytest.fixture
def official_copy(official: Path, tmp_path: Path) -> Path:
    """The official schemas, to be broken."""
    return shutil.copytree(official, tmp_path / "official", copy_function=shutil.copyfile)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `mcpgen ARGUMENTS…` in this process: exit code, stdout, stderr."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def edit(path: Path, change: Callable[[Any], None]) -> None:
    """Apply `change` to the JSON document in `path`."""
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
