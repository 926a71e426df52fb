"""A summary in GitHub's Markdown: for a job's summary page, a pull request, or a file."""

from __future__ import annotations

import html
import re
from itertools import groupby

from mcpgen.schema.rules import RuleBook
from mcpgen.validate.baseline import Entry
from mcpgen.validate.formats.marking import pieces
from mcpgen.validate.formats.words import OUTCOMES, counted, heading, name_of, where
from mcpgen.validate.quoting import page_url, quoted_request
from mcpgen.validate.report import Finding, Report, Run
from mcpgen.validate.terminal import harmless

_SYMBOL = {"violation": "❌", "warning": "⚠️", "pass": "✅", "skipped": "⏭️"}
# Of one rule's findings so many are shown; the JSON report has more.
_SHOWN = 5
# A job's summary may have 1 MiB; more of it is refused altogether.
_LARGEST = 700_000
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
# What a forge makes a link or a mention of, and calls somebody with: after these an invisible character.
_CALLING = re.compile(r"(@|#|:(?=//)|(?<=\bwww)\.)")
_JOINER = "\u2060"


def markdown(report: Report, book: RuleBook) -> str:
    """Verdicts in a table, findings worst first, and what was not put to the test."""
    judged = [run for run in report.runs if run.judged]
    title = name_of(judged[0], report.side) if judged else heading(report)
    lines = [f"## {_SYMBOL[_worst(report)]} {_plain(title)}", "", _code(heading(report)), ""]
    lines += ["| revision | violations | warnings | passed | skipped | |", "|---|--:|--:|--:|--:|---|"]
    lines += [_row(run) for run in report.runs]
    if report.failure is not None:
        lines += ["", f"**{_plain(report.failure.message)}** {_plain(report.failure.hint)}"]
        lines += ["", *_fenced("\n".join(report.failure.stderr), "text")] if report.failure.stderr else []
    if report.stale:
        lines += ["", "**Stale in the baseline**, for nothing matches them any more:", ""]
        lines += [f"- {_plain(entry)}" for entry in report.stale]
    by_rule = sorted(
        report.new_findings, key=lambda one: (one.verdict != "violation", one.revision, one.rule)
    )
    size = 0
    for _, group in groupby(by_rule, key=lambda one: (one.verdict, one.revision, one.rule)):
        told = _rule(list(group), book)
        size += sum(len(line.encode()) for line in told)
        if size > _LARGEST:
            lines += ["", "**The rest is left out here**, for it is too long; the JSON report has all of it."]
            break
        lines += told
    known = sorted({str(Entry.of(finding)) for finding in report.findings if finding.known})
    if known:
        lines += ["", f"<details><summary>{len(known)} known</summary>", ""]
        lines += [*(f"- {_plain(entry)}" for entry in known), "", "</details>"]
    if report.probes:
        lines += ["", f"<details><summary>probes: {counted(report.probes)}</summary>", ""]
        lines += ["| probe | revision | outcome | |", "|---|---|---|---|"]
        lines += [
            f"| `{one.probe}` | {one.revision} | {one.outcome} | {_plain(one.reason)} |"
            for one in sorted(report.probes, key=lambda one: OUTCOMES.index(one.outcome))
        ]
        lines += ["", "</details>"]
    skipped = [check for check in report.checks if check.verdict == "skipped"]
    if skipped:
        lines += ["", f"<details><summary>{len(skipped)} skipped</summary>", ""]
        lines += [f"- `{check.rule}` ({check.revision}): {_plain(check.reason)}" for check in skipped]
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def _worst(report: Report) -> str:
    verdicts = {finding.verdict for finding in report.new_findings}
    if report.failure is not None or report.stale or "violation" in verdicts:
        return "violation"
    return "warning" if verdicts else "pass"


def _row(run: Run) -> str:
    counts = [
        sum(check.verdict == verdict for check in run.checks)
        for verdict in ("violation", "warning", "pass", "skipped")
    ]
    told = run.skipped or (run.failure.message if run.failure is not None else f"{run.requests} requests")
    return f"| {run.revision} | {' | '.join(map(str, counts))} | {_plain(told)} |"


def _rule(group: list[Finding], book: RuleBook) -> list[str]:
    first = group[0]
    rule = book.rule(first.rule, first.revision)
    lines = ["", f"### {_SYMBOL[first.verdict]} `{first.rule}`", ""]
    lines += [f"{rule.statement} *{first.level}, [{first.spec}]({page_url(first.spec)})*", ""]
    for finding in group[:_SHOWN]:
        lines.append(f"- {_plain(where(finding) + finding.message)}")
        if finding.request is not None:
            lines.append(f"  request: {_code(quoted_request(finding.request))}")
        if finding.response is not None:
            shown = "".join(
                f"<mark>{html.escape(piece.text)}</mark>" if piece.marked else html.escape(piece.text)
                for piece in pieces(finding.response, finding.pointer)
            )
            lines += ["", f"  <details><summary>sent</summary><pre>{_one_block(shown)}</pre></details>", ""]
    if len(group) > _SHOWN:
        lines.append(f"- and {len(group) - _SHOWN} more")
    return lines


def _one_block(shown: str) -> str:
    # An empty line would end the block of HTML, and a line break belongs to the list's item.
    return (
        harmless(shown)
        .replace("\n", "&#10;")
        .replace("*", "&#42;")
        .replace("_", "&#95;")
        .replace("`", "&#96;")
    )


def _plain(text: str) -> str:
    return _CALLING.sub(rf"\1{_JOINER}", _SPECIAL.sub(r"\\\1", harmless(" ".join(text.split()))))


def _code(text: str) -> str:
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{ticks} {harmless(' '.join(text.split()))} {ticks}"


def _fenced(text: str, language: str) -> list[str]:
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return [f"{ticks}{language}", harmless(text), ticks]
