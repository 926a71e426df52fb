"""What the documents show works as they show it."""

from __future__ import annotations

import json
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
    files = []
    for number, example in enumerate(blocks(project_root / "README.md", "python")):
        files.append(tmp_path / f"example_{number}.py")
        files[-1].write_text(example, encoding="utf-8")
        subprocess.run([sys.executable, files[-1]], check=True)
    assert len(files) == 2
    rooms = os.pathsep.join(str(project_root / room) for room in ("generated", "runtime"))
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *files],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": rooms},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_server_of_the_readme_greets(project_root: Path, tmp_path: Path) -> None:
    (example,) = (text for text in blocks(project_root / "README.md", "python") if "Server(" in text)
    (tmp_path / "greeter.py").write_text(example, encoding="utf-8")
    prefix = "io.modelcontextprotocol/"
    meta = {f"{prefix}protocolVersion": "2026-07-28", f"{prefix}clientCapabilities": {}}
    call = {"name": "greet", "arguments": {"name": "Ada"}, "_meta": meta}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    served = subprocess.run(
        [sys.executable, "-m", "mcpgen", "serve", "greeter.py:server"],
        input=json.dumps(message) + "\n",
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(served.stdout)["result"]["content"] == [{"type": "text", "text": "Hello, Ada!"}]


def test_commands_of_the_readme_exist_with_their_options(project_root: Path) -> None:
    shown = [
        found
        for block in blocks(project_root / "README.md", "sh")
        for found in re.findall(r"^mcpgen (schema \w+|[\w-]+)([^#\n]*)", block, re.MULTILINE)
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
