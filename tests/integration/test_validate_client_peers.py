"""Clients that others wrote, as real processes, before the script: what they are accused of is true.

What each does wrong, and why we hold that against it, is argued in docs/validate-client.md.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Require = Callable[[str | Path], str]

PYTHON = "tour_mcp_2.py"
TYPESCRIPT_1 = "tour_typescript.mjs 1"
TYPESCRIPT_2 = "tour_typescript.mjs 2"
TYPES_PASSED_ON = "client-unknown-result-type"
TOOLS_TAKEN = "client-sampling-tools-refused"
NEW, OLD = "2026-07-28", "2025-11-25"
CASES = [
    (PYTHON, NEW, "http", {TYPES_PASSED_ON}),
    (PYTHON, OLD, "stdio", {TOOLS_TAKEN}),
    (TYPESCRIPT_1, OLD, "http", {TOOLS_TAKEN}),
    (TYPESCRIPT_2, NEW, "http", set()),
    (TYPESCRIPT_2, "2025-06-18", "stdio", set()),
]


@pytest.mark.slow
@pytest.mark.parametrize(("client", "revision", "transport", "faults"), CASES)
def test_an_official_client_is_accused_of_its_true_faults_alone(
    client: str,
    revision: str,
    transport: str,
    faults: set[str],
    peers: Path,
    mcpgen: str,
    require_tool: Require,
    tmp_path: Path,
) -> None:
    script, *line = client.split()
    interpreter = ".venv/bin/python" if script.endswith(".py") else "node_modules/.bin/node"
    driver = [require_tool(peers / interpreter), str(peers / "clients" / script), *line, revision]
    file = tmp_path / "report.json"
    ours = [mcpgen, "validate-client", "--report", str(file)]
    # The other scene is for those who open with a handshake.
    ours += ["--scene", "tour"] if revision == NEW else []
    command = (
        [*ours, "--http", "127.0.0.1:0", "--", *driver]
        if transport == "http"
        else [*driver, *ours, "--stdio"]
    )
    run = subprocess.run(
        command, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False
    )
    assert file.exists(), run.stderr[-3000:]
    report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert "error" not in report, report["error"]
    assert {finding["rule"] for finding in report["findings"]} == faults, report["findings"]
    assert report["revision"] == revision
    assert "notes" not in report, report["notes"]
    verdicts = {check["rule"]: check["verdict"] for check in report["checks"]}
    if transport == "http" and revision != NEW:
        assert verdicts["client-unknown-version-leaves"] == "pass"
    if revision == NEW:
        assert verdicts["client-input-state-echoed"] == "pass"
        assert verdicts.get("client-http-value-encoded", "pass") == "pass"
    assert verdicts.get("client-request-answered", "pass") == "pass"
