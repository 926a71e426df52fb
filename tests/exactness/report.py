"""The verdicts as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from .harness import Failure, Tally, Verdict

_COLUMNS = (
    ("false accepts", Failure.FALSE_ACCEPT, "invalid"),
    ("false rejects", Failure.FALSE_REJECT, "valid"),
    ("lossy round trips", Failure.LOSSY, "valid"),
)
_IN_COLUMNS = frozenset(failure for _, failure, _ in _COLUMNS)


def print_report(console: Console, verdicts: Mapping[str, Verdict], *, findings: int) -> None:
    """Print the corpus and the failures of each revision, then the first `findings` of each contender."""
    corpus = Table(title="The corpus", title_justify="left")
    for column in ("revision", "instances", "mutants", "of all, invalid", "cross-checked"):
        corpus.add_column(column, justify="left" if column == "revision" else "right")
    for revision, verdict in verdicts.items():
        mutants = verdict.mutants.total()
        counts = (verdict.instances, mutants, verdict.rejected_by_schema, verdict.cross_checked)
        corpus.add_row(revision, *(f"{count:,}" for count in counts))
    console.print(corpus)

    table = Table(title="Exactness", title_justify="left")
    table.add_column("revision")
    table.add_column("types")
    for column in ("values", *(title for title, _, _ in _COLUMNS), "of plain ones", "other failures"):
        table.add_column(column, justify="right")
    for revision, verdict in verdicts.items():
        for name, tally in verdict.tallies.items():
            others = sum(count for failure, count in tally.failures.items() if failure not in _IN_COLUMNS)
            cells = (_cell(tally, failure, among) for _, failure, among in _COLUMNS)
            plain = _share(tally.plain_lossy, tally.plain)
            table.add_row(revision, name, f"{tally.values:,}", *cells, plain, str(others))
        table.add_section()
    console.print(table)

    for verdict in verdicts.values():
        for tally in verdict.tallies.values():
            for finding in tally.findings[:findings]:
                console.print(f"• {finding}", markup=False, highlight=False, soft_wrap=True)


def _cell(tally: Tally, failure: Failure, among: str) -> str:
    count = tally.failures[failure]
    whole = tally.valid if among == "valid" else tally.values - tally.valid
    return _share(count, whole)


def _share(count: int, whole: int) -> str:
    return f"{count:,} ({count / whole:.1%})" if count else "0"
