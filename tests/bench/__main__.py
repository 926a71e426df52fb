"""`python -m tests.bench`: how fast the generated types and our servers are, beside their peers."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from . import ablation, class_styles, codecs, imports, judging
from .hostile.report import report_hostile
from .serving import report
from .serving.paper import Paper

TYPES = ("codecs", "profile", "imports", "classes", "exactness")
SERVERS = ("stdio", "memory", "http", "scale", "abstraction", "layers", "authoring", "tap")
#: What `mcpgen validate` takes; hostile servers take half an hour, and are no part of `all`.
JUDGING = ("validate", "hostile")
GROUPS = {"all": (*TYPES, *SERVERS, "validate"), "types": TYPES, "servers": SERVERS}
#: Enough of a corpus for a table; `just exactness` makes a large one.
EXACTNESS = ("--seed", "20261120", "--randoms", "4", "--mutants", "20", "--foreign", "0", "--findings", "0")


def bench(
    rounds: Annotated[int, typer.Option(help="Turns of each contender; the median counts.")] = 15,
    milliseconds: Annotated[float, typer.Option(help="About how long one turn takes.")] = 20,
    only: Annotated[
        str, typer.Option(help=f"One of {', '.join((*TYPES, *SERVERS, *JUDGING))}; or types, servers, all.")
    ] = "all",
    turns: Annotated[int, typer.Option(help="Turns of each server; the median of ratios counts.")] = 5,
    markdown: Annotated[
        bool, typer.Option(help="Print what servers do as docs/performance.md has it.")
    ] = False,
) -> None:
    """Print medians and ratios of one run. Nothing is asserted: the clock belongs to the machine."""
    parts = GROUPS.get(only, (only,))
    if not {*parts} <= {*TYPES, *SERVERS, *JUDGING}:
        known = ", ".join((*TYPES, *SERVERS, *GROUPS))
        raise typer.BadParameter(f"one of {known}", param_hint="--only")
    console = Console()
    if not console.is_terminal:
        console = Console(width=200 if markdown else 110)
    paper = Paper(console, markdown)
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    console.print(f"{machine}; {rounds} rounds by turns, medians", highlight=False)
    races = codecs.races() if "codecs" in parts else []
    if "profile" in parts:
        races += [ablation.ablation(revision) for revision in codecs.REVISIONS]
    for race in races:
        console.print(_codec_table(codecs.run(race, rounds=rounds, milliseconds=milliseconds)))
    if "imports" in parts:
        console.print(_import_table(imports.import_costs(max(rounds, 9))))
    if "classes" in parts:
        class_styles.report(classes=150, fields=6, rounds=max(rounds, 9))
    if "exactness" in parts:
        subprocess.run([sys.executable, "-m", "tests.exactness", *EXACTNESS], check=False)
    if "stdio" in parts:
        report.report_stdio(paper, rounds=turns)
    if "memory" in parts:
        report.report_memory(paper, rounds=turns)
    if "http" in parts:
        report.report_http(paper, rounds=turns)
    if "scale" in parts:
        report.report_scale(paper, rounds=turns, sessions=10_000, streams=1_000)
    if "abstraction" in parts:
        report.report_abstraction(paper, rounds=max(rounds, 30))
    if "layers" in parts:
        report.report_layers(paper, rounds=max(rounds, 30))
    if "authoring" in parts:
        report.report_authoring(paper, rounds=max(rounds, 30))
    if "tap" in parts:
        report.report_tap(paper, rounds=turns)
    if "validate" in parts:
        judging.report_judging(paper, rounds=turns)
    if "hostile" in parts:
        report_hostile(paper)
    paper.close()


def _codec_table(result: codecs.Result) -> Table:
    table = Table(title=result.title, title_justify="left")
    table.add_column("", min_width=32)
    for column in ("CPU µs", "a second", f"times {codecs.BASELINE}"):
        table.add_column(column, justify="right")
    baseline = result.medians[codecs.BASELINE]
    for name, median in result.medians.items():
        table.add_row(name, f"{median:,.2f}", f"{1e6 / median:,.0f}", f"{baseline / median:.2f}")
    return table


def _import_table(costs: list[imports.ImportCost]) -> Table:
    table = Table(title="import, over a bare interpreter", title_justify="left")
    table.add_column("")
    for column in ("ms wall", "ms CPU"):
        table.add_column(column, justify="right")
    table.add_column("third-party packages")
    for cost in costs:
        packages = ", ".join(cost.third_party) or "none"
        table.add_row(cost.title, f"{cost.wall:.1f}", f"{cost.cpu:.1f}", packages)
    return table


if __name__ == "__main__":
    typer.run(bench)
