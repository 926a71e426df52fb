"""`mcpgen regen`: write, or with --check and --diff only compare, what mcpgen.toml names."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional, TextIO

import typer

from mcpgen.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from mcpgen.project import Project
    from mcpgen.regen.authors_class import Place
    from mcpgen.regen.engine import Outcome, Progress
    from mcpgen.regen.handlers import Handlers
    from mcpgen.regen.survey import Plan


def regen(
    directory: Annotated[
        Optional[Path],  # noqa: UP045 (typer reads it at run time)
        typer.Argument(metavar="[DIR]", help="Do it there, not in this directory."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; print what differs as a diff and exit 1 if anything does."
        ),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; print what would change as a diff.")
    ] = False,
    only: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="KIND,…", help="Narrow to these kinds: types, stubs, tests, wit, conformance."),
    ] = None,
    revision: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="R", help="Narrow to one protocol revision."),
    ] = None,
    config: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE", help="Read FILE, not the mcpgen.toml of the directory or the nearest above it."
        ),
    ] = None,
) -> None:
    """Write the code that mcpgen.toml names, from the schemas and the definition."""
    from mcpgen.project import load_project
    from mcpgen.regen.engine import preview, regenerate
    from mcpgen.regen.kinds import EMITTERS
    from mcpgen.regen.planning import plans

    if directory is not None and config is not None:
        raise UsageError(
            f"{directory} and --config {config} both name a project", hint="leave one of them out"
        )
    project = load_project(
        _config(directory) if config is None else config,
        {kind: emitter.options for kind, emitter in EMITTERS.items()},
    )
    kinds = () if only is None else tuple(kind.strip() for kind in only.split(","))
    planned = plans(project, EMITTERS, only=kinds, revision=revision)
    handlers = _handlers(project, planned)
    with _progress() as progress:
        if check or diff:
            outcomes = [preview(plan, progress=progress) for plan in planned]
        else:
            outcomes = regenerate(planned, progress=progress)
    if not (check or diff):
        _say_what_was_written(outcomes)
        if handlers is not None and handlers.skeleton is not None and handlers.write():
            print(f"{handlers.label}: written, once: it is yours now")
        _say_what_handlers_lack(project, handlers, sys.stdout)
        return
    _print_diff(outcomes)
    drifted = _say_what_differs(outcomes)
    if handlers is not None and handlers.skeleton is not None:
        print(f"{handlers.label}: regen would write it", file=sys.stderr)
        drifted = True
    _say_what_handlers_lack(project, handlers, sys.stderr)
    if check and drifted:
        raise typer.Exit(ExitCode.DOES_NOT_HOLD)


def _config(directory: Path | None) -> Path:
    from mcpgen.project import find_project

    if directory is not None and not directory.is_dir():
        raise UsageError(
            f"there is no directory {directory}",
            hint="name that of a project, or its mcpgen.toml with --config FILE",
        )
    return find_project(directory or Path.cwd())


def _handlers(project: Project, planned: Sequence[Plan]) -> Handlers | None:
    """The author's handlers, where this run is to look at what they implement."""
    output = project.output("stubs")
    if output is None or not any(plan.kind == output.kind for plan in planned):
        return None
    from mcpgen.regen.handlers import find_handlers

    return find_handlers(project, output)


def _say_what_handlers_lack(project: Project, handlers: Handlers | None, stream: TextIO) -> None:
    """What the author has to write or may delete, now that the definition is what it is."""
    if handlers is None or project.definition is None:
        return
    _say_warnings(project)
    if handlers.unreadable is not None:
        print(f"{handlers.unreadable}: what it lacks cannot be told", file=stream)
    if handlers.missing:
        from mcpgen.regen.definitions import package_of
        from mcpgen.regen.handlers import to_paste

        output = project.output("stubs")
        assert output is not None
        many = "a method" if len(handlers.missing) == 1 else f"{len(handlers.missing)} methods"
        print(
            f"{handlers.label}: {handlers.class_name} lacks {many} of {project.definition.name}; to paste:\n",
            file=stream,
        )
        print(to_paste(handlers.missing, package_of(output, project)), file=stream)
    asks = f"nothing in {project.definition.name} asks for"
    for name, place in handlers.gone:
        print(f"{_shown(place, project)}: {asks} {name} any more: import it no longer", file=stream)
    for name, place in handlers.dead:
        print(
            f"{_shown(place, project)}: {asks} {name}: remove it, or begin its name with an underscore",
            file=stream,
        )


