"""All servers of a fleet on one page: a line for each, the gravest marked."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from mcpgen.schema.rules import RuleBook
from mcpgen.validate.fleet.report import Fleet, Judged
from mcpgen.validate.terminal import harmless, show, show_failure

HEAD = ("server", "transport", "revision", "verdict", "MUST", "SHOULD", "time")
_RIGHT = {"MUST", "SHOULD", "time"}
_STYLE = {"holds": "green", "violations": "bold red", "stale baseline": "bold red", "disabled": "dim"}
_LONGEST_NAME = 40


def row_of(server: Judged) -> tuple[str, ...]:
    """What there is to say of one server, under the words of `HEAD`."""
    name = harmless(server.name).replace("\n", "\\n")
    name = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    if server.report is None:
        return name, "", "", server.verdict, "", "", ""
    broken = (str(server.count("violation")), str(server.count("warning")))
    judged = any(run.judged for run in server.report.runs)
    transport = str(server.report.target.get("transport", ""))
    return (
        name,
        transport,
        server.spoken,
        server.verdict,
        *(broken if judged else ("", "")),
        f"{server.seconds:.1f} s",
    )


def show_table(servers: Sequence[Judged], console: Console) -> None:
    """Print a line for each server."""
    rows = [HEAD, *map(row_of, servers)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for number, row in enumerate(rows):
        line = Text(no_wrap=True)
        for name, cell, width in zip(HEAD, row, widths, strict=True):
            padded = cell.rjust(width) if name in _RIGHT else cell.ljust(width)
            line.append(padded, _style(name, cell) if number else "bold")
            line.append("  ")
        line.rstrip()
        console.print(line, soft_wrap=True)


def show_fleet(fleet: Fleet, book: RuleBook, console: Console) -> None:
    """Print the report of each server that has more to say than a line of the table, and then the table."""
    for name, report in fleet.reports:
        if not report.findings and not report.exit_code and not any(run.notes for run in report.runs):
            continue
        console.print(Text(f"── {harmless(name)} ".replace("\n", "\\n"), "bold"))
        show(report, book, console)
        if report.failure is not None:
            show_failure(report.failure, console)
        console.print()
    show_table(fleet.servers, console)


def _style(name: str, cell: str) -> str:
    if name == "verdict":
        return _STYLE.get(cell, "red")
    if name in ("MUST", "SHOULD") and cell not in ("", "0"):
        return "bold red" if name == "MUST" else "yellow"
    return ""
