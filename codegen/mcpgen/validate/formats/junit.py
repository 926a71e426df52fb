"""JUnit's XML: a test suite for each run, a test case for each rule. CI servers of every kind read it.

There is no standard; this keeps to the elements that Jenkins, GitLab and pytest agree on.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from mcpgen.schema.rules import RuleBook
from mcpgen.validate.formats.words import found, heading, name_of, where
from mcpgen.validate.formats.words import told as probe_told
from mcpgen.validate.quoting import page_url
from mcpgen.validate.report import Check, Report, Run

# What XML 1.0 has no way to write, not even as a reference.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report, book: RuleBook) -> str:
    """The report as a document. A warning is a case that passed and says why it might not have."""
    root = ET.Element("testsuites", name="mcpgen validate")
    totals = [_suite(root, report, run, book) for run in report.runs]
    if report.stale:
        totals.append(_stale(root, report.stale))
    for name, counts in zip(
        ("tests", "failures", "errors", "skipped"), zip(*totals, strict=True), strict=True
    ):
        root.set(name, str(sum(counts)))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, report: Report, run: Run, book: RuleBook) -> tuple[int, int, int, int]:
    suite = ET.SubElement(root, "testsuite", name=f"MCP {run.revision}")
    properties = ET.SubElement(suite, "properties")
    told = {"target": heading(report), "transport": str(report.target["transport"]), "era": run.era}
    for name, value in {report.side: name_of(run, report.side), **told}.items():
        ET.SubElement(properties, "property", name=name, value=_writable(value))
    failures = sum(_case(suite, run, check, book) for check in run.checks)
    skipped = sum(check.verdict == "skipped" for check in run.checks)
    tests, errors = len(run.checks), 0
    if run.skipped is not None or run.failure is not None:
        # The conversation is a case of its own: it had no end, or was not had.
        case = ET.SubElement(suite, "testcase", classname=f"mcp.{run.revision}", name="conversation")
        tests += 1
        if run.failure is not None:
            errors += 1
            error = ET.SubElement(case, "error", message=_writable(run.failure.message))
            error.text = _writable("\n".join((*run.failure.stderr, f"hint: {run.failure.hint}")))
        else:
            skipped += 1
            ET.SubElement(case, "skipped", message=_writable(str(run.skipped)))
    counts = (tests, failures, errors, skipped)
    for name, number in zip(("tests", "failures", "errors", "skipped"), counts, strict=True):
        suite.set(name, str(number))
    return counts


def _stale(root: ET.Element, entries: Sequence[str]) -> tuple[int, int, int, int]:
    suite = ET.SubElement(
        root, "testsuite", name="baseline", tests="1", failures="1", errors="0", skipped="0"
    )
    case = ET.SubElement(suite, "testcase", classname="mcp", name="baseline")
    failure = ET.SubElement(case, "failure", message=f"{len(entries)} of its entries match nothing any more")
    failure.text = _writable("\n".join(entries))
    return 1, 1, 0, 0


def _case(suite: ET.Element, run: Run, check: Check, book: RuleBook) -> bool:
    """The case of a rule; whether it failed. What the baseline knows is told, and is no failure."""
    rule = book.rule(check.rule, check.revision)
    case = ET.SubElement(suite, "testcase", classname=f"mcp.{check.revision}", name=check.rule)
    properties = ET.SubElement(case, "properties")
    for name, value in (("level", check.level), ("spec", page_url(rule.spec)), ("statement", rule.statement)):
        ET.SubElement(properties, "property", name=name, value=value)
    for probe in run.probes:
        if check.rule in probe.rules:
            ET.SubElement(properties, "property", name="probe", value=_writable(probe_told(probe)))
    findings = [finding for finding in run.findings if finding.rule == check.rule]
    broken = [each for each in findings if each.verdict == "violation" and not each.known]
    told = [each for each in findings if each not in broken]
    if check.verdict == "skipped":
        ET.SubElement(case, "skipped", message=_writable(check.reason))
    if broken:
        message = f"{where(broken[0])}{broken[0].message}"
        failure = ET.SubElement(case, "failure", type=check.level, message=_writable(message))
        failure.text = _writable("\n\n".join(map(found, broken)))
    if told:
        ET.SubElement(case, "system-out").text = _writable("\n\n".join(map(found, told)))
    return bool(broken)


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
