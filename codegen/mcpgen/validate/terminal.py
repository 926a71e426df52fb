"""The report for people: worst first, what is wrong, where, and the page that says so.

Everything that came from a server is made harmless before it is shown: no escape sequence of a server's
reaches the terminal, and nothing of its text is taken for markup.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mcpgen.schema.rules import RuleBook
from mcpgen.validate.baseline import Entry, shape
from mcpgen.validate.formats.words import AS_DUE, counted
from mcpgen.validate.quoting import page_url, quoted_parts, quoted_request
from mcpgen.validate.report import Failure, Finding, Report, Run

_STYLE = {
    "violation": "bold red",
    "warning": "yellow",
    "pass": "green",
    "skipped": "dim",
    "place": "underline",
}
_PLACE = "underline"
_SENT = "      sent     "
# Of one rule's findings so many are shown; the JSON report has more.
_SHOWN_PER_RULE = 5
_LONGEST_PART = 1200
_LONGEST_UNDERLINE = 60


def console_for(file: Any) -> Console:
    """A console on `file`: colours and width of a terminal, or plain lines that nothing wraps."""
    return Console(file=file, highlight=False, soft_wrap=not _is_terminal(file))


def show(report: Report, book: RuleBook, console: Console) -> None:
    """Print the whole report."""
    statements = {(rule.id, rule.revision): rule.statement for rule in book}
    judged = [run for run in report.runs if run.judged]
    if judged:
        _heading(report, judged, console)
    newest_first = sorted(report.new_findings, key=lambda one: one.revision, reverse=True)
    worst_first = sorted(newest_first, key=lambda one: (one.verdict != "violation", one.rule, one.level))
    for _, group in groupby(worst_first, key=lambda one: (one.verdict, one.rule, one.level)):
        _rule(list(group), statements, console)
    for stale in report.stale:
        _print(
            console, ("STALE      ", _STYLE["violation"]), (f"{stale}: the baseline knows it, it is gone", "")
        )
    known = Counter(Entry.of(finding) for finding in report.findings if finding.known)
    for entry, count in sorted(known.items()):
        _print(
            console, ("known      ", "dim"), (str(entry), ""), (f", {count} times" if count > 1 else "", "")
        )
    for run in report.runs:
        about = f"{run.revision}: " if len(report.runs) > 1 else ""
        if run.skipped is not None:
            _print(console, ("skipped    ", "dim"), (about + run.skipped, ""))
        for note in run.notes:
            _print(console, ("note       ", "dim"), (about + note, ""))
    if judged:
        _probes(report, console)
        _verdict(report, console)
        _untested(report, console)
        _print(console, ("the whole of it: --format json", "dim"))


def show_finding(finding: Finding, console: Console, *, label: str) -> None:
    """Print one finding by itself, after a `label` that says whose it is."""
    _print(
        console,
        (f"{label}: ", "bold"),
        (finding.verdict.upper(), _STYLE[finding.verdict]),
        (f"  {finding.rule}", "bold"),
        (f"  {finding.level}, {finding.spec}", "dim"),
    )
    _place(finding, console)


def show_failure(failure: Failure, console: Console) -> None:
    """Print why a run ended early: error, the server's own last words, hint."""
    _print(console, ("error: ", "bold red"), (failure.message, ""))
    if failure.stderr:
        _print(console, ("the server's last lines on stderr:", ""))
        for line in failure.stderr:
            _print(console, ("  | ", "dim"), (line, ""))
    _print(console, ("hint: ", "bold"), (failure.hint, ""))


def harmless(text: str) -> str:
    """`text` with control characters, and what cannot be encoded, shown as escapes."""
    return "".join(
        character
        if character.isprintable() or character == "\n"
        else character.encode("unicode_escape").decode()
        for character in text
    )


def _heading(report: Report, judged: list[Run], console: Console) -> None:
    server: dict[str, Any] = next((run.server for run in judged if run.server), {})
    name = f"{server.get('name') or f'a {report.side} without a name'} {server.get('version') or ''}"
    where = next(value for key, value in report.target.items() if key != "transport")
    target = where if isinstance(where, str) else " ".join(where)
    spoken = ", ".join(
        f"{run.revision} ({run.era} era)" if run.agreed else f"never opened; judged as {run.revision}"
        for run in judged
    )
    _print(console, (name.strip(), "bold"), (f"  {spoken}", ""))
    _print(console, (f"{report.target['transport']}: {target}", "dim"))
    console.print()


def _rule(group: list[Finding], statements: dict[tuple[str, str], str], console: Console) -> None:
    """What is broken of one rule, in the newest revision first; the same in others is told once."""
    first = group[0]
    revisions = sorted({finding.revision for finding in group})
    others = ", ".join(each for each in revisions if each != first.revision)
    _print(
        console,
        (f"{first.verdict.upper():9}", _STYLE[first.verdict]),
        (f"  {first.rule}", "bold"),
        (f"  {first.level}, {first.spec}", "dim"),
        (f"; the same in {others}" if others else "", "dim"),
    )
    _print(console, (f"  {statements.get((first.rule, first.revision), '')}", "italic"))
    newest = [finding for finding in group if finding.revision == first.revision]
    for page in dict.fromkeys(page_url(finding.spec) for finding in newest):
        _print(console, (f"  {page}", "dim"))
    # Positions and ids differ from run to run.
    places: dict[tuple[str | None, str, str], list[Finding]] = {}
    for finding in group:
        places.setdefault((finding.method, shape(finding.pointer), finding.message), []).append(finding)
    once = len(revisions) == 1
    shown = group if once else [same[0] for same in places.values()]
    for finding in shown[:_SHOWN_PER_RULE]:
        same = places[finding.method, shape(finding.pointer), finding.message]
        only = sorted({one.revision for one in same})
        _place(finding, console, about="" if once or only == revisions else f" ({', '.join(only)})")
    if len(shown) > _SHOWN_PER_RULE:
        _print(console, (f"  - and {len(shown) - _SHOWN_PER_RULE} more, see --format json", "dim"))
    console.print()


