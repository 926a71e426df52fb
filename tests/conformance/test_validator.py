"""`mcpgen validate` on a server of `mcpgen serve`: the two halves of the house agree about the protocol."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mcpgen_runtime.revisions import REVISIONS


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_validator_finds_nothing(
    transport: str, everything_directory: Path, everything_url: str, mcpgen: str
) -> None:
    command = ["--", mcpgen, "serve", "server:server", "--stdio"]
    judged = subprocess.run(
        [
            *(mcpgen, "validate", "--revision", "all", "--call-tools", "--format", "json"),
            *(command if transport == "stdio" else ["--url", everything_url]),
        ],
        cwd=everything_directory,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-3000:] + judged.stderr
    report = json.loads(judged.stdout)
    assert report["findings"] == []
    assert report["summary"]["passed"] >= 24 * len(REVISIONS)
