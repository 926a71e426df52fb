"""The page on the client: its examples run, say what they show, and pass the type checker."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mcpgen_runtime.client import Client, StdioTransport, errors

PAGE = Path(__file__).resolve().parents[2] / "docs/client.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_example_runs_and_prints_what_it_shows(
    example: str, project_root: Path, require_tool: Callable[[str | Path], str]
) -> None:
    tools = str(Path(require_tool(Path(sys.executable).with_name("mcpgen"))).parent)
    run = subprocess.run(
        [sys.executable, "-c", example],
        cwd=project_root,
        env=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    shown = re.findall(r"print\(.*\)  +# (.*)", example)
    assert shown
    for line in shown:
        assert line in run.stdout.splitlines()


@pytest.mark.slow
def test_examples_pass_the_type_checker(project_root: Path, tmp_path: Path) -> None:
    files = []
    for number, example in enumerate(EXAMPLES):
        file = tmp_path / f"example{number}.py"
        file.write_text(example, encoding="utf-8")
        files.append(str(file))
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *files],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": f"{project_root / 'generated'}:{project_root / 'runtime'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_every_error_and_argument_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    for name in errors.__all__:
        assert f"`{name}`" in text or name == "Unanswered", name
    keywords = Client.__init__.__kwdefaults__
    assert keywords is not None
    for name in keywords:
        assert re.search(rf"`{name}\b", text), name
    for name in ("env", "cwd", "on_stderr"):
        assert name in (StdioTransport.__init__.__kwdefaults__ or {})
        assert re.search(rf"`{name}\b", text), name
