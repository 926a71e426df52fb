"""`mcpgen validate` on a server of `mcpgen serve`: the two halves of the house agree about the protocol."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from mcpgen_runtime.revisions import REVISIONS


@pytest.mark.slow
def test_validator_finds_nothing_over_stdio_and_http(
    everything_directory: Path, everything_url: str, mcpgen: str
) -> None:
    command = [
        mcpgen,
        "validate",
        "--revision",
        "all",
        "--call-tools",
        "--allow-destructive",
        "--format",
        "json",
    ]
    targets = ["--", mcpgen, "serve", "server:server", "--stdio"], ["--url", everything_url]
    with ExitStack() as stack:
        # Both at once: a judge waits most of the time.
        judging = [
            stack.enter_context(
                subprocess.Popen(
                    [*command, *target],
                    cwd=everything_directory,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for target in targets
        ]
        for judge in judging:
            output, errors = judge.communicate(timeout=120)
            assert judge.returncode == 0, output[-3000:] + errors
            report = json.loads(output)
            assert report["findings"] == []
            assert report["summary"]["passed"] >= 24 * len(REVISIONS)
