"""The official conformance suite against examples/everything: nothing fails, nothing is left out.

`docs/conformance.md` says what the suite covers, and what it does not look at.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Require = Callable[[str | Path], str]

#: What a run has to check at least: fewer successes without a failure would mean that something was not
#: tested. The official Python server has as many, and one more in 2025-11-25: it answers lists with
#: streams, whose working the suite then checks, and here they come as plain JSON.
LEAST_SUCCESSES = {"2025-03-26": 3, "2025-06-18": 56, "2025-11-25": 83, "2026-07-28": 152}

#: Scenarios of extensions, by the beginning of their names, and why they are none of ours. The suite runs
#: them by name only: they belong to no revision.
LEFT_OUT = {
    "tasks-": "the extension io.modelcontextprotocol/tasks, which this runtime does not implement yet",
    "sep-2640-skills-": "the extension for skills, which this runtime does not implement",
}


def suite(peers: Path, require_tool: Require, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the suite's command with the pinned Node, which is newer than the suite's least."""
    require_tool(peers / "node_modules/.bin/node")
    command = require_tool(peers / "node_modules/.bin/conformance")
    path = f"{peers / 'node_modules/.bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [command, *arguments],
        env=os.environ | {"PATH": path, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def checks_in(directory: Path) -> dict[str, list[dict[str, Any]]]:
    """Every check that a run wrote down, by scenario."""
    found = {}
    for path in sorted(directory.glob("*/checks.json")):
        # server-NAME-2026-11-21T11-15-41-696Z
        scenario = path.parent.name.removeprefix("server-")[: -len("-2026-11-21T11-15-41-696Z")]
        found[scenario] = json.loads(path.read_text())
    return found


def listed(peers: Path, require_tool: Require) -> dict[str, str]:
    """Every scenario for servers that the suite has, with the revisions it is for."""
    run = suite(peers, require_tool, "list", "--server")
    assert run.returncode == 0, run.stderr
    lines = [line.split() for line in run.stdout.splitlines() if line.startswith("  - ")]
    return {name: revisions for _, name, revisions in lines}


def told(scenario: str, check: dict[str, Any]) -> str:
    said = check.get("errorMessage") or check.get("details")
    return f"{scenario}: {check['id']}: {check['status']}: {said}"


@pytest.mark.slow
@pytest.mark.parametrize("revision", LEAST_SUCCESSES)
def test_suite_finds_nothing(
    revision: str,
    everything_url: str,
    peers: Path,
    require_tool: Require,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chosen = ["--suite", "all", "--spec-version", revision]
    run = suite(peers, require_tool, "server", "--url", everything_url, *chosen, "-o", str(tmp_path))
    checks = checks_in(tmp_path)
    findings = [
        told(scenario, check)
        for scenario, each in checks.items()
        for check in each
        if check["status"] not in ("SUCCESS", "INFO")
    ]
    assert findings == []
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    # A scenario that checked nothing would be missed by nobody.
    wanted = [name for name, revisions in listed(peers, require_tool).items() if revision in revisions]
    succeeded = [name for name, each in checks.items() if any(check["status"] == "SUCCESS" for check in each)]
    assert sorted(succeeded) == sorted(wanted)
    count = Counter(check["status"] for each in checks.values() for check in each)
    assert count["SUCCESS"] >= LEAST_SUCCESSES[revision]
    with capsys.disabled():
        print(
            f"\nofficial suite, {revision}: {count['SUCCESS']} checks in {len(checks)} scenarios, none failed"
        )


@pytest.mark.slow
def test_nothing_is_left_out_but_extensions(peers: Path, require_tool: Require) -> None:
    scenarios = listed(peers, require_tool)
    of_extensions = [name for name, revisions in scenarios.items() if revisions == "[extension]"]
    assert len(scenarios) - len(of_extensions) >= 50
    assert [name for name in of_extensions if not name.startswith(tuple(LEFT_OUT))] == []
