"""`python -m tests.exactness`: the exactness run by hand, of any seed and size, beside mcp-types."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mcpgen.paths import schema_directory
from mcpgen.schema.room import SchemaRoom

from .contenders import Contender, McpTypes, PydanticModels, Wire
from .corpus import Sample, Size, corpus
from .harness import Verdict, judge
from .oracle import Oracle
from .report import print_report


def run(
    revision: Annotated[list[str] | None, typer.Option(help="Only this revision; may be repeated.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="The corpus's seed; without it, another one each time.")
    ] = None,
    randoms: Annotated[int, typer.Option(help="Random instances of each definition.")] = 40,
    mutants: Annotated[int, typer.Option(help="Mutants of each definition, at most.")] = 2000,
    foreign: Annotated[int, typer.Option(help="Instances by Schemathesis of each definition (slow).")] = 10,
    findings: Annotated[int, typer.Option(help="So many failures of each of ours are shown in full.")] = 5,
) -> None:
    """Judge the generated types, and those of mcp-types, on a large corpus. Exit 1 if ours fail anywhere."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    if seed is None:
        seed = random.SystemRandom().randrange(2**31)
    console.print(f"seed {seed} (the same seed and sizes give the same corpus)")
    room = SchemaRoom(schema_directory())
    size = Size(randoms=randoms, mutants=mutants, foreign=foreign, foreign_every=1)
    verdicts: dict[str, Verdict] = {}
    columns = (
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
        TextColumn("values"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        for name in revision or room.revisions:
            schema = room.schema(name)
            contenders: list[Contender] = [Wire(name), PydanticModels(name), McpTypes(name, schema)]
            samples = corpus(schema, seed=seed, size=size)
            verdicts[name] = judge(
                _shown(samples, progress, name),
                Oracle(schema),
                contenders,
            )
    peer = [verdict.tallies[McpTypes.name] for verdict in verdicts.values()]
    for tally in peer:
        tally.findings.clear()  # counted in the table; how they come about is theirs to look into
    print_report(console, verdicts, findings=findings)
    ours = [tally for verdict in verdicts.values() for tally in verdict.tallies.values() if tally not in peer]
    sys.exit(any(tally.failures for tally in ours))


def _shown(samples: Iterator[Sample], progress: Progress, revision: str) -> Iterator[Sample]:
    task = progress.add_task(revision, total=None)
    for sample in samples:
        progress.update(task, advance=1)
        yield sample


if __name__ == "__main__":
    typer.run(run)
