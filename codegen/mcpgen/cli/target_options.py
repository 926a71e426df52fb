"""How a command line names a server: what `mcpgen validate`, `fuzz` and `replay` share."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from mcpgen.cli.ways import Ways

Command: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="-- COMMAND…", help="The server's command line, spoken to over stdio."),
]
Url: TypeAlias = Annotated[
    str | None, typer.Option(metavar="U", help="The server's MCP endpoint, over Streamable HTTP.")
]
Sse: TypeAlias = Annotated[
    str | None, typer.Option(metavar="U", help="The URL of its event stream, over HTTP+SSE (2024-11-05).")
]
Ws: TypeAlias = Annotated[
    str | None, typer.Option(metavar="U", help="The server's ws: or wss: URL, over WebSocket.")
]
Tcp: TypeAlias = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Where the server listens for TCP connections.")
]
Unix: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="PATH", help="The Unix socket that the server listens at.")
]
Component: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE", help="A component, served in this process; middleware before it: name each."
    ),
]
Header: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="'NAME: VALUE'", help="Send this header with each request of --url, --sse, --ws."),
]
BearerEnv: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Send the token that this variable of the environment holds."),
]
Env: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="Set this variable for the command; or let a component see it."),
]
Cwd: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Start the command in this directory.")
]
Directories: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--dir", metavar="HOST[::GUEST][::rw]", help="Of a component: as mcpgen serve has it."),
]
AllowHost: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME[:PORT]", help="Of a component: as mcpgen serve has it."),
]
Isolation: TypeAlias = Annotated[
    str | None, typer.Option(metavar="pool|request", help="Of a component: as mcpgen serve has it.")
]
Settings: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A limit of a component: as mcpgen serve has it."),
]


def started(command: Sequence[str]) -> tuple[str, ...]:
    """The command line, or the one that serves a server project, where its directory is given instead."""
    from mcpgen.project import FILE_NAME

    if len(command) == 1 and (Path(command[0]) / FILE_NAME).is_file():
        return (sys.executable, "-m", "mcpgen", "serve", command[0])
    return tuple(command)


def named(ways: Ways) -> str:
    """The server as a command line names it again, for a shell; what is to be kept secret is left out."""
    words: list[str] = []
    for option, value in (
        ("--url", ways.url),
        ("--sse", ways.sse),
        ("--ws", ways.ws),
        ("--tcp", ways.tcp),
        ("--unix", ways.unix),
        *(("--component", file) for file in ways.components),
        *(("--dir", each) for each in ways.directories),
        *(("--allow-host", each) for each in ways.allow_host),
        ("--isolation", ways.isolation),
        *(("--set", each) for each in ways.settings),
        ("--bearer-env", ways.bearer_env),
        *(("--header", f"{each.partition(':')[0]}: …") for each in ways.headers),
        *(("--env", f"{each.partition('=')[0]}=…") for each in ways.env),
        ("--cwd", ways.cwd),
    ):
        if value is not None:
            words += [option, _without_password(str(value))]
    # What serves a project is named by it.
    serves = ways.command[:-1] == (sys.executable, "-m", "mcpgen", "serve")
    command = ways.command[-1:] if serves else ["--", *ways.command] if ways.command else []
    return shlex.join([*words, *command])


def _without_password(value: str) -> str:
    from mcpgen_runtime.client.urls import shown

    return shown(value) if "://" in value else value
