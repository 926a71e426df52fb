"""What the documents show works as they show it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def blocks(document: Path, language: str) -> Iterator[str]:
    """The fenced blocks of `document` in that language."""
    yield from re.findall(
        rf"^```{language}\n(.*?)^```$", document.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def test_python_of_the_readme_runs_and_passes_the_type_checker(project_root: Path, tmp_path: Path) -> None:
    (example,) = blocks(project_root / "README.md", "python")
    file = tmp_path / "example.py"
    file.write_text(example, encoding="utf-8")
    subprocess.run([sys.executable, file], check=True)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", file],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": str(project_root / "generated")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_commands_of_the_readme_exist_with_their_options(project_root: Path) -> None:
    shown = [
        found
        for block in blocks(project_root / "README.md", "sh")
        for found in re.findall(r"^mcpgen (schema \w+|\w+)([^#\n]*)", block, re.MULTILINE)
    ]
    assert {"validate", "regen", "schema import"} <= {command for command, _ in shown}
    for command, rest in shown:
        usage = subprocess.run(
            [sys.executable, "-m", "mcpgen", *command.split(), "--help"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for option in re.findall(r" (--\w[\w-]*)", rest.partition(" -- ")[0]):
            assert option in usage, f"mcpgen {command} has no {option}"


def test_python_of_the_page_on_types_runs(project_root: Path) -> None:
    for example in blocks(project_root / "docs" / "types.md", "python"):
        subprocess.run([sys.executable, "-c", example], check=True)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", document.read_text("utf-8")):
        assert target.startswith("https://") or (document.parent / target).exists(), target
