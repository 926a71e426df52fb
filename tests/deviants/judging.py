"""One deviant, judged by the real `validate` over pipes and sockets: what it should be and was accused of."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest.mock import patch

from mcpgen.validate.exercise import Plan
from mcpgen.validate.probes.catalogue import PROBES, probes_of
from mcpgen.validate.probes.probe import Probe
from mcpgen.validate.report import Report
from mcpgen.validate.run import Options, validate
from mcpgen.validate.target import Target

from .deviating import Mutation

#: Honest servers get all the time they need, on however busy a machine.
PATIENCE = 60.0
_PAUSE = 0.2
_PROBED = {rule for probe in PROBES for rule in probe.rules}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `validate` said of a deviant."""

    mutation: Mutation
    report: Report

    @property
    def named(self) -> list[str]:
        """The rules of its findings, in their order."""
        return list(dict.fromkeys(finding.rule for finding in self.report.findings))

    @property
    def caught(self) -> bool:
        """Whether the right rule is named, and named first."""
        return self.named[:1] == [self.mutation.rule]

    @property
    def accused_falsely(self) -> list[str]:
        """The rules that are named and neither broken nor bound to follow."""
        return [
            rule for rule in self.named if rule != self.mutation.rule and rule not in self.mutation.follows
        ]


def judged(
    target: Target, revision: str | None, *, timeout: float = PATIENCE, probes: bool = True, **more: Any
) -> Report:
    """What `validate` says of a server, with `more` of its options."""
    options = Options(
        revision=revision,
        timeout=timeout,
        deadline=10 * PATIENCE,
        probes=probes,
        patience=PATIENCE,
        **{"plan": Plan(call_tools=True), **more},
    )
    return asyncio.run(validate(target, options, announce=lambda _: None))


def outcome(mutation: Mutation, target: Target, *, hasty: bool = False) -> Outcome:
    """What `validate` says of a deviant, in the revision in which it is one.

    Where `hasty`, tasks are made only by the deviants of their rules, and these are asked nothing else; nor
    are those of tokens.
    """
    # Asking takes time, and what needs no probe is caught without.
    probed = mutation.rule in _PROBED
    # Who keeps the rule is waited for; who breaks it never says anything.
    pause = PATIENCE if mutation.keeps else _PAUSE
    with patch("mcpgen.validate.run.probes_of", partial(_chosen, mutation.rule)) if hasty else nullcontext():
        report = judged(
            target,
            mutation.revision,
            timeout=mutation.timeout,
            probes=probed,
            pause=pause,
            **mutation.options,
        )
    return Outcome(mutation, report)


def _chosen(rule: str, *where: Any) -> list[Probe]:
    if rule.startswith("auth-"):
        # What is answered to others has nothing to do with tokens.
        return [probe for probe in probes_of(*where) if probe.authorizes or probe.name == "tool-unknown"]
    of_tasks = rule.startswith("tasks-")
    return [
        probe
        for probe in probes_of(*where)
        if (rule in probe.rules if of_tasks else not probe.rules[0].startswith("tasks-"))
    ]
