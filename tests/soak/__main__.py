"""`python -m tests.soak [MINUTES]`: soak our servers, say how it goes and what was wrong."""

from __future__ import annotations

import asyncio
import platform
import random
import sys
from math import nan
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from .soaking import TARGET, Outcome, Plan, Soak

_PLAIN_EVERY = 30.0


def soak(
    minutes: Annotated[float, typer.Argument(help="How long; fractions are fine.")] = 10,
    seed: Annotated[
        int | None, typer.Option(help="Chooses what happens; without it, another each time.")
    ] = None,
    target: Annotated[str, typer.Option(help="What to serve: tests.soak.faulty holds wrong ones.")] = TARGET,
) -> None:
    """Load and faults on stdio and HTTP, both eras: no reply lost or doubled, no growth, clean exits."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=110)
    if seed is None:
        seed = random.SystemRandom().randrange(2**31)
    plan = Plan(seconds=minutes * 60, seed=seed, target=target)
    console.print(f"Python {platform.python_version()}, {minutes:g} minutes, seed {seed}", highlight=False)
    outcome = asyncio.run(_run(plan, console))
    _print(outcome, plan, console)
    sys.exit(1 if outcome.problems else 0)


async def _run(plan: Plan, console: Console) -> Outcome:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("soaking", total=plan.seconds)
        due = 0.0

        def tell(seconds: float) -> None:
            nonlocal due
            line = _line(running.outcome)
            progress.update(task, completed=min(seconds, plan.seconds), description=line)
            if not console.is_terminal and seconds >= due:
                due += _PLAIN_EVERY
                console.print(f"{seconds:5.0f} s  {line}", highlight=False)

        running = Soak(plan, tell)
        return await running.run()


def _line(outcome: Outcome) -> str:
    sizes = ", ".join(f"{each.samples[-1][1]:.1f}" for each in outcome.memory.values() if each.samples)
    return f"{outcome.done.total():,} done, {len(outcome.problems)} problems, {sizes} MiB"


def _print(outcome: Outcome, plan: Plan, console: Console) -> None:
    table = Table(title="what was done", title_justify="left")
    table.add_column("")
    table.add_column("times", justify="right")
    for kind, times in outcome.done.most_common():
        table.add_row(kind, f"{times:,}")
    console.print(table)
    table = Table(title=f"memory from {plan.warm_up:.0f} s on, MiB", title_justify="left")
    for column in ("", "first quarter", "last quarter", "least", "most", "KiB a minute"):
        table.add_column(column, justify="right" if column else "left")
    for name, memory in outcome.memory.items():
        sizes = [size for _, size in memory.settled(plan.warm_up)]
        first, last = memory.quarters(plan.warm_up)
        table.add_row(
            name,
            f"{first:.1f}",
            f"{last:.1f}",
            f"{min(sizes, default=nan):.1f}",
            f"{max(sizes, default=nan):.1f}",
            f"{memory.slope(plan.warm_up):+.1f}",
        )
    console.print(table)
    for problem in outcome.problems:
        console.print(f"problem: {problem}", highlight=False, markup=False)
    console.print("nothing wrong" if not outcome.problems else f"{len(outcome.problems)} problems")


if __name__ == "__main__":
    typer.run(soak)
