"""What is committed under generated/ is what regen makes of schema/, to the last byte."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from mcpgen.regen.tree import read_tree

COMMAND = (sys.executable, "-m", "mcpgen", "regen")


def test_committed_tree_is_what_regen_makes_from_nothing(project_root: Path, tmp_path: Path) -> None:
    shutil.copytree(project_root / "schema", tmp_path / "schema")
    shutil.copy(project_root / "mcpgen.toml", tmp_path)
    start = time.monotonic()
    run = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, text=True, check=False)
    print(f"all revisions from nothing: {time.monotonic() - start:.2f} s (15 s allowed)")
    assert run.returncode == 0, run.stderr
    for package in ("mcpgen_conformance", "mcpgen_types"):
        made = read_tree(tmp_path / "generated" / package)
        committed = read_tree(project_root / "generated" / package)
        assert sorted(made) == sorted(committed)
        differ = [path for path, content in made.items() if committed[path] != content]
        assert differ == [], "run `mcpgen regen` and commit what it writes"


def test_check_of_the_committed_tree_holds(project_root: Path) -> None:
    start = time.monotonic()
    run = subprocess.run([*COMMAND, "--check"], cwd=project_root, capture_output=True, text=True, check=False)
    print(f"--check of an unchanged tree: {time.monotonic() - start:.2f} s (2 s allowed)")
    assert run.returncode == 0, run.stderr
    assert (run.stdout, run.stderr.count("\n")) == ("", 2)
