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
    listen: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="HOST:PORT", help="Listen there for an HTTP client; port 0 for any."),
    ] = None,
    url: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="U", help="The server's MCP endpoint, to which --listen is passed on."),
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
    mcpgen tap -- before the server's command; or give the client the address
    that --listen names.

    Exit codes: the command's own, or 128 + n for signal n; with --listen 0 when it
    was ended. 2 wrong usage, 3 the command cannot be started, or nothing can
    listen there.
    """
    from mcpgen.tap.settings import Settings

    if bool(command) == (listen is not None or url is not None):
        raise UsageError(
            "a command and an address are two servers" if command else "there is nothing to tap",
            hint="mcpgen tap -- COMMAND…, or mcpgen tap --listen HOST:PORT --url URL",
        )
    if record is not None:
        _check_record(record)
    settings = Settings(
        record=None if record is None else str(record.absolute()),
        max_message_bytes=max_message,
        max_messages=max_messages,
    )
    if command:
        _tap_command(command, settings)
    else:
        _tap_url(listen, url, settings)


def _tap_command(command: list[str], settings: Settings) -> None:
    from mcpgen.tap.command import end_as, run

    try:
        status = run(command, settings)
    except (OSError, ValueError) as error:
        from mcpgen.validate.starting import cannot_start

        raise cannot_start(tuple(command), error, typed="mcpgen tap --") from None
    raise typer.Exit(end_as(status))


def _tap_url(listen: str | None, url: str | None, settings: Settings) -> None:
    from dataclasses import replace
    from urllib.parse import urlsplit

    from mcpgen.serving.addresses import host_and_port
    from mcpgen.tap.proxy import Way, run
    from mcpgen.validate.endpoint import check_url

    if listen is None or url is None:
        there, missing = ("--url", "--listen HOST:PORT") if listen is None else ("--listen", "--url URL")
        raise UsageError(f"{there} alone is half of a way", hint=f"add {missing}")
    check_url(url)
    if urlsplit(url).username is not None:
        raise UsageError(
            "a name and a password in the URL are not passed on",
            hint="have the client send them: Authorization",
        )
    host, port = host_and_port("--listen", listen)
    run(Way(host, port, url), replace(settings, endpoint=urlsplit(url).path or "/"))


def _check_record(file: Path) -> None:
    if file.is_dir():
        raise UsageError(f"--record {file} is a directory", hint=f"name a file, such as {file / 'tap.jsonl'}")
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent} is not a directory", hint="check --record")
