"""The words in which several formats say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import get_args

from mcpgen.schema.rules import Side
from mcpgen.validate.quoting import page_url, quoted, quoted_request
from mcpgen.validate.report import Finding, Outcome, ProbeVerdict, Report, Run

#: What may become of a probe, the worst first; what is as it should be.
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
AS_DUE = frozenset({"rejected rightly", "answered rightly", "skipped"})


def heading(report: Report) -> str:
    """The target as one line: its command, or its address."""
    where = next(value for key, value in report.target.items() if key != "transport")
    return where if isinstance(where, str) else " ".join(where)


def name_of(run: Run, side: Side) -> str:
    """Name and version of who is judged, as far as it tells."""
    return f"{run.server.get('name') or f'a {side} without a name'} {run.server.get('version') or ''}".strip()


def where(finding: Finding) -> str:
    """Method and place, and a colon where there is one of them."""
    place = " ".join(part for part in (finding.method, finding.pointer) if part)
    return f"{place}: " if place else ""


def found(finding: Finding) -> str:
    """A finding in plain lines: what and where, the request, the place in what was sent, the page."""
    known = "known, " if finding.known else ""
    lines = [f"{known}{finding.verdict}: {where(finding)}{finding.message}"]
    if finding.request is not None:
        lines.append(f"request: {quoted_request(finding.request)}")
    if finding.response is not None:
        lines.append(f"sent: {quoted(finding.response, finding.pointer)}")
    lines.append(f"see: {page_url(finding.spec)}")
    return "\n".join(lines)


def counted(probes: Iterable[ProbeVerdict]) -> str:
    """How many probes went which way, the worst first: `1 crashed, 12 rejected rightly`."""
    counts = Counter(probe.outcome for probe in probes)
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome])


def told(probe: ProbeVerdict) -> str:
    """A probe in a line: its name, what became of it, and why."""
    return f"{probe.probe}: {probe.outcome}" + (f", {probe.reason}" if probe.reason else "")
