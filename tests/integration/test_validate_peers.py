"""Real servers, written by others and pinned in tests/peers: the rules that each one breaks.

docs/field-report.md lists every finding with the evidence; these sets are that list, held against the
servers. A difference is either a server that changed or a judge that did: look before changing a line.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcpgen.validate.client import LEGACY, REVISIONS
from mcpgen.validate.exercise import Plan
from mcpgen.validate.report import Report
from mcpgen.validate.run import Options, validate
from mcpgen.validate.target import Target

Require = Callable[[str | Path], str]
CALLING = Plan(call_tools=True, allow_destructive=True)


async def judging(target: Target, **options: object) -> Report:
    chosen = Options(timeout=30, deadline=110, **options)  # type: ignore[arg-type]
    return await validate(target, chosen, announce=lambda _: None)


def judged(target: Target, **options: object) -> Report:
    return asyncio.run(judging(target, **options))


def broken(report: Report) -> set[tuple[str, str]]:
    """Rule and revision of every finding."""
    return {(finding.rule, finding.revision) for finding in report.findings}


def rules_tested(report: Report) -> int:
    counts = report.summary()
    return counts["passed"] + counts["violations"] + counts["warnings"]


@pytest.fixture
def everything(project_root: Path, require_tool: Require) -> str:
    require_tool("node")
    return require_tool(project_root / "tests/peers/node_modules/.bin/mcp-server-everything")


@pytest.fixture
def everything_url(everything: str) -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    process = subprocess.Popen(
        [everything, "streamableHttp"],
        env=os.environ | {"PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("localhost", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, "the server did not start"
                time.sleep(0.1)
        yield f"http://localhost:{port}/mcp"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_everything_over_stdio(everything: str) -> None:
    report = judged(Target(command=(everything, "stdio")))
    assert report.runs[0].server["name"] == "mcp-servers/everything"
    assert report.runs[0].revision == "2025-11-25"
    assert broken(report) == set()
    assert report.exit_code == 0
    assert rules_tested(report) >= 22
    assert report.runs[0].requests >= 25


def test_everything_over_stdio_in_every_revision(everything: str) -> None:
    report = judged(Target(command=(everything, "stdio")), revision="all")
    assert [run.revision for run in report.runs if run.skipped is None] == list(LEGACY)
    assert broken(report) == set()


def test_everything_over_http(everything_url: str) -> None:
    report = judged(Target(url=everything_url))
    assert report.runs[0].revision == "2025-11-25"
    assert broken(report) == set()
    assert report.exit_code == 0
    assert rules_tested(report) >= 18


def test_everything_over_http_in_every_revision(everything_url: str) -> None:
    report = judged(Target(url=everything_url), revision="all")
    assert [run.revision for run in report.runs if run.skipped is None] == list(LEGACY)
    assert broken(report) == set()


#: By revision: the rules that its tools break.
RULES: dict[str, set[str]] = {
    "2024-11-05": {"schema-result"},
    "2025-03-26": {"schema-result"},
    "2025-06-18": {"schema-request"},
    "2025-11-25": set(),
}


@pytest.mark.slow
def test_tools_of_everything(everything: str) -> None:
    async def judge() -> list[Report]:
        # All at once: one of the tools takes ten seconds.
        target = Target(command=(everything, "stdio"))
        return await asyncio.gather(*(judging(target, revision=each, plan=CALLING) for each in RULES))

    for (revision, rules), report in zip(RULES.items(), asyncio.run(judge()), strict=True):
        assert broken(report) == {(rule, revision) for rule in rules}
        assert report.exit_code == (1 if rules else 0), revision
        if rules == {"schema-result"}:
            assert {finding.pointer for finding in report.findings} == {
                f"/result/content/{position}/type" for position in (1, 2, 3)
            }
            called = {finding.request["params"]["name"] for finding in report.findings}
            assert called == {"get-resource-links"}
        if rules == {"schema-request"}:
            assert {finding.method for finding in report.findings} == {"elicitation/create"}


@pytest.mark.parametrize("name", ["mcp-server-time", "mcp-server-fetch"])
def test_reference_servers_in_python(name: str, project_root: Path, require_tool: Require) -> None:
    command = (require_tool(project_root / "tests/peers/.venv/bin" / name),)
    report = judged(Target(command=command))
    assert (report.runs[0].revision, report.runs[0].era) == ("2026-07-28", "modern")
    assert report.runs[0].server["name"] == name.replace("server-", "")
    assert broken(report) == set()
    assert rules_tested(report) >= 16


@pytest.mark.parametrize("name", ["mcp-server-time", "mcp-server-fetch"])
def test_reference_servers_in_python_in_every_revision(
    name: str, project_root: Path, require_tool: Require
) -> None:
    command = (require_tool(project_root / "tests/peers/.venv/bin" / name),)
    # Tools of the time server touch nothing; those of the other would fetch a page.
    plan = CALLING if name == "mcp-server-time" else Plan()
    report = judged(Target(command=command), revision="all", plan=plan)
    assert [run.revision for run in report.runs if run.skipped is None] == list(REVISIONS)
    assert broken(report) == set()
    assert report.exit_code == 0
