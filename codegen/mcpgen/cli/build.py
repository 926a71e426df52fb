"""`mcpgen build`: a server as a WebAssembly component."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def build(
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="module:attribute, path/to/file.py:attribute, or a project."),
    ],
    kind: Annotated[
        str,
        typer.Option(
            "--target",
            metavar="handler|wasi-http",
            help="What it exports: our raw interface, or WASI's HTTP.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where the component goes.")],
) -> None:
    """Make a WebAssembly component of a server.

    Exit codes: 0 written, 2 wrong usage or a server that cannot be made one, 3 its own code failed.
    """
    from mcpgen.build import build as built

    def say(step: str) -> None:
        typer.echo(step, err=True)

    made = built(target, kind=kind, output=output, progress=say)
    typer.echo(f"wrote {made.path}: {made.metadata.name} {made.metadata.version}, {made.size / 1e6:.1f} MB")
