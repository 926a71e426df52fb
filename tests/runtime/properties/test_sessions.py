"""Sessions of every revision, in random legal and illegal steps: the server never says what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from tests.runtime.properties.budget import budget
from tests.runtime.properties.carriers import OverMemory
from tests.runtime.properties.session_steps import SessionSteps
from tests.runtime.properties.stateless_steps import StatelessSteps

from mcpgen_runtime.revisions import LEGACY


class MixedSteps(SessionSteps, StatelessSteps):
    """A client that speaks modern until it opens a session, and sometimes goes on doing so."""

    modern_spoken = True
    legacy_spoken = True

    def open_as_usual(self, pick: int) -> None:
        """Nothing, or what a client of the legacy era does; the others open their session later."""
        if pick % 3 == 1:
            super().open_as_usual(pick)


def of(steps: type[RuleBasedStateMachine], **settings: Any) -> type[RuleBasedStateMachine]:
    """The machine with some of its class's settings changed."""
    return type(steps.__name__, (steps,), settings)


@pytest.mark.parametrize("revision", LEGACY)
def test_session_holds(revision: str) -> None:
    run_state_machine_as_test(of(SessionSteps, revisions=(revision,)), settings=budget(50))


def test_stateless_requests_hold() -> None:
    run_state_machine_as_test(StatelessSteps, settings=budget(100))


def test_both_eras_on_one_connection_hold() -> None:
    run_state_machine_as_test(MixedSteps, settings=budget(100))


@pytest.mark.parametrize(
    ("steps", "examples"),
    [(SessionSteps, 30), (StatelessSteps, 12), (MixedSteps, 16)],
    ids=["legacy", "modern", "both eras"],
)
def test_over_memory_under_asyncio_holds(steps: type[RuleBasedStateMachine], examples: int) -> None:
    run_state_machine_as_test(of(steps, carried_by=OverMemory), settings=budget(examples))
