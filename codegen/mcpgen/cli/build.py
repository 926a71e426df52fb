"""`mcpgen build`: a server as a WebAssembly component."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Optional

import typer

from mcpgen.errors import UsageError


def build(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET…",
            help="module:attribute, path/to/file.py:attribute, or a project; components with --compose.",
        ),
    ],
    kind: Annotated[
        Optional[str],  # noqa: UP045 (typer reads it at run time)
        typer.Option(
            "--target",
            metavar="handler|tools-http|wasi-http|worker",
            help="A component with our raw interface, the same with HTTP for its tools, one with WASI's"
            " HTTP, or a worker for Cloudflare.",
        ),
    ] = None,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-o", "--output", metavar="FILE", help="Where it goes; a worker is a folder."),
    ] = None,
    compose: Annotated[
        bool,
        typer.Option("--compose", help="Make one of several components: middleware, and last their server."),
    ] = False,
) -> None:
    """Make a WebAssembly component of a server.

    Exit codes: 0 written, 2 wrong usage or a server that cannot be made one, 3 its own code failed.
    """

    if output is None:
        raise UsageError("it is not said where the component goes", hint="-o FILE, such as -o server.wasm")
    if compose and kind is not None:
        raise UsageError(
            "--target is for a server in Python, and --compose for components",
            hint="leave one of them out: components stay what they are",
        )
    if len(targets) > 1 and not compose:
        raise UsageError(
            f"one server is built, and {' and '.join(targets)} are several",
            hint="name one TARGET; --compose makes one component of several",
        )
    with _progress() as say:
        if compose:
            done = _compose(targets, output, say)
        elif kind is None:
            raise UsageError(
                "it is not said what to build", hint="--target handler, tools-http, wasi-http or worker"
            )
        else:
            done = _build(targets[0], kind, output, say)
    typer.echo(done)


def _compose(components: list[str], output: Path, say: Callable[[str], None]) -> str:
    from mcpgen.build.composing import compose

    whole = compose([Path(each) for each in components], output=output, progress=say)
    named = "" if whole.metadata is None else f"{whole.metadata.name} {whole.metadata.version}, "
    imports = f"imports {', '.join(whole.imports)}" if whole.imports else "imports nothing"
    return f"wrote {whole.path}: {named}{whole.size / 1e6:.1f} MB, {imports}"


def _build(target: str, kind: str, output: Path, say: Callable[[str], None]) -> str:
    if kind == "worker" and target.endswith(".wasm"):
        from mcpgen.component import read
        from mcpgen.worker import prepare_worker, write_worker

        prepare_worker(output)
        write_worker(read(Path(target)), output=output, progress=say)
        return f"wrote {output}"
    from mcpgen.build import build

    made = build(target, kind=kind, output=output, progress=say)
    return f"wrote {made.path}: {made.metadata.name} {made.metadata.version}, {made.size / 1e6:.1f} MB"


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Says how far it is: a moving line where stderr is a terminal, a plain one for each step elsewhere."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step: typer.echo(step, err=True)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda step: bar.update(task, description=step)
