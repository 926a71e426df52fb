"""The project's own judge on the project's own server, over every transport, in every revision."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mcpgen.validate.exercise import Plan
from mcpgen.validate.report import Report
from mcpgen.validate.run import Options, validate
from mcpgen.validate.target import Target
from mcpgen_types import REVISIONS


@pytest.fixture
def targets(
    everything_addresses: dict[str, str],
    everything_directory: Path,
    mcpgen: str,
) -> dict[str, Target]:
    """The server, by the name of each transport."""
    host, _, port = everything_addresses["tcp"].removeprefix("tcp://").rpartition(":")
    return {
        "stdio": Target(command=(mcpgen, "serve", "server:server"), cwd=everything_directory),
        "http": Target(url=everything_addresses["http"]),
        "ws": Target(ws=everything_addresses["ws"]),
        "tcp": Target(tcp=(host, int(port))),
        "unix": Target(unix=Path(everything_addresses["unix"].removeprefix("unix:"))),
    }


@pytest.mark.slow
def test_our_server_breaks_no_rule_over_any_transport(targets: dict[str, Target]) -> None:
    options = Options(
        revision="all", timeout=30, deadline=100, plan=Plan(call_tools=True, allow_destructive=True)
    )

    async def judge() -> list[Report]:
        # All at once: a judge waits most of the time.
        judges = (validate(target, options, announce=lambda _: None) for target in targets.values())
        return await asyncio.gather(*judges)

    for transport, report in zip(targets, asyncio.run(judge()), strict=True):
        assert report.failure is None, transport
        assert [run.revision for run in report.runs if run.skipped is None] == list(REVISIONS), transport
        assert report.findings == [], transport
        assert report.exit_code == 0, transport


@pytest.mark.slow
@pytest.mark.parametrize("revision", [None, "2024-11-05"])
def test_our_server_is_recognised_over_the_transport_before(
    revision: str | None, everything_addresses: dict[str, str]
) -> None:
    target = Target(url=everything_addresses["http"].removesuffix("/mcp") + "/sse")
    report = asyncio.run(validate(target, Options(revision=revision, timeout=30), announce=lambda _: None))
    assert report.findings == [] and report.exit_code == 0
    (run,) = report.runs
    assert run.revision == (revision or "2025-11-25")
    assert run.notes[0].startswith("the server was spoken to over HTTP+SSE")
