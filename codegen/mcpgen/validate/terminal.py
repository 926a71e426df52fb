"""The report for people: worst first, what is wrong, where, and the page that says so.

Everything that came from a server is made harmless before it is shown: no escape sequence of a server's
reaches the terminal, and nothing of its text is taken for markup.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text

from mcpgen.validate.report import Failure, Finding, Report, Run
from mcpgen.validate.rules import RuleBook

_STYLE = {"violation": "bold red", "warning": "yellow", "pass": "green", "skipped": "dim"}
# Of one rule's findings so many are shown; the JSON report has more.
_SHOWN_PER_RULE = 5
_WIDEST_VALUE = 300
_PLAIN_WIDTH = 110


def console_for(file: Any) -> Console:
    """A console on `file`: colours and width of the terminal, or plain text of a fixed width."""
    is_terminal = bool(getattr(file, "isatty", lambda: False)())
    return Console(file=file, highlight=False, width=None if is_terminal else _PLAIN_WIDTH)


def show(report: Report, book: RuleBook, console: Console) -> None:
    """Print the whole report."""
    statements = {(rule.id, rule.revision): rule.statement for rule in book}
    judged = [run for run in report.runs if run.skipped is None and run.checks]
    for run in judged:
        _heading(report, run, console)
    findings = report.findings
    for _, group in groupby(findings, key=lambda one: (one.verdict, one.rule, one.revision)):
        _rule(list(group), statements, console)
    for run in report.runs:
        if run.skipped is not None:
            console.print(_line(("skipped    ", "dim"), (f"{run.revision}: {run.skipped}", "")))
        for note in run.notes:
            console.print(_line(("note       ", "dim"), (note, "")))
    if judged:
        _verdict(report, console)


def show_failure(failure: Failure, console: Console) -> None:
    """Print why a run ended early: error, the server's own last words, hint."""
    console.print(_line(("error: ", "bold red"), (failure.message, "")))
    if failure.stderr:
        console.print(_line(("the server's last lines on stderr:", "")))
        for line in failure.stderr:
            console.print(_line(("  | ", "dim"), (line, "")))
    console.print(_line(("hint: ", "bold"), (failure.hint, "")))


def harmless(text: str) -> str:
    """`text` with control characters and what a terminal cannot encode shown as escapes."""
    return "".join(
        character
        if character.isprintable() or character == "\n"
        else character.encode("unicode_escape").decode()
        for character in text
    )


def _heading(report: Report, run: Run, console: Console) -> None:
    name = run.server.get("name") or "a server without a name"
    target = report.target.get("url") or " ".join(report.target.get("command", ()))
    version = run.server.get("version") or ""
    console.print(_line((f"{name} {version}".strip(), "bold"), (f"  {run.revision} ({run.era} era)", "")))
    console.print(_line((f"{report.target['transport']}: {target}", "dim")))
    console.print()


def _rule(group: list[Finding], statements: dict[tuple[str, str], str], console: Console) -> None:
    first = group[0]
    console.print(
        _line(
            (f"{first.verdict.upper():9}", _STYLE[first.verdict]),
            (f"  {first.rule}", "bold"),
            (f"  {first.level}, {first.spec}", "dim"),
        )
    )
    console.print(_line((f"  {statements.get((first.rule, first.revision), '')}", "italic")))
    for finding in group[:_SHOWN_PER_RULE]:
        where = " ".join(part for part in (finding.method, finding.pointer) if part)
        console.print(_line(("  - ", ""), (f"{where}: " if where else "", "cyan"), (finding.message, "")))
    if len(group) > _SHOWN_PER_RULE:
        console.print(_line((f"  - and {len(group) - _SHOWN_PER_RULE} more, see --format json", "dim")))
    console.print()


def _verdict(report: Report, console: Console) -> None:
    counts = report.summary()
    requests = sum(run.requests for run in report.runs)
    parts = [
        (f"{counts['violations']} broken", _STYLE["violation"] if counts["violations"] else ""),
        (", ", ""),
        (f"{counts['warnings']} broken mildly", _STYLE["warning"] if counts["warnings"] else ""),
        (f", {counts['passed']} held, {counts['skipped']} not tested", ""),
        (f"  ({requests} requests)", "dim"),
    ]
    console.print(_line(("rules: ", "bold"), *parts))


def _line(*parts: tuple[str, str]) -> Text:
    line = Text(overflow="fold")
    for text, style in parts:
        shown = harmless(text)
        line.append(shown if len(shown) <= _WIDEST_VALUE * 4 else shown[: _WIDEST_VALUE * 4] + "…", style)
    return line
