"""`mcpgen build`: a server as a WebAssembly component."""

from __future__ import annotations

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
            metavar="handler|wasi-http|worker",
            help="A component with our raw interface, one with WASI's HTTP, or a worker for Cloudflare.",
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

    def say(step: str) -> None:
        typer.echo(step, err=True)

    if output is None:
        raise UsageError("it is not said where the component goes", hint="-o FILE, such as -o server.wasm")
    if compose:
        if kind is not None:
            raise UsageError(
                "--target is for a server in Python, and --compose for components",
                hint="leave one of them out: components stay what they are",
            )
        from mcpgen.build.composing import compose as composed

        whole = composed([Path(each) for each in targets], output=output, progress=say)
        named = "" if whole.metadata is None else f"{whole.metadata.name} {whole.metadata.version}, "
        typer.echo(f"wrote {whole.path}: {named}{whole.size / 1e6:.1f} MB")
        return
    if len(targets) > 1:
        raise UsageError(
            f"one server is built, and {' and '.join(targets)} are several",
            hint="name one TARGET; --compose makes one component of several",
        )
    if kind is None:
        raise UsageError("it is not said what to build", hint="--target handler, wasi-http or worker")
    (target,) = targets
    if kind == "worker" and target.endswith(".wasm"):
        from mcpgen.component import read
        from mcpgen.worker import write_worker

        write_worker(read(Path(target)), output=output, progress=say)
        typer.echo(f"wrote {output}")
        return
    from mcpgen.build import build as built

    made = built(target, kind=kind, output=output, progress=say)
    typer.echo(f"wrote {made.path}: {made.metadata.name} {made.metadata.version}, {made.size / 1e6:.1f} MB")
