"""`./dev`: it runs from any directory, costs nothing the second time, and says what is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

# What `dev` itself runs before there is a virtual environment.
COMMANDS = ["sh", "dirname", "cksum", "cat", "grep", "mktemp", "rm"]
READ_BY_DEV = ["dev", "pyproject.toml", "tests/peers/package-lock.json", "tests/peers/requirements.txt"]


def run_dev(
    root: Path, *arguments: str, cwd: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [root / "dev", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def checkout(project_root: Path, tmp_path: Path) -> Path:
    """A checkout of just what `dev` reads, never set up, in a directory with a space in its name."""
    root = tmp_path / "a checkout"
    for name in READ_BY_DEV:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project_root / name, root / name)
    return root


@pytest.fixture
def bare_path(tmp_path: Path, require_tool: Callable[[str], str]) -> Path:
    """A directory for PATH that has what every POSIX system has, and neither Python nor Node."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for command in COMMANDS:
        (directory / command).symlink_to(require_tool(command))
    return directory


def write_script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("script", ["dev", "tests/demo.sh"])
def test_script_is_plain_shell(script: str, project_root: Path) -> None:
    subprocess.run(["sh", "-n", project_root / script], check=True)


def test_recipes_are_listed_from_any_directory_in_less_than_a_second(
    project_root: Path, tmp_path: Path
) -> None:
    run_dev(project_root, cwd=tmp_path)
    start = time.perf_counter()
    listed = run_dev(project_root, cwd=tmp_path)
    took = time.perf_counter() - start
    assert listed.returncode == 0, listed.stderr
    assert listed.stderr == ""
    for recipe in ("demo", "test", "lint", "regen"):
        assert f"    {recipe}" in listed.stdout
    assert took < 1


def test_arguments_reach_the_recipe_and_its_exit_code_comes_back(project_root: Path, tmp_path: Path) -> None:
    wrong = run_dev(project_root, "regen", "--config", "no such file.toml", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "no such file.toml" in wrong.stderr


def test_old_python_is_refused_with_a_hint(checkout: Path, bare_path: Path) -> None:
    write_script(bare_path / "python3", 'case $1 in --version) echo "Python 3.9.2" ;; *) exit 1 ;; esac')
    refused = run_dev(checkout, cwd=checkout, environment={"PATH": str(bare_path)})
    assert refused.returncode == 2
    assert refused.stderr.startswith(
        "error: no Python 3.11 or newer is here (python3 is Python 3.9.2)\nhint: "
    )


def test_python_without_venv_is_refused_with_a_hint(checkout: Path, bare_path: Path, tmp_path: Path) -> None:
    crippled = tmp_path / "crippled"
    crippled.mkdir()
    (crippled / "ensurepip.py").write_text("raise ImportError('as on Debian without python3-venv')\n")
    write_script(bare_path / "python3", f'PYTHONPATH="{crippled}" exec "{sys.executable}" "$@"')
    refused = run_dev(checkout, cwd=checkout, environment={"PATH": str(bare_path)})
    assert refused.returncode == 2
    assert "python3 has no venv module\nhint: " in refused.stderr


def test_missing_node_fails_in_ci_before_anything_is_installed(checkout: Path, bare_path: Path) -> None:
    (bare_path / "python3").symlink_to(sys.executable)
    refused = run_dev(checkout, cwd=checkout, environment={"PATH": str(bare_path), "CI": "true"})
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: CI is set, and Node 20 or newer with npm is not here\nhint: ")
    assert not (checkout / ".venv").exists()


def test_old_node_counts_as_none(checkout: Path, bare_path: Path) -> None:
    write_script(bare_path / "node", "echo v18.20.4")
    write_script(bare_path / "npm", "exit 0")
    refused = run_dev(checkout, cwd=checkout, environment={"PATH": str(bare_path), "CI": "true"})
    assert "Node 20 or newer with npm is not here" in refused.stderr


@pytest.mark.slow
def test_failing_step_shows_its_output_and_is_tried_again(checkout: Path, bare_path: Path) -> None:
    (checkout / "pyproject.toml").write_text("this is no TOML\n")
    of_peers = checkout / "tests/peers/requirements.txt"
    # As an environment that was made before: all that is asked of it here is to read a file.
    made = checkout / "tests/peers/.venv"
    (made / "bin").mkdir(parents=True)
    (made / "pyvenv.cfg").write_text(f"command = python -m venv {made}\n")
    write_script(made / "bin/python", f'exec "{sys.executable}" "$@"')
    environment = {"PATH": str(bare_path), "PYTHON": sys.executable}
    for requirements, failing in (("", 1), ("this is no requirement\n", 2)):
        of_peers.write_text(requirements)
        failed = run_dev(checkout, cwd=checkout, environment=environment)
        assert failed.returncode == 2
        assert "dev: installing mcpgen and its tools" in failed.stderr
        assert "dev: installing the Python servers" in failed.stderr
        assert "dev: Node 20 or newer with npm is not here" in failed.stderr
        assert "TOML" in failed.stderr
        assert ("this is no requirement" in failed.stderr) is bool(requirements)
        assert failed.stderr.count("error: this failed with exit code") == failing
        assert failed.stdout == ""
