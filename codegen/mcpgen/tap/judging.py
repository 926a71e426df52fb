"""Findings while a conversation goes on.

The judge is a function of a whole journal: what it says of a beginning may change with what comes later, and
none of its rules need know that anybody is watching. So the beginning is judged again and again, in a moment
without traffic or, where there is none, every second, and what is new is told. Judging takes longer the
longer the journal is; `Pace` therefore leaves nine times as long as a judgement took before the next.
Whatever the length, that is a tenth of one processor at most, and the journal's length is bounded besides.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from mcpgen.schema.rules import RuleBook
from mcpgen.tap.rows import Row
from mcpgen.validate.client import REVISIONS
from mcpgen.validate.judge import Judgement
from mcpgen.validate.quoting import quoted_parts, quoted_request
from mcpgen.validate.report import Finding, Run
from mcpgen.validate.transcript import Retold

_QUIET = 0.1
_LONGEST = 1.0
_REST = 9.0


@dataclass(slots=True)
class Pace:
    """When to judge next; times are those of one clock."""

    _since: float | None = None
    _last: float = 0.0
    _rested: float = 0.0

    def moved(self, now: float) -> None:
        """Something new was said."""
        self._since = now if self._since is None else self._since
        self._last = now

    def judged(self, now: float, cost: float) -> None:
        """All that was said is judged, which took `cost` seconds of a processor."""
        self._since = None
        self._rested = now + _REST * cost

    @property
    def due(self) -> float | None:
        """When it is time; None where nothing is new."""
        if self._since is None:
            return None
        return max(min(self._last + _QUIET, self._since + _LONGEST), self._rested)


@dataclass(frozen=True, slots=True)
class News:
    """What a judgement says that the one before it did not, and the other way round."""

    found: tuple[Finding, ...] = ()
    withdrawn: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Verdicts:
    """A conversation, told row by row, and what was found in it so far."""

    told: Retold
    book: RuleBook
    client_book: RuleBook
    #: What was said last of the server, and of the client.
    run: Run | None = None
    client: Judgement | None = None
    _known: dict[tuple[str, ...], list[Finding]] = field(default_factory=dict)

    def take(self, row: Row) -> None:
        """Add what a row tells. Raises `ValueError` where it is none."""
        self.told.take(row)

    def news(self) -> News:
        """Judge all that was told; what is new. Nothing is, as long as no known revision shows."""
        revision = self.told.revision
        if revision not in REVISIONS:
            return News()
        self.run = self.told.judged(revision, self.book)
        self.client = self.told.judged_client(revision, self.client_book)
        before = self._known
        self._known = {}
        for finding in (*self.run.findings, *self.client.findings):
            self._known.setdefault(_key(finding), []).append(finding)
        return News(_beyond(self._known, before), _beyond(before, self._known))

    def forget(self) -> None:
        """Let go of what was told; what was said of it last stands."""
        self.told = Retold(self.told.transport)

    def counts(self) -> Counter[str]:
        """How many rules, on either side, have which verdict."""
        sides = [side.checks for side in (self.run, self.client) if side is not None]
        return Counter(check.verdict for checks in sides for check in checks)


def _key(finding: Finding) -> tuple[str, ...]:
    quoted = "" if finding.response is None else "".join(quoted_parts(finding.response, finding.pointer))
    request = "" if finding.request is None else quoted_request(finding.request)
    return (
        finding.rule,
        finding.verdict,
        finding.method or "",
        finding.pointer,
        finding.message,
        request,
        quoted,
    )


def _beyond(
    these: dict[tuple[str, ...], list[Finding]], those: dict[tuple[str, ...], list[Finding]]
) -> tuple[Finding, ...]:
    """The findings of `these` that `those` lack; the same one may stand in either more than once."""
    return tuple(
        finding for key, findings in these.items() for finding in findings[len(those.get(key, ())) :]
    )
