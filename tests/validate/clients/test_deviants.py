"""Clients that break one rule are told so, and that first; honest ones are accused of nothing."""

from __future__ import annotations

from functools import cache

import pytest

from mcpgen.schema.rules import load_client_rules
from mcpgen.validate.clients.run import _report
from mcpgen.validate.report import Report
from mcpgen_types import REVISIONS

from .deviants import DEVIANTS, NEW, Deviant
from .playing import played

RUNS = [
    pytest.param(deviant, revision, transport, id=f"{number}-{deviant.name}-{revision}-{transport}")
    for number, deviant in enumerate(DEVIANTS)
    for revision in deviant.revisions
    for transport in deviant.transports
]


def run(transport: str, revision: str, deviant: Deviant | None = None) -> Report:
    return _report({"transport": transport, "scene": "tour"}, played(transport, revision, deviant), None)


@cache
def honest(transport: str, revision: str) -> Report:
    return run(transport, revision)


@pytest.mark.parametrize(("deviant", "revision", "transport"), RUNS)
def test_a_deviant_client_is_accused_of_just_what_it_does(
    deviant: Deviant, revision: str, transport: str
) -> None:
    found = run(transport, revision, deviant).findings
    assert found, "nothing was found"
    rules = [finding.rule for finding in found]
    rule = next(each for each in load_client_rules() if (each.id, each.revision) == (deviant.rule, revision))
    assert rules[0] == deviant.rule, [(each.rule, each.message) for each in found]
    assert set(rules) <= {deviant.rule, *deviant.follows}, [(each.rule, each.message) for each in found]
    softened = deviant.rule == "client-empty-cursor"
    assert found[0].verdict == ("violation" if rule.level == "MUST" and not softened else "warning")


@pytest.mark.parametrize("transport", ["stdio", "http"])
@pytest.mark.parametrize("revision", REVISIONS)
def test_an_honest_client_goes_through_everything_and_is_accused_of_nothing(
    revision: str, transport: str
) -> None:
    report = honest(transport, revision)
    assert [(each.rule, each.message) for each in report.findings] == []
    assert report.runs[0].notes == ()
    assert report.runs[0].revision == revision


def test_every_rule_has_a_client_that_breaks_it() -> None:
    broken = {deviant.rule for deviant in DEVIANTS}
    assert broken == load_client_rules().ids


def test_an_honest_client_puts_nearly_every_rule_to_the_test() -> None:
    checks = [
        check
        for transport, revision in (
            ("http", NEW),
            ("http", "2025-11-25"),
            ("stdio", NEW),
            ("stdio", "2025-03-26"),
        )
        for check in honest(transport, revision).checks
    ]
    untested = {check.rule for check in checks} - {check.rule for check in checks if check.verdict == "pass"}
    # What a client does of itself, or in the other scene.
    assert untested == {
        "client-cancels-own",
        "client-initialize-not-cancelled",
        "client-no-responses",
        "client-progress-token-unique",
        "client-unknown-version-leaves",
    }


def test_what_a_client_left_out_is_noted_with_the_last_that_it_called() -> None:
    walker = next(deviant for deviant in DEVIANTS if deviant.rule == "client-input-state-echoed")
    (note,) = run("stdio", NEW, walker).runs[0].notes
    assert " tools the client called 1, asks_once last, and not answers_twice, asks_thrice," in note
