"""A short soak, and soaks that find what is wrong with servers that have one fault each."""

from __future__ import annotations

import asyncio

import pytest

from .soaking import Outcome, Plan, Soak


def soak(seconds: float, **plan: object) -> Outcome:
    # Seconds are too short for a heap to settle: only what a leak adds in them counts.
    return asyncio.run(Soak(Plan(seconds=seconds, seed=20261120, allowed_growth=16, **plan)).run())  # type: ignore[arg-type]


@pytest.mark.slow
def test_servers_under_load_and_faults_lose_nothing_and_exit_cleanly() -> None:
    outcome = soak(15, patience=60)
    assert outcome.problems == []
    assert outcome.done["echo"] > 100
    for fault in (
        "garbage",
        "cancelled over stdio",
        "cancelled over HTTP",
        "oversized message",
        "slow reading",
    ):
        assert outcome.done[fault], fault
    assert any(outcome.done[fault] for fault in outcome.done if fault.startswith("connection cut"))


@pytest.mark.slow
def test_a_soak_finds_a_server_that_leaks() -> None:
    outcome = soak(6, target="tests.soak.faulty:leaking", http=False, pause=0.002, patience=60)
    assert any("memory grew" in problem for problem in outcome.problems)


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "problem"), [("losing", "never answered"), ("doubling", "answered twice")])
def test_a_soak_finds_a_server_that_loses_or_doubles_replies(fault: str, problem: str) -> None:
    outcome = soak(5, target=f"tests.soak.faulty:{fault}", http=False, patience=3)
    assert any(problem in each for each in outcome.problems)
