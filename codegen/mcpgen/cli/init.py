"""`mcpgen init`: a new server project."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from typer.core import TyperCommand

from mcpgen.cli.asking import announced, ask
from mcpgen.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from mcpgen.init.create import Created
    from mcpgen.init.survey import Found
    from mcpgen.validate.target import Target

_COMMAND = "mcpgen.init.command"
_WRITING = "writing the project"


class InitCommand(TyperCommand):
    """`init` as typer parses it, for `app.command(cls=…)`: what follows `--` is the server's command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As typer does, with the words up to the first `--`; the others are kept for `init`."""
        if "--" in args:
            end = args.index("--")
            args, ctx.meta[_COMMAND] = args[:end], tuple(args[end + 1 :])
        elif "--from-server" in args and "--help" not in args:
            # Or typer would complain of the command's words, each an argument too many.
            raise _no_command()
        return super().parse_args(ctx, args)


def init(
    ctx: typer.Context,
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The project's directory, new or empty; . is this one.")
    ],
    from_: Annotated[
        Optional[Path],  # noqa: UP045 (typer reads it at run time)
        typer.Option("--from", metavar="FILE", help="Begin with this definition: JSON, or YAML."),
    ] = None,
    wit: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Make tools of the functions in this WIT: a file, or a directory."),
    ] = None,
    world: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="NAME", help="Those that this world exports (--wit with several worlds)."),
    ] = None,
    from_server: Annotated[
        bool,
        typer.Option(
            "--from-server", help="Take the definition from the server that COMMAND, after --, starts."
        ),
    ] = False,
    from_url: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="U", help="Take the definition from the server at this MCP endpoint."),
    ] = None,
    mock: Annotated[
        bool,
        typer.Option("--mock", help="Write handlers that answer with made-up values, not ones to fill in."),
    ] = False,
    header: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="'NAME: VALUE'", help="Send this header with every request (--from-url)."),
    ] = None,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="How long to wait for each answer of a server.")
    ] = 30.0,
    deadline: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="How long asking a server may take in all.")
    ] = 120.0,
) -> None:
    """Make a server project: definition, handlers, generated stubs, tests, CI.

    mcpgen init DIR

    mcpgen init DIR --from server.mcp.json

    mcpgen init DIR --wit functions.wit

    mcpgen init DIR --from-server -- COMMAND…

    mcpgen init DIR --from-url http://localhost:3000/mcp

    Exit codes: 0 the project is there, 2 wrong usage, or DIR is not empty, 3 the server was not started or
    reached, 4 it stopped answering.
    """
    command: tuple[str, ...] = ctx.meta.get(_COMMAND, ())
    _check(
        command,
        from_=from_,
        wit=wit,
        world=world,
        from_server=from_server,
        from_url=from_url,
        mock=mock,
        header=header,
    )
    for option, seconds in (("--timeout", timeout), ("--deadline", deadline)):
        # typer's own bound lets nan through, which is smaller than nothing.
        if not math.isfinite(seconds):
            raise UsageError(f"{option} is {seconds}", hint=f"give {option} a number of seconds")

    from mcpgen.regen.inputs import require

    for needed in ("jinja2", "ruff"):
        require(needed)
    from mcpgen.init.create import create_from_file, create_from_server, create_hello
    from mcpgen.init.place import check_place

    check_place(directory)
    if from_ is not None:
        with announced(_WRITING):
            created = create_from_file(directory, from_, mocked=mock)
    elif wit is not None:
        from mcpgen.init.create import create_from_wit

        with announced(_WRITING):
            created = create_from_wit(directory, wit, world=world, mocked=mock)
    elif from_server or from_url is not None:
        from mcpgen.cli.ways import headers_of
        from mcpgen.validate.target import Target

        target = Target(
            command=command,
            url=from_url,
            headers=headers_of(header or ()),
            typed="mcpgen init DIR --from-server --",
        )
        found = _survey(target, timeout=timeout, deadline=deadline)
        with announced(_WRITING):
            created = create_from_server(directory, found, mocked=mock)
    else:
        with announced(_WRITING):
            created = create_hello(directory)
    _tell(created, directory)


def _check(
    command: tuple[str, ...],
    *,
    from_: Path | None,
    wit: Path | None,
    world: str | None,
    from_server: bool,
    from_url: str | None,
    mock: bool,
    header: list[str] | None,
) -> None:
    options = {"--from": from_, "--wit": wit, "--from-server": from_server, "--from-url": from_url}
    given = [option for option, value in options.items() if value]
    if len(given) > 1:
        raise UsageError(
            f"a project begins with one definition, and {' and '.join(given)} name several",
            hint="leave all but one of them out",
        )
    if command and not from_server:
        raise UsageError(
            "there is a command after --, and no --from-server",
            hint="mcpgen init DIR --from-server -- COMMAND…",
        )
    if from_server and not command:
        raise _no_command()
    if header and from_url is None:
        raise UsageError("--header is for HTTP", hint="leave --header out, or give --from-url")
    if world is not None and wit is None:
        raise UsageError("--world chooses among the worlds of WIT", hint="leave --world out, or give --wit")
    if mock and not given:
        raise UsageError(
            "--mock is for a definition that there is already",
            hint="add --from FILE, --wit FILE, --from-server -- COMMAND… or --from-url U",
        )


def _no_command() -> UsageError:
    return UsageError(
        "--from-server has no server to ask: its command comes after --",
        hint="mcpgen init DIR --from-server -- COMMAND…",
    )


def _survey(target: Target, *, timeout: float, deadline: float) -> Found:
    """Ask the server, and end what it started, whatever signal arrives."""
    from mcpgen.init.survey import survey

    found, signals = ask(
        lambda announce: survey(target, timeout=timeout, deadline=deadline, announce=announce)
    )
    if found is None:
        # What a shell reports of a process that the signal ended.
        raise typer.Exit(128 + signals[-1] if signals else ExitCode.INTERNAL)
    return found


def _tell(created: Created, directory: Path) -> None:
    import shlex

    for note in created.notes:
        print(f"note: {note}", file=sys.stderr)
    offers = ", ".join(
        f"{count} {word}" if count == 1 else f"{count} {word}s" for word, count in created.offers.items()
    )
    print(f"{directory}: a server project with {offers or 'nothing to offer yet'}")
    named = shlex.quote(str(directory))
    print(f"\n  pytest {named}\n  mcpgen serve {named} --http 127.0.0.1:8080")
