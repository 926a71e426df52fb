"""Probes as a run asks them: what becomes of one in which a server falls over, and which tools are called."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from mcpgen.validate.exercise import Plan
from mcpgen.validate.report import Report
from mcpgen.validate.run import Options, validate
from mcpgen.validate.target import Target

from .serving import Served, serving


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def judged(target: Target, *, probes: bool = True, **options: Any) -> Report:
    chosen = Options(timeout=60, deadline=600, probes=probes, **options)
    return asyncio.run(validate(target, chosen, announce=lambda _: None))


def test_a_server_that_falls_over_a_probe_is_asked_the_others_in_another_conversation(served: Served) -> None:
    report = judged(served.target("stdio", "cancellation-late-harmless.falls-over-it"), revision="2025-11-25")
    outcomes = {one.probe: one.outcome for one in report.probes}
    assert outcomes["cancellation-late"] == "crashed"
    assert outcomes["cancellation-unfounded"] == "answered rightly"
    assert outcomes["frame-not-json"] == "rejected rightly"
    assert report.failure is None and report.exit_code == 1


def test_a_given_tool_is_called_with_what_was_given_and_an_unknown_one_is_wrong_usage(served: Served) -> None:
    given = (("add", {"a": 1, "region": "north"}),)
    report = judged(served.target("stdio"), probes=False, plan=Plan(given=given))
    assert report.failure is None and report.findings == []
    calls = report.runs[0].asked["tools/call"]
    assert (calls.times, calls.results) == (1, 1)
    report = judged(served.target("stdio"), plan=Plan(given=(("subtract", {}),)))
    assert report.failure is not None and report.exit_code == 2
    assert report.failure.message == "--tool subtract: the server lists no tool of that name"
    assert report.failure.hint == "it has add, ask, confirm, embed, work"


def test_without_probes_nothing_wrong_is_sent_and_their_rules_are_skipped(served: Served) -> None:
    report = judged(served.target("stdio"), probes=False)
    (run,) = report.runs
    assert run.probes == () and "mcpgen/no-such-method" not in run.asked
    checks = {check.rule: check for check in run.checks}
    assert checks["tools-unknown-refused"].verdict == "skipped"
    assert checks["tools-unknown-refused"].reason == "nobody asked (probe tool-unknown)"
