"""Clients that others wrote, through the tap, to a real server: each uses every feature once."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interop.test_clients import expected, interpreter

from mcpgen.validate.transcript import judge_transcript

from .tapping import tap

Require = Callable[[str | Path], str]
Saw = Callable[..., object]


@pytest.fixture
def saw(peers: Path, everything_directory: Path, require_tool: Require) -> Saw:
    """What a client, over a transport and in a revision, saw at a target."""

    def saw(client: str, transport: str, revision: str, *target: str) -> object:
        script = peers / "clients" / client
        done = subprocess.run(
            [interpreter(script, peers, require_tool), script, transport, revision, *target],
            cwd=everything_directory,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found = json.loads(done.stdout)
        if client == "typescript_2.mjs":
            # It tells its users the newest code, whatever the older revisions have for it.
            found["unknown resource"] = expected(revision)["unknown resource"]
        return found

    return saw


@pytest.mark.slow
@pytest.mark.parametrize(
    ("client", "revision"), [("mcp_2.py", "2025-11-25"), ("typescript_1.mjs", "2025-06-18")]
)
def test_a_client_over_stdio_notices_nothing_and_is_rightly_judged(
    client: str,
    revision: str,
    tmp_path: Path,
    saw: Saw,
    mcpgen: str,
) -> None:
    record = tmp_path / "t.jsonl"
    command = [sys.executable, "-m", "mcpgen", "tap", "--record", str(record), "--"]
    server = [mcpgen, "serve", "server:server", "--stdio"]
    assert saw(client, "stdio", revision, *command, *server) == expected(revision)
    report = judge_transcript(record)
    assert report.runs[0].revision == revision
    assert report.runs[0].server["name"] == "everything"
    assert report.findings == []


@pytest.mark.slow
def test_clients_over_http_notice_nothing_and_are_rightly_judged(
    tmp_path: Path, saw: Saw, everything_url: str
) -> None:
    record = tmp_path / "t.jsonl"
    with tap("--listen", "localhost:0", "--url", everything_url, "--record", record) as running:
        found = re.search(r"http://\S+", running.told("is passed on to"))
        assert found is not None
        url = found[0]
        meetings = (
            ("mcp_2.py", "http", "2025-11-25", url),
            ("typescript_2.mjs", "http", "2026-07-28", url),
            ("typescript_1.mjs", "sse", "2024-11-05", url.removesuffix("/mcp") + "/sse"),
        )
        for client, transport, revision, target in meetings:
            assert saw(client, transport, revision, target) == expected(revision)
        running.process.send_signal(signal.SIGTERM)
        assert running.wait() == 0
    assert [line for line in running.lines if "VIOLATION" in line or "WARNING" in line] == []
    for name, (_, _, revision, _) in zip(("t.jsonl", "t-2.jsonl", "t-3.jsonl"), meetings, strict=True):
        report = judge_transcript(tmp_path / name)
        assert report.runs[0].revision == revision
        assert report.findings == []
