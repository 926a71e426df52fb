"""What is said of several servers at once: a report for each, and `mcpgen.fleet/1`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from mcpgen.validate.report import Report

SCHEMA = "mcpgen.fleet/1"


@dataclass(frozen=True, slots=True)
class Judged:
    """A server of the fleet: what was found, and how long that took. No report: the file has it disabled."""

    name: str
    report: Report | None
    seconds: float = 0.0

    @property
    def verdict(self) -> str:
        """In a word or two, how it went."""
        if self.report is None:
            return "disabled"
        failure = self.report.failure
        if failure is not None:
            return {2: "not read", 3: "not reached", 4: "silent"}.get(failure.code, "broken off")
        if self.report.exit_code:
            return "violations" if self.count("violation") or not self.report.stale else "stale baseline"
        return "holds"

    def count(self, verdict: str) -> int:
        """How many rules have that verdict, without what a baseline knows."""
        if self.report is None:
            return 0
        return len({(one.rule, one.revision) for one in self.report.new_findings if one.verdict == verdict})

    @property
    def spoken(self) -> str:
        """The revisions in which it was judged."""
        runs = () if self.report is None else self.report.runs
        return ", ".join(run.revision for run in runs if run.judged and run.agreed)


@dataclass(frozen=True, slots=True)
class Fleet:
    """What a run over several servers found, in the order in which the file lists them."""

    servers: tuple[Judged, ...]

    @property
    def reports(self) -> tuple[tuple[str, Report], ...]:
        """The servers that were judged, by name."""
        return tuple((one.name, one.report) for one in self.servers if one.report is not None)

    @property
    def exit_code(self) -> int:
        """The gravest of its servers'."""
        return max((report.exit_code for _, report in self.reports), default=0)

    def to_json(self) -> dict[str, Any]:
        """All reports as JSON values, and how many servers went which way."""
        return {
            "schema": SCHEMA,
            "summary": {"servers": len(self.servers), **Counter(one.verdict for one in self.servers)},
            "exit_code": self.exit_code,
            "servers": [
                {
                    "name": one.name,
                    "verdict": one.verdict,
                    "seconds": round(one.seconds, 3),
                    "exit_code": None if one.report is None else one.report.exit_code,
                    "report": None if one.report is None else one.report.to_json(),
                }
                for one in self.servers
            ],
        }
