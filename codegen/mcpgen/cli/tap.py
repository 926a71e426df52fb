"""`mcpgen tap`: stand between a client and a server, pass everything on, and judge what passes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from mcpgen.errors import UsageError

if TYPE_CHECKING:
    from mcpgen.tap.settings import Settings


def tap(
    command: Annotated[
        Optional[list[str]],  # noqa: UP045 (typer reads it at run time)
        typer.Argument(
            metavar="-- COMMAND…", help="The server's command line; the client starts mcpgen tap."
        ),
    ] = None,
    record: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Write a transcript there, for validate --transcript and replay."),
    ] = None,
    max_message: Annotated[
        int, typer.Option(metavar="BYTES", min=1024, help="The longest message that is judged.")
    ] = 4 * 1024 * 1024,
    max_messages: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many messages of a conversation are judged.")
    ] = 10_000,
) -> None:
    """Stand between a client and a server: pass every byte on, and judge both.

    Findings go to standard error as they happen. In a client's configuration, put
    mcpgen tap -- before the server's command.

    Exit codes: the command's own, 2 wrong usage, 3 the command cannot be started.
    """
    from mcpgen.tap.settings import Settings

    if not command:
        raise UsageError("there is nothing to tap", hint="mcpgen tap -- COMMAND…")
    if record is not None:
        _check_record(record)
    settings = Settings(
        record=None if record is None else str(record.absolute()),
        max_message_bytes=max_message,
        max_messages=max_messages,
    )
    _tap_command(command, settings)


def _tap_command(command: list[str], settings: Settings) -> None:
    from mcpgen.tap.command import end_as, run

    try:
        status = run(command, settings)
    except (OSError, ValueError) as error:
        from mcpgen.validate.starting import cannot_start

        raise cannot_start(tuple(command), error, typed="mcpgen tap --") from None
    raise typer.Exit(end_as(status))


def _check_record(file: Path) -> None:
    if file.is_dir():
        raise UsageError(f"--record {file} is a directory", hint=f"name a file, such as {file / 'tap.jsonl'}")
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent} is not a directory", hint="check --record")