def _place(finding: Finding, console: Console, *, about: str = "") -> None:
    where = " ".join(part for part in (finding.method, finding.pointer) if part)
    _print(
        console, ("  - ", ""), (f"{where}: " if where else "", "cyan"), (finding.message, ""), (about, "dim")
    )
    if finding.request is not None:
        _print(console, ("      request  ", "dim"), (quoted_request(finding.request), ""))
    if finding.response is not None:
        before, place, after = quoted_parts(finding.response, finding.pointer)
        _print(console, (_SENT, "dim"), (before, ""), (place, _PLACE), (after, ""))
        if before and not console.is_terminal:
            # Where nothing is underlined, as compilers do it.
            shown = cell_len(harmless(place).replace("\n", "\\n")[:_LONGEST_PART])
            indent = cell_len(_SENT) + cell_len(harmless(before).replace("\n", "\\n"))
            _print(console, (" " * indent + "^" * min(max(1, shown), _LONGEST_UNDERLINE), ""))


def _probes(report: Report, console: Console) -> None:
    """What became of the probes: counted, and one line for each that did not go as it should."""
    if not report.probes:
        return
    several = len(report.runs) > 1
    told = [probe for probe in report.probes if probe.outcome not in AS_DUE]
    for probe in told:
        about = f"{probe.revision}: " if several else ""
        style = _STYLE["violation"] if probe.outcome == "crashed" else _STYLE["warning"]
        _print(
            console,
            ("probe      ", "dim"),
            (f"{about}{probe.probe}: ", ""),
            (probe.outcome, style),
            (f", {probe.reason}" if probe.reason else "", "dim"),
        )
    left_out: dict[str, list[str]] = {}
    for probe in report.probes:
        if probe.outcome == "skipped":
            left_out.setdefault(probe.reason, []).append(probe.probe)
    for reason, names in left_out.items():
        _print(
            console, ("probe      ", "dim"), (f"{', '.join(dict.fromkeys(names))}: skipped, {reason}", "dim")
        )
    _print(console, ("probes: ", "bold"), (counted(report.probes), ""))


def _verdict(report: Report, console: Console) -> None:
    counts = report.summary()
    requests = sum(run.requests for run in report.runs)
    _print(
        console,
        ("rules: ", "bold"),
        (_counted(counts["violations"], "violation"), _STYLE["violation"] if counts["violations"] else ""),
        (f"{_known(report, 'violation')}, ", ""),
        (_counted(counts["warnings"], "warning"), _STYLE["warning"] if counts["warnings"] else ""),
        (f"{_known(report, 'warning')}, {counts['passed']} passed, {counts['skipped']} skipped", ""),
        (f"  ({requests} requests)", "dim"),
    )
    if report.stale:
        stale = f"{len(report.stale)} in the baseline, which nothing matches any more"
        _print(console, ("stale: ", _STYLE["violation"]), (stale, ""))


def _known(report: Report, verdict: str) -> str:
    """How many rules with that verdict are broken only as the baseline knows, in brackets."""
    new = {(one.rule, one.revision) for one in report.new_findings}
    broken = [(one.rule, one.revision) for one in report.checks if one.verdict == verdict]
    known = sum(each not in new for each in broken)
    return f" ({'all' if known == len(broken) else known} known)" if known else ""


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _untested(report: Report, console: Console) -> None:
    """The rules that no run put to the test, by name."""
    tested = {check.rule for check in report.checks if check.verdict != "skipped"}
    untested = dict.fromkeys(check.rule for check in report.checks if check.rule not in tested)
    if untested:
        _print(console, (_listed("skipped, nothing put them to the test: ", list(untested)), "dim"))


def _listed(about: str, names: list[str]) -> str:
    """`about` and as many of the names as a line holds: none is cut, and the rest is counted."""
    left = _LONGEST_PART - len(about) - len(" and 1000 more")
    shown = 0
    for name in names:
        left -= len(name) + len(", ")
        if left < 0:
            break
        shown += 1
    rest = f" and {len(names) - shown} more" if shown < len(names) else ""
    return about + ", ".join(names[:shown]) + rest


def _print(console: Console, *parts: tuple[str, str]) -> None:
    """One line of parts, each a text and its style."""
    line = Text(overflow="fold")
    for text, style in parts:
        # On a line of its own a server's word could be taken for ours, or for a command of whoever reads.
        shown = harmless(text).replace("\n", "\\n")
        line.append(shown if len(shown) <= _LONGEST_PART else shown[:_LONGEST_PART] + "…", style)
    console.print(line)


def _is_terminal(file: Any) -> bool:
    return bool(getattr(file, "isatty", lambda: False)())
