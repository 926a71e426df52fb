"""`mcpgen diff`: what changed, and whom it breaks."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mcpgen.errors import ExitCode


class DiffFormat(StrEnum):
    """How the changes are printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"


def diff(
    old: Annotated[
        Path,
        typer.Argument(
            metavar="OLD", help="WIT as it was: a file, a directory with its deps/, or a component."
        ),
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The same as it is now.")],
    format: Annotated[
        DiffFormat,
        typer.Option(
            "--format",
            help="Text for people, one JSON value, a table for a pull request, or annotations for GitHub.",
        ),
    ] = DiffFormat.TEXT,
) -> None:
    """Say what changed between two states of WIT or two components, and which version that makes due.

    Exit code 1 where something breaks who was built for the old.
    """
    from mcpgen.cli.diff_view import as_github, as_json, as_markdown, as_text
    from mcpgen.wit.difference import difference
    from mcpgen.wit.versions import Level

    found = difference(old, new)
    views = {
        DiffFormat.TEXT: as_text,
        DiffFormat.JSON: as_json,
        DiffFormat.MARKDOWN: as_markdown,
        DiffFormat.GITHUB: as_github,
    }
    typer.echo(views[format](found))
    if found.of(Level.BREAKING):
        raise typer.Exit(ExitCode.DOES_NOT_HOLD)
