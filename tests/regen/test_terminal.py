"""On a terminal there is a moving bar and a coloured diff; what is written is the same."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

from mcpgen.regen.tree import read_tree


def _on_a_terminal(project: Path, *arguments: str) -> tuple[int, str]:
    """Run `mcpgen regen` with a terminal for its output: the exit code, and all that it showed."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    for name in ("NO_COLOR", "CI", "GITHUB_ACTIONS"):
        environment.pop(name, None)
    run = subprocess.Popen(
        [sys.executable, "-m", "mcpgen", "regen", *arguments],
        cwd=project,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    )
    os.close(theirs)
    shown: list[bytes] = []

    def read() -> None:
        try:
            while part := os.read(ours, 65536):
                shown.append(part)
        except OSError:
            pass  # How Linux says that the other end is closed.

    reader = threading.Thread(target=read)
    reader.start()
    code = run.wait(timeout=60)
    reader.join(timeout=60)
    os.close(ours)
    return code, b"".join(shown).decode()


def test_bar_moves_and_is_gone_at_the_end(project: Path, output: Path) -> None:
    code, shown = _on_a_terminal(project)
    assert code == 0
    assert "━" in shown
    assert "\x1b[2K" in shown
    assert "generating" not in shown
    assert shown.rstrip().endswith(f"generated/types: {len(read_tree(output))} written, 0 unchanged")


def test_diff_is_coloured(project: Path, generated: Path) -> None:
    file = generated / "codec.py"
    file.write_text(file.read_text() + "\nedited = [1]\n")
    code, shown = _on_a_terminal(project, "--check")
    assert code == 1
    assert "\x1b[31m-edited = [1]\x1b[0m" in shown
