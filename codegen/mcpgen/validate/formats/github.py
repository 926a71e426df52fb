"""Annotations of GitHub's workflows: a command on standard output for each finding."""

from __future__ import annotations

from mcpgen.schema.rules import RuleBook
from mcpgen.validate.formats.words import AS_DUE, heading, told, where
from mcpgen.validate.quoting import page_url
from mcpgen.validate.report import Report
from mcpgen.validate.terminal import harmless

# GitHub shows ten of a kind in a step, and so many characters of each.
_LONGEST = 4000


def github(report: Report, book: RuleBook) -> str:
    """One line for each finding, for each probe that went wrong and for what ended the run early.

    Nothing where all is well.
    """
    lines = []
    for finding in report.findings:
        rule = book.rule(finding.rule, finding.revision)
        text = (
            f"{where(finding)}{finding.message}\n{rule.statement} ({finding.level})\n{page_url(finding.spec)}"
        )
        kind = "error" if finding.verdict == "violation" else "warning"
        kind = "notice" if finding.known else kind
        lines.append(_command(kind, f"{finding.rule} ({finding.revision})", text))
    for entry in report.stale:
        lines.append(_command("error", "stale in the baseline", f"{entry}: nothing matches it any more"))
    for probe in report.probes:
        # What broke a rule by it is an error or a warning of its own.
        if probe.outcome not in AS_DUE:
            lines.append(_command("notice", f"probe {probe.probe} ({probe.revision})", told(probe)))
    if report.failure is not None:
        text = "\n".join((report.failure.message, *report.failure.stderr, f"hint: {report.failure.hint}"))
        lines.append(_command("error", f"mcpgen validate {heading(report)}", text))
    return harmless("".join(lines))


def _command(kind: str, title: str, text: str) -> str:
    return f"::{kind} title={_property(title)}::{_data(text[:_LONGEST])}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text[:200]).replace(":", "%3A").replace(",", "%2C")
