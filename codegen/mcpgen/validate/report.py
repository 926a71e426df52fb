"""The report: what a run says, and its JSON form, `mcpgen.report/1`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from mcpgen.schema.rules import Side
from mcpgen.validate.asked import Asked
from mcpgen.validate.numbers import finite

Verdict: TypeAlias = Literal["pass", "violation", "warning", "skipped"]
FailOn: TypeAlias = Literal["must", "should"]
#: What may become of a probe. Rejected otherwise: refused, and not in the way that the specification says.
Outcome: TypeAlias = Literal[
    "crashed",
    "accepted wrongly",
    "answered wrongly",
    "unanswered",
    "rejected otherwise",
    "rejected rightly",
    "answered rightly",
    "skipped",
]

SCHEMA = "mcpgen.report/1"
# A message of this size or more is left out of a finding; the pointer still says where to look.
_LARGEST_SHOWN = 32 * 1024
_ORDER = {"violation": 0, "warning": 1, "skipped": 2, "pass": 3}


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule does not hold. A `known` one stands in the user's baseline."""

    rule: str
    level: str
    verdict: Verdict
    method: str | None
    pointer: str
    message: str
    spec: str
    request: Any
    response: Any
    revision: str
    known: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict on one rule."""

    rule: str
    level: str
    verdict: Verdict
    reason: str
    revision: str


@dataclass(frozen=True, slots=True)
class ProbeVerdict:
    """What a server made of a probe: what it `asks`, the rules that it decides, and the `reason` in words."""

    probe: str
    asks: str
    outcome: Outcome
    reason: str
    rules: tuple[str, ...]
    revision: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run ended early: the exit code it means, what happened, what to do, the server's last lines."""

    code: int
    message: str
    hint: str
    stderr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One conversation in one revision. `skipped` is why there was none; `failure` why it ended early.

    A run without checks was not judged: its revision is what was tried, and nothing that the server showed.
    `agreed` says whether the server took up the revision that it was judged in, `partial` that a conversation
    of somebody else's was judged, who asked what they wanted.
    """

    revision: str
    era: str
    server: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    requests: int = 0
    skipped: str | None = None
    failure: Failure | None = None
    probes: tuple[ProbeVerdict, ...] = ()
    agreed: bool = True
    partial: bool = False
    capabilities: dict[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Asked] = field(default_factory=dict)

    @property
    def judged(self) -> bool:
        """Whether the server said anything that could be judged."""
        return bool(self.checks)


@dataclass(frozen=True, slots=True)
class Report:
    """What a call of `mcpgen validate` found: one run, or with `--revision all` one for each revision.

    `fail_on` says whether warnings decide the exit code as well; `stale` names the entries of a baseline
    that nothing matches any more. `side` is who is judged: a run's `server` is that of a report on one.
    """

    target: dict[str, Any]
    runs: tuple[Run, ...]
    fail_on: FailOn = "must"
    stale: tuple[str, ...] = ()
    side: Side = "server"

    @property
    def findings(self) -> list[Finding]:
        """Every finding, violations first, otherwise in the order in which they arose."""
        found = [finding for run in self.runs for finding in run.findings]
        return sorted(found, key=lambda finding: _ORDER[finding.verdict])

    @property
    def new_findings(self) -> list[Finding]:
        """Those that no baseline knows, in the same order."""
        return [finding for finding in self.findings if not finding.known]

    @property
    def checks(self) -> list[Check]:
        """Every check, in the order of runs and rules."""
        return [check for run in self.runs for check in run.checks]

    @property
    def probes(self) -> list[ProbeVerdict]:
        """The verdict on every probe, in the order of runs."""
        return [probe for run in self.runs for probe in run.probes]

    @property
    def failure(self) -> Failure | None:
        """The gravest reason for which a run ended early: silence before unreachable."""
        failures = [run.failure for run in self.runs if run.failure is not None]
        return max(failures, key=lambda failure: failure.code, default=None)

    @property
    def exit_code(self) -> int:
        """0 it holds, 1 violations or a stale baseline, 3 not started or reached, 4 stopped answering."""
        if self.failure is not None:
            return self.failure.code
        graver = {"violation"} if self.fail_on == "must" else {"violation", "warning"}
        broken = any(finding.verdict in graver for finding in self.new_findings)
        return 1 if broken or self.stale else 0

    def summary(self) -> dict[str, int]:
        """How many rules passed, how many have violations, how many only warnings, how many were skipped."""
        counted = Counter(check.verdict for check in self.checks)
        return {
            "passed": counted["pass"],
            "violations": counted["violation"],
            "warnings": counted["warning"],
            "skipped": counted["skipped"],
        }

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values. Keys beyond the contract's: `notes`, `error`, and for `all` `runs`.

        A report on a client has `client` where those on servers have `server`.

        What a server sent is quoted in it; a number like 1e400, which JSON allows and Python cannot write,
        is quoted as the string "Infinity".
        """
        several = len(self.runs) > 1
        tried = [run for run in self.runs if run.skipped is None]
        judged = [run for run in tried if run.judged]
        eras = sorted({run.era for run in judged})
        revision = judged[0].revision if judged else None
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "target": self.target,
            "revision": "all" if several else revision,
            "era": "both" if len(eras) > 1 else next(iter(eras), None),
            self.side: _identity(next((run.server for run in judged if run.server), {})),
            "summary": self.summary(),
            "checks": [_check(check, several) for check in self.checks],
            "findings": [_finding(finding, several) for finding in self.findings],
        }
        if self.probes:
            document["probes"] = [_probe(probe, several) for probe in self.probes]
        notes = [f"{run.revision}: {note}" if several else note for run in tried for note in run.notes]
        if notes:
            document["notes"] = notes
        if several:
            document["runs"] = [_run(run) for run in self.runs]
        if self.stale:
            document["stale"] = list(self.stale)
        if self.failure is not None:
            document["error"] = _failure(self.failure)
        quotable: dict[str, Any] = finite(document)
        return quotable


