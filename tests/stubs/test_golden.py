"""The text that is generated, pinned. UPDATE_GOLDEN=1 pytest tests/stubs/test_golden.py writes it anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.stubs.generated import stubs_of, write_package

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["everything", "nothing"])
def test_generated_text_is_as_it_was_reviewed(name: str, tmp_path: Path) -> None:
    definition = json.loads((GOLDEN / f"{name}.mcp.json").read_text("utf-8"))
    write_package(stubs_of(definition, tmp_path), tmp_path / "generated")
    subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--quiet", "--line-length=110", "generated"],
        cwd=tmp_path,
        check=True,
    )
    found = {path.name: path.read_text("utf-8") for path in sorted((tmp_path / "generated").glob("*.py"))}
    # A suffix of their own: no linter and no type checker takes them for part of the tests.
    expected = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        expected.mkdir(exist_ok=True)
        for old in expected.iterdir():
            old.unlink()
        for file, text in found.items():
            (expected / f"{file}.txt").write_text(text, encoding="utf-8")
    pinned = {path.name.removesuffix(".txt"): path.read_text("utf-8") for path in expected.iterdir()}
    assert found == pinned, "UPDATE_GOLDEN=1 pytest tests/stubs/test_golden.py writes it anew"
