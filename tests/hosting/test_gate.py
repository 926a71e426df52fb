"""The gate that is shipped is made of the text beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from mcpgen.hosting import outgoing


def test_gate_is_made_of_its_text(tmp_path: Path, require_tool: Callable[[str | Path], str]) -> None:
    tools = require_tool(Path(sys.executable).with_name("wasm-tools"))
    source = outgoing._GATE.parent
    wit, core, made = tmp_path / "wit", tmp_path / "core.wasm", tmp_path / "gate.wasm"
    shutil.copytree(source / "deps", wit / "deps")
    shutil.copy(source / "gate.wit", wit)
    embed = ["component", "embed", str(wit), "--world", "gate", str(source / "gate.wat"), "-o", str(core)]
    for command in (
        embed,
        ["component", "new", str(core), "-o", str(made)],
        ["strip", "--all", str(made), "-o", str(made)],
    ):
        subprocess.run([tools, *command], check=True)
    assert made.read_bytes() == outgoing._GATE.read_bytes()
