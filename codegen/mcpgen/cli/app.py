"""The command line: which commands there are.

A command module is imported with the command line, so it imports what is heavy inside its functions:
`mcpgen --help` stays quick.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from mcpgen import __version__
from mcpgen.cli import (
    build,
    diff,
    export,
    fuzz,
    init,
    inspect,
    regen,
    rules,
    schema,
    serve,
    tap,
    testing,
    validate,
    validate_client,
)
from mcpgen.errors import UsageError


class _Commands(TyperGroup):
    """The commands; one that is asked for without its group is named with it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        for name, group in self.commands.items():
            if args[0] not in self.commands and isinstance(group, TyperGroup) and args[0] in group.commands:
                raise UsageError(f"no such command {args[0]!r}", hint=f"mcpgen {name} {shlex.join(args)}")
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="mcpgen",
    cls=_Commands,
    help="A schema-first toolchain for the Model Context Protocol.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(requested: bool) -> None:
    if requested:
        typer.echo(f"mcpgen {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    pass


app.add_typer(schema.app, name="schema")
app.add_typer(rules.app, name="rules")
app.command(cls=init.InitCommand)(init.init)
app.command()(regen.regen)
app.command(cls=validate.ServerCommand)(validate.validate)
app.command("test", cls=testing.PytestCommand)(testing.run_tests)
app.command(cls=validate.ServerCommand)(fuzz.fuzz)
app.command(cls=validate.ServerCommand)(fuzz.replay)
app.command()(serve.serve)
app.command()(tap.tap)
app.command()(validate_client.validate_client)
app.command()(export.export)
app.command()(build.build)
app.command()(inspect.inspect)
app.command()(diff.diff)


def invoke(arguments: Sequence[str]) -> None:
    """Run one command line. Raises what the command raises, and typer's errors for a wrong line."""
    # Not `app()`: typer's own wrapper prints errors in its own shape and ends a broken pipe with 1.
    command = typer.main.get_command(app)
    with command.make_context("mcpgen", list(arguments)) as context:
        command.invoke(context)
