"""Every way to install mcpgen gives a command that runs from any directory and finds its schemas."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import mcpgen

REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]
PACKAGES_ARE_THERE = "import mcpgen, mcpgen_types.v2026_07_28, mcpgen_runtime; print(mcpgen.__version__)"
PLUGIN_OF_PYTEST = """
from importlib.metadata import entry_points
from importlib.util import find_spec

(plugin,) = [point for point in entry_points(group="pytest11") if point.value.startswith("mcpgen")]
print(plugin.name, find_spec(plugin.value) is not None)
"""

Installation = Callable[[Path, Path], list[str]]
"""From the checkout and a scratch directory to the arguments of `pip install`."""


def run(command: list[str | Path], cwd: Path) -> str:
    """The standard output of `command`, which must succeed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def from_checkout(root: Path, _: Path) -> list[str]:
    return [str(root)]


def as_editable(root: Path, _: Path) -> list[str]:
    return ["--editable", str(root)]


def from_wheel_of_sdist(root: Path, scratch: Path) -> list[str]:
    # Neither --sdist nor --wheel: the wheel is then built from the sdist, as a distributor does.
    run([sys.executable, "-m", "build", "--outdir", scratch, root], scratch)
    (wheel,) = scratch.glob("*.whl")
    (sdist,) = scratch.glob("*.tar.gz")
    check_archives(wheel, sdist)
    return [str(wheel)]


def check_archives(wheel: Path, sdist: Path) -> None:
    """Both carry the schemas, the type markers and the licence, and no leftovers."""
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    for revision in REVISIONS:
        assert f"mcpgen/_schema/{revision}.json" in in_wheel
        assert f"schema/{revision}.json" in in_sdist
    for wit in ("mcp.wit", "deps/wasi-http.wit"):
        assert f"mcpgen/_wit/{wit}" in in_wheel
        assert f"wit/{wit}" in in_sdist
    packages = {"mcpgen", "mcpgen_conformance", "mcpgen_types", "mcpgen_runtime"}
    assert {f"{package}/py.typed" for package in packages} <= in_wheel
    assert "mcpgen_types/server.mcp.schema.json" in in_wheel
    assert f"mcpgen-{mcpgen.__version__}.dist-info/licenses/LICENSE" in in_wheel
    leftovers = {
        name for name in in_wheel | in_sdist if "node_modules/" in name or name.endswith((".pyc", ".log"))
    }
    assert leftovers == set()
    assert {name.partition("/")[0] for name in in_wheel} == {
        *packages,
        f"mcpgen-{mcpgen.__version__}.dist-info",
    }


@pytest.mark.slow
@pytest.mark.parametrize("arguments_for", [from_checkout, as_editable, from_wheel_of_sdist])
def test_installed_command_runs_from_any_directory(
    arguments_for: Installation, project_root: Path, tmp_path: Path
) -> None:
    environment, scratch, elsewhere = tmp_path / "venv", tmp_path / "scratch", tmp_path / "elsewhere"
    scratch.mkdir()
    elsewhere.mkdir()
    # The pip that is here installs there: one more copy of pip would take longer than all the rest.
    run([sys.executable, "-m", "venv", "--without-pip", environment], tmp_path)
    python = environment / "bin" / "python"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python]
    run([*pip, "install", "--quiet", "--no-compile", *arguments_for(project_root, scratch)], scratch)

    command = environment / "bin" / "mcpgen"
    assert run([command, "--version"], elsewhere) == f"mcpgen {mcpgen.__version__}\n"
    listed = json.loads(run([command, "schema", "list", "--format", "json"], elsewhere))
    assert [row["revision"] for row in listed] == REVISIONS
    assert run([python, "-c", PACKAGES_ARE_THERE], elsewhere) == f"{mcpgen.__version__}\n"
    assert run([python, "-c", PLUGIN_OF_PYTEST], elsewhere) == "mcpgen_conformance.plugin True\n"
    check_without_extras(command, python, elsewhere)


def check_without_extras(command: Path, python: Path, elsewhere: Path) -> None:
    """The plain installation brings no compiled package, and says which extra a command lacks."""
    run(
        [python, "-c", "import importlib.util; assert importlib.util.find_spec('pydantic') is None"],
        elsewhere,
    )
    (elsewhere / "mcpgen.toml").write_text('[output.types]\ndirectory = "generated"\n')
    lacking = subprocess.run([command, "regen"], cwd=elsewhere, capture_output=True, text=True, check=False)
    assert lacking.returncode == 2, lacking.stderr
    assert "mcpgen[codegen]" in lacking.stderr
    assert [path.name for path in elsewhere.iterdir()] == ["mcpgen.toml"]
