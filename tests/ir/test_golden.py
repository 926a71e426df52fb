"""The IR of every revision, pinned: a change of the schemas or of the IR shows as a diff to be reviewed.

`UPDATE_GOLDEN=1 pytest tests/ir` writes the files anew.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_ir_is_what_was_reviewed(revision: str) -> None:
    """Through the real command in a process of its own, with its own hash seed."""
    shown = subprocess.run(
        [sys.executable, "-m", "mcpgen", "schema", "show", "--ir", "--revision", revision],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    json.loads(shown)
    golden = GOLDEN / f"{revision}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(shown)
    assert golden.read_text() == shown, (
        "the IR has changed; review it: UPDATE_GOLDEN=1 pytest tests/ir; git diff"
    )
