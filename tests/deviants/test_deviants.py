"""Each rule can fail: every deviant is caught, over stdio and HTTP, and the conforming server never is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from mcpgen.schema.rules import load_rules
from mcpgen.validate.run import OLDER
from mcpgen_types import REVISIONS

from .deviating import MUTATIONS, TRANSPORTS, VARIANTS, of_rule
from .judging import judged, outcome
from .serving import Served, serving
from .unusual import UNUSUAL

CASES = [(name, transport) for name, mutation in MUTATIONS.items() for transport in mutation.transports]


#: Rules that only speak up: there is no sign of a notification rightly left unanswered, nor does anybody
#: subscribe to resources.
ONLY_BROKEN = {"http-get-no-answers", "jsonrpc-notification-unanswered", "resources-updated-subscribed"}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def test_every_rule_has_a_deviant_on_every_transport_that_it_is_for() -> None:
    for rule in load_rules():
        everywhere = {"stdio", "http"} if "any" in rule.transports else set()
        wanted = everywhere | rule.transports.intersection(TRANSPORTS)
        assert {name for each in of_rule(rule.id) for name in each.transports} == wanted, rule.id


def test_what_follows_from_a_mutation_are_rules() -> None:
    assert {rule for each in MUTATIONS.values() for rule in each.follows} <= load_rules().ids


def test_the_conforming_server_keeps_every_rule_and_breaks_none(served: Served) -> None:
    kept: set[str] = set()
    for transport, revision in (*product(("stdio", "http"), (None, *REVISIONS)), (OLDER, REVISIONS[0])):
        report = judged(served.target(transport), revision, sampling_tools=True, elicit_url=True)
        assert report.findings == [], (transport, revision)
        assert report.failure is None, (transport, revision)
        assert {run.revision for run in report.runs} == {revision or REVISIONS[-1]}
        kept |= {check.rule for check in report.checks if check.verdict == "pass"}
    for name, variant in VARIANTS.items():
        for transport in variant.transports:
            report = outcome(variant, served.target(transport, name)).report
            assert report.findings == [], (name, transport)
            passed = {check.rule for check in report.checks if check.verdict == "pass"}
            assert variant.rule in passed, name
            kept |= passed
    assert load_rules().ids - kept == ONLY_BROKEN


@pytest.mark.parametrize("name", UNUSUAL)
def test_nothing_is_found_on_a_server_that_is_merely_unusual(served: Served, name: str) -> None:
    (transport,) = UNUSUAL[name].transports
    report = judged(served.target(transport, name), UNUSUAL[name].revision)
    assert report.findings == []
    assert report.failure is None


@pytest.mark.parametrize(("name", "transport"), CASES)
def test_what_breaks_one_rule_is_accused_of_that(served: Served, name: str, transport: str) -> None:
    mutation = MUTATIONS[name]
    seen = outcome(mutation, served.target(transport, name), hasty=True)
    assert seen.caught, seen.named
    assert seen.accused_falsely == []
