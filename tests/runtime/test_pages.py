"""The pages on handlers, errors and layers say what is so: their code runs, their tables hold."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime import errors
from mcpgen_runtime.server import Server

from .core.client import REVISIONS, Client

DOCS = Path(__file__).resolve().parents[2] / "docs"


def code(page: str) -> str:
    """The Python of a page, one block after the other."""
    text = (DOCS / page).read_text("utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("page", ["handlers.md", "errors.md", "lifetime.md", "middleware.md", "testing.md"])
def test_the_code_of_a_page_runs_as_one_program(page: str) -> None:
    subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", code(page)], check=True, timeout=60)


@pytest.mark.parametrize("page", ["handlers.md", "lifetime.md", "middleware.md", "testing.md"])
def test_the_code_of_a_page_is_typed(page: str, tmp_path: Path, project_root: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text(code(page), encoding="utf-8")
    path = f"{project_root / 'generated'}:{project_root / 'runtime'}"
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", file],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_tree_on_the_page_is_the_tree_in_the_module() -> None:
    assert errors.__doc__ is not None
    tree = re.search(
        r"^    McpError.*?\n\n    ToolError.*?$(?=\n\n)", errors.__doc__, re.MULTILINE | re.DOTALL
    )
    assert tree is not None
    shown = "\n".join(line.removeprefix("    ") for line in tree[0].splitlines())
    assert f"```\n{shown}\n```" in (DOCS / "errors.md").read_text("utf-8")
    for line in shown.splitlines():
        name = re.match(r"[│├└─ ]*(\w+)?", line)
        assert name is not None
        assert name[1] is None or issubclass(getattr(errors, name[1]), Exception)


#: One of each, as the table names them.
RAISED: dict[str, Exception] = {
    "InvalidRequest": errors.InvalidRequest("m"),
    "MethodNotFound": errors.MethodNotFound("m"),
    "InvalidParams": errors.InvalidParams("m"),
    "ResourceNotFound": errors.ResourceNotFound("x://a"),
    "ToolNotFound": errors.ToolNotFound("t"),
    "PromptNotFound": errors.PromptNotFound("p"),
    "MissingClientCapability": errors.MissingClientCapability("m", {}),
    "HeaderMismatch": errors.HeaderMismatch("m"),
    "UnsupportedProtocolVersion": errors.UnsupportedProtocolVersion("x", []),
    "UrlElicitationRequired": errors.UrlElicitationRequired([]),
    "McpError": errors.McpError("m"),
    "Exception": Exception("m"),
    "ToolError": errors.ToolError("m"),
}


def test_the_table_of_codes_holds_in_every_revision() -> None:
    page = (DOCS / "errors.md").read_text("utf-8")
    (head,) = re.findall(r"^\| raised \| (.*) \|$", page, re.MULTILINE)
    revisions = head.split(" | ")
    assert sorted(revisions) == sorted(REVISIONS)
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE)
    assert [name for name, _ in rows] == list(RAISED)
    server = Server("s", "1")
    for name, error in RAISED.items():
        server.add_tool({"name": name, "inputSchema": {"type": "object"}}, raising(error))
    for index, revision in enumerate(revisions):
        client = Client(server, revision)
        for name, cells in rows:
            answer = client.request("tools/call", {"name": name})
            found = str(answer["error"]["code"]) if "error" in answer else "result"
            assert found == cells.split(" | ")[index], (name, revision)


def raising(error: Exception) -> Any:
    """A handler that raises `error`."""

    async def handler(arguments: dict[str, Any], ctx: Any) -> str:
        raise error

    return handler