def _say_warnings(project: Project) -> None:
    """That the definition could be better. Said on stderr, for it keeps nothing from being written."""
    from mcpgen.regen.definitions import count_warnings

    output = project.output("stubs")
    assert output is not None and project.definition is not None
    count = count_warnings(project, output)
    if count:
        many = "a warning" if count == 1 else f"{count} warnings"
        file = os.path.relpath(project.definition)
        print(f"{file}: {many}: mcpgen schema lint {file}", file=sys.stderr)


def _shown(place: Place, project: Project) -> str:
    return f"{os.path.relpath(place.file, project.root).replace(os.sep, '/')}:{place.line}"


@contextmanager
def _progress() -> Iterator[Progress]:
    """A moving bar where stderr is a terminal, a plain line for each unit elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from mcpgen.regen.engine import Progress

    def wait(plan: Plan) -> None:
        print(f"{plan.label}: waiting for another mcpgen regen to end", file=sys.stderr, flush=True)

    def line(plan: Plan, unit: str) -> None:
        print(f"{plan.label}: generating {unit}", file=sys.stderr, flush=True)

    console = Console(stderr=True)
    if not console.is_terminal:
        yield Progress(unit=line, waiting=wait)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def start(plan: Plan, units: int) -> None:
            # One step more than units: formatting and writing come last.
            tasks[plan.kind] = bar.add_task(plan.label, total=units + 1)

        def unit(plan: Plan, name: str) -> None:
            bar.update(tasks[plan.kind], advance=1, description=f"{plan.label} {name}")

        yield Progress(start=start, unit=unit, waiting=wait)


def _print_diff(outcomes: Sequence[Outcome]) -> None:
    from rich.console import Console
    from rich.text import Text

    from mcpgen.regen.diff import unified_diff

    console = Console(highlight=False)
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for outcome in outcomes:
        for line in unified_diff(outcome.changes, label=outcome.plan.label):
            if console.is_terminal:
                console.print(Text(line, styles.get(line[0], "")), end="", soft_wrap=True)
            else:
                sys.stdout.write(line)
    sys.stdout.flush()


def _say_what_differs(outcomes: Sequence[Outcome]) -> bool:
    """Sum up a run that wrote nothing, on stderr, for stdout is the diff. Returns whether there is drift."""
    drifted = False
    for outcome in outcomes:
        if outcome.changes:
            drifted = True
            counts = ", ".join(
                _counted(outcome, verb) for verb in ("change", "add", "delete") if _count(outcome, verb)
            )
            _note(outcome, f"regen would {counts}; {outcome.unchanged} unchanged")
            if outcome.foreign:
                _note(outcome, f"first move or delete what regen did not make: {', '.join(outcome.foreign)}")
        elif outcome.refreshed:
            origin = f"regen would record new digests of what {', '.join(outcome.refreshed)} came from"
            _note(outcome, f"{outcome.unchanged} files, all as generated; {origin}")
        else:
            _note(outcome, f"{outcome.unchanged} files, all as generated")
    return drifted


def _note(outcome: Outcome, text: str) -> None:
    print(f"{outcome.plan.label}: {text}", file=sys.stderr)


def _say_what_was_written(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        written = _count(outcome, "add") + _count(outcome, "change")
        deleted = _count(outcome, "delete")
        parts = [
            f"{written} written",
            *([f"{deleted} deleted"] if deleted else []),
            f"{outcome.unchanged} unchanged",
        ]
        if outcome.refreshed and not outcome.changes:
            parts.append("digests recorded anew")
        print(f"{outcome.plan.label}: {', '.join(parts)}")


def _count(outcome: Outcome, verb: str) -> int:
    return sum(change.verb == verb for change in outcome.changes)


def _counted(outcome: Outcome, verb: str) -> str:
    count = _count(outcome, verb)
    return f"{verb} {count} file{'' if count == 1 else 's'}"
