"""With CI set no test is skipped for a missing tool, because every test asks for its tools in one place."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NEEDS_A_TOOL = """
def test_that_needs_a_tool(require_tool):
    require_tool("no-such-tool")
"""
ASKS_BY_ITSELF = re.compile(r"importorskip|shutil\.which")


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 failed")])
def test_missing_tool_skips_a_test_locally_and_fails_it_in_ci(
    ci: str, outcome: str, project_root: Path, tmp_path: Path
) -> None:
    shutil.copy(project_root / "tests/conftest.py", tmp_path)
    (tmp_path / "test_planted.py").write_text(NEEDS_A_TOOL)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        env=os.environ | {"CI": ci},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in run.stdout
    assert "no-such-tool is not here" in run.stdout


def test_no_test_looks_for_tools_by_itself(project_root: Path) -> None:
    tests = project_root / "tests"
    # What others wrote asks for nothing of ours; benchmarks are no tests, and name the tools they used.
    modules = [
        path
        for room in tests.iterdir()
        if room.is_dir() and room.name not in ("peers", "bench")
        for path in room.rglob("*.py")
        if path != Path(__file__)
    ]
    assert modules
    assert [str(path) for path in modules if ASKS_BY_ITSELF.search(path.read_text(encoding="utf-8"))] == []
