"""Where the judge writes down what it looked at and what it found.

Every question goes through `holds`, so a rule that was never put to the test shows as skipped, and only
one that was tested and never failed as passed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcpgen.schema.rules import CLIENT_NEEDS, NEEDS, Rule, RuleBook
from mcpgen.validate.report import Check, Finding, Verdict

# A server that breaks one rule a thousand times is told so a few times, and how often.
_FINDINGS_PER_RULE = 20
# What a server sent may be quoted, but not at any length.
_LONGEST_TEXT = 600


@dataclass(frozen=True, slots=True)
class About:
    """What a finding is about: the method, what the client sent, what the server sent."""

    method: Any = None
    request: Any = None
    response: Any = None


NOTHING = About()


class UnknownRule(LookupError):
    """The judge named a rule that the data does not have: a mistake in mcpgen."""


class Ledger:
    """The findings and checks of one run, in one revision over one transport.

    `left_open` names rules of which this run cannot show that they are broken, and why.
    """

    def __init__(
        self,
        book: RuleBook,
        *,
        revision: str,
        transport: str,
        left_open: Mapping[str, str] | None = None,
    ) -> None:
        self.transport = transport
        self._left_open = left_open or {}
        self._known = book.ids
        self._rules = {rule.id: rule for rule in book.of(revision, transport)}
        self._tested: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._worst: dict[str, Verdict] = {}
        self._undecided: dict[str, list[str]] = {}
        self.findings: list[Finding] = []

    def holds(
        self,
        rule_id: str,
        ok: bool,
        message: str,
        about: About = NOTHING,
        *,
        pointer: str = "",
        verdict: Verdict | None = None,
        page: str | None = None,
    ) -> bool:
        """Record that a rule was tested, and the finding if it does not hold; return `ok`.

        Nothing happens where the rule does not apply to the revision or the transport. `verdict`
        softens what the level would say, `page` names the spec page where a rule has several.
        Raises `UnknownRule` for an id without data.
        """
        rule = self._rule(rule_id)
        if rule is None:
            return ok
        if not ok and rule_id in self._left_open:
            self.undecided(rule_id, self._left_open[rule_id])
            return False
        self._tested[rule_id] += 1
        if ok:
            return True
        self._failed[rule_id] += 1
        outcome: Verdict = verdict or ("violation" if rule.level == "MUST" else "warning")
        if self._worst.get(rule_id) != "violation":
            self._worst[rule_id] = outcome
        if self._failed[rule_id] <= _FINDINGS_PER_RULE:
            spec = rule.spec if page is None else f"{rule.revision} {page}"
            self.findings.append(
                Finding(
                    rule=rule_id,
                    level=rule.level,
                    verdict=outcome,
                    method=_shortened(about.method) if isinstance(about.method, str) else None,
                    pointer=pointer,
                    message=_shortened(message),
                    spec=spec,
                    request=about.request,
                    response=about.response,
                    revision=rule.revision,
                )
            )
        return False

    def undecided(self, rule_id: str, reason: str) -> None:
        """Record that a rule could not be put to the test once, and why. Raises `UnknownRule`."""
        if self._rule(rule_id) is not None:
            self._undecided.setdefault(rule_id, []).append(reason)

    def applies(self, rule_id: str) -> bool:
        """Whether the rule exists in this revision over this transport."""
        return self._rule(rule_id) is not None

    def checks(self) -> list[Check]:
        """The verdict on every rule that applies, in the order of the rule book."""
        return [self._check(rule) for rule in self._rules.values()]

    def _check(self, rule: Rule) -> Check:
        tested, failed = self._tested[rule.id], self._failed[rule.id]
        unsure = self._undecided.get(rule.id, [])
        if not tested:
            why = unsure[0] if unsure else _untested(rule)
            return Check(rule.id, rule.level, "skipped", why, rule.revision)
        left_open = f"; left open {_times(len(unsure))}: {unsure[0]}" if unsure else ""
        if not failed:
            return Check(rule.id, rule.level, "pass", f"held {_times(tested)}{left_open}", rule.revision)
        shown = min(failed, _FINDINGS_PER_RULE)
        rest = f", the first {shown} of them listed" if failed > shown else ""
        reason = f"broken {_times(failed)} of {tested}{rest}{left_open}"
        return Check(rule.id, rule.level, self._worst[rule.id], reason, rule.revision)

    def _rule(self, rule_id: str) -> Rule | None:
        if rule_id not in self._known:
            raise UnknownRule(rule_id)
        return self._rules.get(rule_id)


def _untested(rule: Rule) -> str:
    """Why a rule of which nothing showed was not tested: what a run must have for it."""
    words = CLIENT_NEEDS if rule.side == "client" else NEEDS
    needed = "; ".join(words[need] for need in rule.needs if need in words)
    return "nothing in this run put it to the test" + (f": it is tested if {needed}" if needed else "")


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