def _identity(server: dict[str, Any]) -> dict[str, Any]:
    return {"name": server.get("name"), "version": server.get("version")}


def _check(check: Check, several: bool) -> dict[str, Any]:
    shown = {"rule": check.rule, "level": check.level, "verdict": check.verdict, "reason": check.reason}
    return {"revision": check.revision, **shown} if several else shown


def _probe(probe: ProbeVerdict, several: bool) -> dict[str, Any]:
    shown = {
        "probe": probe.probe,
        "asks": probe.asks,
        "outcome": probe.outcome,
        "reason": probe.reason,
        "rules": list(probe.rules),
    }
    return {"revision": probe.revision, **shown} if several else shown


def _finding(finding: Finding, several: bool) -> dict[str, Any]:
    shown = {
        "rule": finding.rule,
        "level": finding.level,
        "verdict": finding.verdict,
        "method": finding.method,
        "pointer": finding.pointer,
        "message": finding.message,
        "spec": finding.spec,
        "request": _bounded(finding.request),
        "response": _bounded(finding.response),
    }
    if finding.known:
        shown["known"] = True
    return {"revision": finding.revision, **shown} if several else shown


def _run(run: Run) -> dict[str, Any]:
    shown: dict[str, Any] = {"revision": run.revision, "era": run.era, "server": _identity(run.server)}
    if run.skipped is not None:
        shown |= {"verdict": "skipped", "reason": run.skipped}
    elif run.failure is not None:
        shown |= {"verdict": "violation", "reason": run.failure.message}
    else:
        worst = min((finding.verdict for finding in run.findings), key=_ORDER.__getitem__, default="pass")
        shown |= {"verdict": worst, "reason": f"{run.requests} requests"}
    return shown


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "exit_code": failure.code,
        "message": failure.message,
        "hint": failure.hint,
        "stderr": list(failure.stderr),
    }


def _bounded(message: Any) -> Any:
    size = len(json.dumps(message))
    return message if size < _LARGEST_SHOWN else f"({size} bytes, not shown)"
