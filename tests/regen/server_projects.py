"""A server project to regenerate."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from mcpgen.regen.tree import read_tree

CONFIG = """\
definition = "server.mcp.json"
target = "handlers:server"

[output.stubs]
directory = "generated"
"""
ADD: dict[str, Any] = {
    "name": "add",
    "description": "Adds two numbers.",
    "inputSchema": {
        "type": "object",
        "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
        "required": ["a", "b"],
    },
    "outputSchema": {"type": "object", "properties": {"sum": {"type": "number"}}, "required": ["sum"]},
}
Run = subprocess.CompletedProcess[str]


class Project:
    """A server project, and the commands run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "mcpgen.toml").write_text(CONFIG)
        self.define(tools=[ADD])

    def define(self, **features: Any) -> None:
        """Have the definition offer these features."""
        definition = {"name": "calculator", "version": "1.0.0", **features}
        (self.root / "server.mcp.json").write_text(json.dumps(definition, indent=2))

    def run(self, *arguments: str, cwd: Path | None = None) -> Run:
        """`mcpgen ARGUMENTS` in the project."""
        return subprocess.run(
            [sys.executable, "-m", "mcpgen", *arguments],
            cwd=cwd or self.root,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def regen(self, *arguments: str) -> Run:
        """`mcpgen regen`, which has to work."""
        run = self.run("regen", *arguments)
        assert run.returncode == 0, run.stderr
        return run

    def generated(self) -> dict[str, bytes | None]:
        """What is in the output directory."""
        return read_tree(self.root / "generated")
