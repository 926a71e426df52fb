"""`python -m tests.bench.wasm`: what the calculator costs as a component, beside what was to be reached."""

from __future__ import annotations

import os
import platform
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..serving.paper import Paper
from . import report

PARTS = ("size", "host", "worker", "typed")


def bench(
    only: Annotated[str, typer.Option(help=f"One of {', '.join(PARTS)}; or all.")] = "all",
    rounds: Annotated[int, typer.Option(help="Starts of each kind; their median counts.")] = 7,
    calls: Annotated[int, typer.Option(help="Single calls of a warm instance.")] = 3000,
    component: Annotated[
        Path | None, typer.Option(help="A component of the calculator that is built already, for the host.")
    ] = None,
    markdown: Annotated[bool, typer.Option(help="Print it as docs/performance.md has it.")] = False,
) -> None:
    """Print what was measured once. Nothing is asserted: the clock belongs to the machine."""
    parts = PARTS if only == "all" else (only,)
    if not {*parts} <= {*PARTS}:
        raise typer.BadParameter(f"one of {', '.join((*PARTS, 'all'))}", param_hint="--only")
    console = Console()
    if not console.is_terminal:
        console = Console(width=200 if markdown else 110)
    paper = Paper(console, markdown, "just bench-wasm --only")
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    console.print(machine, highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        place = report.Place(Path(folder), component)
        if "size" in parts:
            report.report_size(paper, place)
        if "host" in parts:
            report.report_host(paper, place, rounds=rounds, calls=calls)
        if "worker" in parts:
            report.report_worker(paper, place, rounds=min(rounds, 3))
        if "typed" in parts:
            report.report_typed(paper, place, calls=calls // 3)
    paper.close()


if __name__ == "__main__":
    typer.run(bench)
