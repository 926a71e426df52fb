"""`mcpgen schema`: the schema room from the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from mcpgen.cli.options import Format
from mcpgen.errors import ExitCode, UsageError, unknown_name

if TYPE_CHECKING:
    from mcpgen.lint import Problem
    from mcpgen.schema.room import SchemaRoom

app = typer.Typer(
    help="The schemas: one normalised JSON Schema per protocol revision.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


FormatOption = Annotated[Format, typer.Option("--format", help="Text for people, or one JSON value.")]
RevisionOption = Annotated[
    Optional[str],  # noqa: UP045  typer reads it at run time
    typer.Option(metavar="R", help="The protocol revision; the newest where not given."),
]
RoomOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--schema", metavar="DIR", help="The schema directory; else that of mcpgen.toml, else mcpgen's own."
    ),
]


@app.command(name="list")
def list_(format: FormatOption = Format.TEXT, schema: RoomOption = None) -> None:
    """List the revisions: definitions, methods, errata and where each schema came from."""
    room = _room(schema)
    rows = [_summary(room, revision) for revision in room.revisions]
    if format is Format.JSON:
        _print_json(rows)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("revision", "definitions", "methods", "errata", "commit", "sha256"):
        table.add_column(heading, no_wrap=True, justify="right" if heading in _NUMBERS else "left")
    for row in rows:
        table.add_row(
            row["revision"],
            *(str(row[heading]) for heading in _NUMBERS),
            (row["commit"] or "unknown")[:12],
            row["sha256"][:12],
        )
    _print(table)


_NUMBERS = ("definitions", "methods", "errata")


def _summary(room: SchemaRoom, revision: str) -> dict[str, Any]:
    entry = room.lock.get(revision)
    return {
        "revision": revision,
        "definitions": len(room.schema(revision)["$defs"]),
        "methods": len(room.methods(revision)),
        "errata": len(room.errata(revision)),
        "source": entry.source if entry else None,
        "commit": entry.commit if entry else None,
        "sha256": room.sha256(revision),
    }


@app.command()
def show(
    type_name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="[TYPE]", help="A definition, or an inline type by the name it is lifted to."),
    ] = None,
    revision: RevisionOption = None,
    ir: Annotated[
        bool, typer.Option("--ir", help="Show what emitters see, as JSON; all of it without TYPE.")
    ] = False,
    format: FormatOption = Format.TEXT,
    schema: RoomOption = None,
) -> None:
    """Show one type: its keys, what they hold, and the methods that use it."""
    from mcpgen.ir.build import build_revision
    from mcpgen.ir.serialise import to_json
    from mcpgen.schema.pointer import resolve

    room = _room(schema)
    name = _revision(room, revision)
    built = build_revision(room, name)
    if type_name is None:
        if not ir:
            raise UsageError(
                "which type shall be shown?", hint=f"mcpgen schema show CallToolResult --revision {name}"
            )
        _print_json(to_json(built))
        return
    names = [named.name for named in built.types]
    if type_name not in names:
        raise unknown_name("type", type_name, names)
    named = built.type(type_name)
    if ir:
        _print_json(to_json(named))
    elif format is Format.JSON:
        _print_json(resolve(room.schema(name), named.pointer) if named.pointer else to_json(named))
    else:
        from mcpgen.cli.type_view import type_view

        _print(type_view(named, built))


@app.command(name="import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An official schema.json, draft-07 or 2020-12.")
    ],
    revision: Annotated[str, typer.Option(metavar="R", help="The revision that it is, as YYYY-MM-DD.")],
    source: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Where the file comes from; recorded in lock.json."),
    ] = None,
    commit: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="The upstream commit that it is from; recorded in lock.json."),
    ] = None,
    format: FormatOption = Format.TEXT,
    schema: RoomOption = None,
) -> None:
    """Normalise an official schema, mend its known errors and store it."""
    from dataclasses import asdict

    from mcpgen.importing import import_schema

    done = import_schema(file, revision=revision, room=_writable_room(schema), source=source, commit=commit)
    if format is Format.JSON:
        _print_json(
            {"path": str(done.path), "changed": done.changed, "definitions": done.definitions}
            | {"suggested_errata": [erratum.id for erratum in done.suggested]}
            | asdict(done.entry)
        )
        return
    errata = f", errata applied: {', '.join(done.entry.errata)}" if done.entry.errata else ""
    verb = "imported" if done.changed else "unchanged"
    typer.echo(f"{verb}: {revision}, {done.definitions} definitions{errata}: {done.path}")
    for erratum in done.suggested:
        typer.echo(
            f"note: it seems to have the mistake of erratum {erratum.id}; errata.toml can mend it here too"
        )


@app.command()
def verify(
    against: Annotated[
        Path, typer.Option(metavar="DIR", help="A directory with the official R/schema.json files.")
    ],
    revision: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="R", help="Only this revision."),
    ] = None,
    format: FormatOption = Format.TEXT,
    schema: RoomOption = None,
) -> None:
    """Prove that every stored schema says what the official one says, erratum by erratum."""
    from dataclasses import asdict

    from mcpgen.schema.verify import verify as verify_room

    room = _room(schema)
    only = None if revision is None else (_revision(room, revision),)
    verdicts = verify_room(room, against, revisions=only)
    if format is Format.JSON:
        _print_json([asdict(verdict) for verdict in verdicts])
    else:
        for verdict in verdicts:
            bad = len(verdict.differences)
            result = f"{bad} difference{'s' if bad != 1 else ''}" if bad else "equal"
            typer.echo(f"{verdict.revision}: {verdict.definitions} definitions, {result}")
            for erratum in verdict.errata:
                typer.echo(f"  erratum {erratum.id}: {erratum.pointer}: {erratum.was} is {erratum.now} here")
            for difference in verdict.differences:
                place = difference.pointer or "the file"
                typer.echo(f"  {difference.definition or 'lock'}: {place}: {difference.message}")
    if any(verdict.differences for verdict in verdicts):
        raise typer.Exit(ExitCode.DOES_NOT_HOLD)


@app.command()
def definition() -> None:
    """Print the JSON Schema of server.mcp.json, by which editors complete and check it."""
    from mcpgen.definition.shape import published_schema_text

    typer.echo(published_schema_text(), nl=False)


@app.command()
def lint(
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(
            metavar="[FILE]",
            help="A definition, as server.mcp.json, a project, or WIT; else the project around here.",
        ),
    ] = None,
    format: FormatOption = Format.TEXT,
    schema: RoomOption = None,
) -> None:
    """Look for what is wrong in a server's definition, and say how to mend it.

    Without FILE it is the definition of the project around here. With --schema, or where no project has
    a definition, it is the schemas that are linted, and the WIT that belongs to them.
    """
    if file is not None and schema is not None:
        raise UsageError(
            "--schema is for linting schemas, not a definition", hint=f"mcpgen schema lint {file}"
        )
    definition = _definition_around_here() if file is None and schema is None else file
    if definition is None:
        _lint_rooms(format, schema)
    elif _is_wit(definition):
        from mcpgen.lint.wit import lint as lint_wit

        _show_problems({f"{definition}: ": lint_wit(definition)}, format)
    else:
        from mcpgen.cli.definition_view import definition_file, show_findings

        show_findings(definition_file(definition), as_json=format is Format.JSON)


def _is_wit(path: Path) -> bool:
    from mcpgen.project import FILE_NAME

    if path.is_dir():
        return not (path / FILE_NAME).exists() and any(path.glob("*.wit"))
    return path.suffix == ".wit"


def _lint_rooms(format: Format, schema: Path | None) -> None:
    from mcpgen.errors import MissingExtra
    from mcpgen.lint.schemas import lint as lint_schemas
    from mcpgen.lint.wit import lint as lint_wit
    from mcpgen.paths import schema_directory, wit_directory

    room = _room(schema)
    problems = {f"{room.directory}: {len(room.revisions)} revisions, ": lint_schemas(room)}
    # Beside a checkout's schemas lies its WIT, whichever mcpgen lints it.
    ours = room.directory.resolve() == schema_directory()
    wit = wit_directory() if ours else room.directory.with_name("wit")
    if (wit / "mcp.wit").is_file():
        try:
            problems[f"{wit}: "] = lint_wit(wit)
        except MissingExtra as missing:
            typer.echo(f"note: {wit} is not linted: {missing.message}\n  {missing.hint}", err=True)
    _show_problems(problems, format)


def _show_problems(problems: Mapping[str, Sequence[Problem]], format: Format) -> None:
    """Print what is wrong, by how each place is spoken of. Raises `typer.Exit` with 1 where anything is."""
    from dataclasses import asdict

    if format is Format.JSON:
        _print_json([asdict(problem) for found in problems.values() for problem in found])
    for place, found in problems.items() if format is Format.TEXT else ():
        if not found:
            typer.echo(f"{place}nothing to mend")
        for problem in found:
            typer.echo(f"{problem.file}: {problem.message}")
            typer.echo("  hint: " + problem.hint.replace("\n", "\n    "))
    if any(problems.values()):
        raise typer.Exit(ExitCode.DOES_NOT_HOLD)


def _room(directory: Path | None) -> SchemaRoom:
    from mcpgen.paths import schema_directory
    from mcpgen.schema.room import SchemaRoom

    return SchemaRoom(directory or _directory_of_project() or schema_directory())


def _writable_room(directory: Path | None) -> Path:
    """The directory an import writes to: never the one inside an installed mcpgen."""
    chosen = directory or _directory_of_project()
    if chosen is None:
        raise UsageError(
            "there is no schema directory to import into",
            hint="name one with --schema DIR, or with `schema` in the project's mcpgen.toml",
        )
    if not chosen.is_dir():
        raise UsageError(f"{chosen}: no such directory", hint=f"make it first: mkdir -p {chosen}")
    return chosen


def _definition_around_here() -> Path | None:
    """The mcpgen.toml of the project around here, if it names a definition."""
    from mcpgen.project import load_project

    config = _config_around_here()
    return None if config is None or load_project(config).definition is None else config


def _directory_of_project() -> Path | None:
    """What the nearest mcpgen.toml says, if there is one and it says anything."""
    from mcpgen.project import load_project
    from mcpgen.regen.kinds import EMITTERS

    config = _config_around_here()
    if config is None:
        return None
    return load_project(config, {kind: emitter.options for kind, emitter in EMITTERS.items()}).schema


def _config_around_here() -> Path | None:
    """The nearest mcpgen.toml, if there is one."""
    from mcpgen.project import FILE_NAME

    here = Path.cwd()
    configs = (directory / FILE_NAME for directory in (here, *here.parents))
    return next((config for config in configs if config.is_file()), None)


def _revision(room: SchemaRoom, revision: str | None) -> str:
    if revision is None:
        return room.revisions[-1]
    room.path(revision)
    return revision


def _print(renderable: Any) -> None:
    from rich.console import Console

    # Off a terminal nothing is cut to a width: pipes want whole lines.
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(renderable)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
