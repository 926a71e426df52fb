"""Annotations of GitHub's workflows: a command on standard output for each finding."""

from __future__ import annotations

from mcpgen.schema.rules import RuleBook
from mcpgen.validate.formats.words import heading, where
from mcpgen.validate.quoting import page_url
from mcpgen.validate.report import Report
from mcpgen.validate.terminal import harmless

# GitHub shows ten of a kind in a step, and so many characters of each.
_LONGEST = 4000


def github(report: Report, book: RuleBook) -> str:
    """One line for each finding, and one for what ended the run early; nothing where all is well."""
    lines = []
    for finding in report.findings:
        rule = book.rule(finding.rule, finding.revision)
        told = (
            f"{where(finding)}{finding.message}\n{rule.statement} ({finding.level})\n{page_url(finding.spec)}"
        )
        kind = "error" if finding.verdict == "violation" else "warning"
        kind = "notice" if finding.known else kind
        lines.append(_command(kind, f"{finding.rule} ({finding.revision})", told))
    for entry in report.stale:
        lines.append(_command("error", "stale in the baseline", f"{entry}: nothing matches it any more"))
    if report.failure is not None:
        told = "\n".join((report.failure.message, *report.failure.stderr, f"hint: {report.failure.hint}"))
        lines.append(_command("error", f"mcpgen validate {heading(report)}", told))
    return harmless("".join(lines))


def _command(kind: str, title: str, text: str) -> str:
    return f"::{kind} title={_property(title)}::{_data(text[:_LONGEST])}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text[:200]).replace(":", "%3A").replace(",", "%2C")
