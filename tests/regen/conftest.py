"""A small project to regenerate, the command line run on it for real, and plans without a schema."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mcpgen.regen.survey import Plan
from mcpgen.regen.tree import read_tree
from mcpgen.regen.unit import Source, Unit

CONFIG = """\
schema = "schema"
revisions = ["2024-11-05", "2025-03-26"]

[output.types]
directory = "generated/types"
models = false
"""

Run = subprocess.CompletedProcess[str]
Regen = Callable[..., Run]


@pytest.fixture
def project(tmp_path: Path, project_root: Path) -> Path:
    """A directory with a mcpgen.toml for two revisions, nothing generated yet."""
    root = tmp_path / "project"
    shutil.copytree(project_root / "schema", root / "schema")
    (root / "mcpgen.toml").write_text(CONFIG)
    return root


@pytest.fixture
def output(project: Path) -> Path:
    """Where that project's types go."""
    return project / "generated" / "types"


@pytest.fixture
def regen(project: Path) -> Regen:
    """Run `mcpgen regen ARGUMENTS` in the project, as a process of its own."""

    def run(*arguments: str | Path, cwd: Path = project, **options: Any) -> Run:
        return subprocess.run(
            [*options.pop("before", ()), sys.executable, "-m", "mcpgen", "regen", *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **options,
        )

    return run


@pytest.fixture
def generated(regen: Regen, output: Path) -> Path:
    """The output directory of the project, freshly generated."""
    run = regen()
    assert run.returncode == 0, run.stderr
    return output


@pytest.fixture(scope="session")
def snapshot() -> Callable[[Path], dict[str, tuple[bytes | None, int, int]]]:
    """A function from a directory to every file in it, with inode and time stamp: what a write changes."""

    def take(directory: Path) -> dict[str, tuple[bytes | None, int, int]]:
        return {
            path: (content, (directory / path).lstat().st_ino, (directory / path).lstat().st_mtime_ns)
            for path, content in read_tree(directory).items()
        }

    return take


@pytest.fixture(scope="session")
def plan_of() -> Callable[..., Plan]:
    """A function from a directory and the files of some units (`{"v1": {"v1/a.py": "x = 1"}}`) to a plan.

    A unit's revision is its own name, but for "root", which has none; its digest is that of its files.
    """

    def build(
        directory: Path, units: Mapping[str, Mapping[str, str]], *, revision: str | None = None
    ) -> Plan:
        return Plan(
            kind="types",
            label=directory.name,
            directory=directory,
            units=tuple(
                Unit(
                    name=name,
                    revision=None if name == "root" else name,
                    sources=(Source("schema.json", "0" * 64),),
                    inputs={"text": repr(sorted(files.items()))},
                    emit=lambda files=files: dict(files),  # type: ignore[misc]
                )
                for name, files in units.items()
            ),
            revision=revision,
            within=revision,
        )

    return build


@pytest.fixture(scope="session")
def in_own_mounts(require_tool: Callable[[str], str]) -> tuple[str, ...]:
    """The words before a command that let it mount what it likes, seen by nobody else.

    Skips where the machine permits that to nobody, as many containers do.
    """
    if sys.platform != "linux":
        pytest.skip("mount namespaces are Linux's")
    unshare = require_tool("unshare")
    for words in ((unshare, "--mount"), (unshare, "--user", "--map-root-user", "--mount")):
        trial = [*words, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        if subprocess.run(trial, capture_output=True, check=False).returncode == 0:
            return words
    pytest.skip("this machine permits no mount, not even in a namespace of its own")
