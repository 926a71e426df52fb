"""One HTML file with the whole report in it: no network, no other file, readable without scripts too.

What a server sent is text in it and nothing else: escaped by the template, its control characters made
visible, and a content security policy lets no script run but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

import mcpgen
from mcpgen.schema.rules import Rule, RuleBook
from mcpgen.validate.formats.marking import Piece, pieces
from mcpgen.validate.formats.words import counted, heading, name_of
from mcpgen.validate.quoting import page_url
from mcpgen.validate.report import Check, Finding, ProbeVerdict, Report
from mcpgen.validate.terminal import harmless

VERDICTS = ("violation", "warning", "skipped", "pass")
_FOLDER = "page"
# Of what a server calls itself and its things, so many characters are shown; of messages, see `marking`.
_LONGEST = 1000
_NO_WORD = re.compile(r"[^\w.]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule's check as the page shows it: `anchor` is the fragment that leads to it."""

    anchor: str
    server: str
    check: Check
    rule: Rule
    url: str
    findings: tuple[Finding, ...]
    probes: tuple[ProbeVerdict, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A server on a page: the name that it goes by there, if it is one of several, and its report."""

    name: str
    report: Report

    @property
    def title(self) -> str:
        """What the server calls itself, or its target where it says nothing."""
        judged = [run for run in self.report.runs if run.judged]
        return name_of(judged[0], self.report.side) if judged else heading(self.report)

    @property
    def target(self) -> str:
        return heading(self.report)


def page(report: Report, book: RuleBook) -> str:
    """The report as an HTML document, worst first."""
    only = Judged("", report)
    return _document([only], only.title, book)


def page_of_several(reports: Sequence[tuple[str, Report]], book: RuleBook) -> str:
    """The reports of several servers, each with the name that it goes by, as one HTML document."""
    count = f"{len(reports)} server{'' if len(reports) == 1 else 's'}"
    return _document([Judged(*each) for each in reports], count, book)


def _document(servers: Sequence[Judged], title: str, book: RuleBook) -> str:
    script, style = _asset("page.js"), _asset("page.css")
    checks = [check for server in servers for check in server.report.checks]
    document: str = _template().render(
        servers=servers,
        title=_text(title),
        counts={verdict: sum(one.verdict == verdict for one in checks) for verdict in VERDICTS},
        verdicts=VERDICTS,
        choices=_choices(servers, checks),
        several=len({check.revision for check in checks}) > 1,
        checks=_worst_first(servers, book),
        version=mcpgen.__version__,
        script=script,
        style=style,
        policy=f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'",
        text=_text,
        counted=counted,
        sender=servers[0].report.side if servers else "server",
        request_of=lambda finding: _lines(finding.request, ""),
        response_of=lambda finding: _lines(finding.response, finding.pointer),
    )
    return document


def _choices(servers: Sequence[Judged], checks: Sequence[Check]) -> list[tuple[str, str, list[str]]]:
    """What one can choose among: what it is called in the page's data, its label, its values."""
    levels = sorted({check.level for check in checks})
    rules = sorted({check.rule for check in checks})
    revisions = sorted({check.revision for check in checks}, reverse=True)
    chosen = [("level", "Level", levels), ("rule", "Rule", rules)]
    if len(revisions) > 1:
        chosen.append(("revision", "Revision", revisions))
    if len(servers) > 1:
        chosen.append(("server", "Server", [_text(server.name) for server in servers]))
    return chosen


def _worst_first(servers: Sequence[Judged], book: RuleBook) -> list[Shown]:
    shown = []
    for position, server in enumerate(servers, 1):
        checks = server.report.checks
        several = len({check.revision for check in checks}) > 1
        # A name may hold what an address may not; the position tells apart those that come out the same.
        prefix = f"{position}-{_NO_WORD.sub('-', server.name).strip('-')}-" if len(servers) > 1 else ""
        broken = defaultdict(list)
        for finding in server.report.findings:
            broken[finding.rule, finding.revision].append(finding)
        asked = defaultdict(list)
        for probe in server.report.probes:
            for name in probe.rules:
                asked[name, probe.revision].append(probe)
        for check in checks:
            rule = book.rule(check.rule, check.revision)
            anchor = prefix + (f"{check.rule}-{check.revision}" if several else check.rule)
            key = check.rule, check.revision
            found, probes = tuple(broken[key]), tuple(asked[key])
            shown.append(Shown(anchor, _text(server.name), check, rule, page_url(rule.spec), found, probes))
    return sorted(shown, key=lambda one: VERDICTS.index(one.check.verdict))


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
