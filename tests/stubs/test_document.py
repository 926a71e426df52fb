"""What docs/stubs.md shows is typed, and runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.stubs.generated import stubs_of, tool, write_package

_TWO = {"properties": {"a": {"type": "number"}, "b": {"type": "number"}}, "required": ["a", "b"]}
_SUM = {"type": "object", "properties": {"sum": {"type": "number"}}, "required": ["sum"]}
DEFINITION = {
    "tools": [tool(_TWO, name="add", output=_SUM)],
    "resourceTemplates": [{"uriTemplate": "t://notes/{id}", "name": "note"}],
}


@pytest.mark.slow
def test_python_of_the_page_on_stubs_runs_and_is_typed(project_root: Path, tmp_path: Path) -> None:
    page = (project_root / "docs/stubs.md").read_text("utf-8")
    handlers, use = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    write_package(stubs_of(DEFINITION, tmp_path), tmp_path / "generated")
    (tmp_path / "handlers.py").write_text(handlers, encoding="utf-8")
    started = use.replace('["mcpgen"', '[sys.executable, "-m", "mcpgen"')
    check = "assert (result.sum, note.contents[0].uri) == (3, 't://notes/1')"
    program = f"import asyncio, sys\n{started}        {check}\n\n\nasyncio.run(main())\n"
    (tmp_path / "use.py").write_text(program, encoding="utf-8")
    subprocess.run([sys.executable, "use.py"], cwd=tmp_path, check=True, timeout=60)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(tmp_path)]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
