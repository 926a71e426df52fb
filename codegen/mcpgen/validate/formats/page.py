"""One HTML file with the whole report in it: no network, no other file, readable without scripts too.

What a server sent is text in it and nothing else: escaped by the template, its control characters made
visible, and a content security policy lets no script run but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

import mcpgen
from mcpgen.schema.rules import Rule, RuleBook
from mcpgen.validate.formats.marking import Piece, pieces
from mcpgen.validate.formats.words import heading, name_of
from mcpgen.validate.quoting import page_url
from mcpgen.validate.report import Check, Finding, Report
from mcpgen.validate.terminal import harmless

VERDICTS = ("violation", "warning", "skipped", "pass")
_FOLDER = "page"
# Of what a server calls itself and its things, so many characters are shown; of messages, see `marking`.
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule's check as the page shows it: `anchor` is the fragment that leads to it."""

    anchor: str
    check: Check
    rule: Rule
    url: str
    findings: tuple[Finding, ...]


def page(report: Report, book: RuleBook) -> str:
    """The report as an HTML document, worst first."""
    judged = [run for run in report.runs if run.judged]
    script, style = _asset("page.js"), _asset("page.css")
    document: str = _template().render(
        report=report,
        title=_text(name_of(judged[0]) if judged else heading(report)),
        target=_text(heading(report)),
        runs=report.runs,
        counts={verdict: sum(one.verdict == verdict for one in report.checks) for verdict in VERDICTS},
        verdicts=VERDICTS,
        choices=_choices(report),
        several=len({check.revision for check in report.checks}) > 1,
        checks=_worst_first(report, book),
        version=mcpgen.__version__,
        script=script,
        style=style,
        policy=f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'",
        text=_text,
        request_of=lambda finding: _lines(finding.request, ""),
        response_of=lambda finding: _lines(finding.response, finding.pointer),
    )
    return document


def _choices(report: Report) -> list[tuple[str, str, list[str]]]:
    """What one can choose among: what it is called in the page's data, its label, its values."""
    levels = sorted({check.level for check in report.checks})
    rules = sorted({check.rule for check in report.checks})
    revisions = sorted({check.revision for check in report.checks}, reverse=True)
    several = [("revision", "Revision", revisions)] if len(revisions) > 1 else []
    return [("level", "Level", levels), ("rule", "Rule", rules), *several]


def _worst_first(report: Report, book: RuleBook) -> list[Shown]:
    several = len({check.revision for check in report.checks}) > 1
    broken = defaultdict(list)
    for finding in report.findings:
        broken[finding.rule, finding.revision].append(finding)
    shown = []
    for check in sorted(report.checks, key=lambda one: VERDICTS.index(one.verdict)):
        rule = book.rule(check.rule, check.revision)
        found = broken[check.rule, check.revision]
        anchor = f"{check.rule}-{check.revision}" if several else check.rule
        shown.append(Shown(anchor, check, rule, page_url(rule.spec), tuple(found)))
    return shown


def _text(text: str) -> str:
    """As text in a line of the page: harmless, and not longer than anybody reads."""
    return harmless(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")


def _lines(message: Any, pointer: str) -> list[Piece]:
    return [Piece(harmless(piece.text), piece.marked) for piece in pieces(message, pointer)]


@lru_cache(maxsize=1)
def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("mcpgen.validate.formats", _FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")


def _asset(name: str) -> str:
    return (files("mcpgen.validate.formats") / _FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
