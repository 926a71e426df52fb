"""`mcpgen rules`: the rules to which servers and clients are held, from the command line."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from mcpgen.cli.options import Format
from mcpgen.errors import UsageError, nearest, unknown_name

if TYPE_CHECKING:
    from mcpgen.schema.rules import Rule

app = typer.Typer(
    help="The rules to which `mcpgen validate` holds servers, and `mcpgen validate-client` clients.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

FormatOption = Annotated[Format, typer.Option("--format", help="Text for people, or one JSON value.")]


@app.command(name="list")
def list_(
    revision: Annotated[
        Optional[str],  # noqa: UP045  typer reads it at run time
        typer.Option(metavar="R", help="Only the rules of this protocol revision."),
    ] = None,
    transport: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="T", help="Only the rules of this transport, such as stdio or http."),
    ] = None,
    level: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="L", help="Only MUST, or only SHOULD."),
    ] = None,
    on: Annotated[str, typer.Option(metavar="SIDE", help="The rules on server or client.")] = "server",
    format: FormatOption = Format.TEXT,
) -> None:
    """List the rules: what each demands, how strictly, and in which revisions."""
    _check("side", on, {"server", "client"})
    every = _rows(on)
    rows = [
        row
        for row in every
        if (revision is None or revision in row["revisions"])
        and (transport is None or not {transport, "any"}.isdisjoint(row["transports"]))
        and (level is None or level.upper() in {each["level"] for each in row["revisions"].values()})
    ]
    _check("revision", revision, {name for row in every for name in row["revisions"]})
    _check("transport", transport, {name for row in every for name in row["transports"]} | {"stdio", "http"})
    _check("level", level and level.upper(), {"MUST", "SHOULD"})
    if format is Format.JSON:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("rule", no_wrap=True)
    table.add_column("level", no_wrap=True)
    table.add_column("revisions", no_wrap=True)
    table.add_column("what it says")
    for row in rows:
        spoken = list(row["revisions"])
        levels = "/".join(dict.fromkeys(each["level"] for each in row["revisions"].values()))
        span = spoken[0] if len(spoken) == 1 else f"{spoken[0]} … {spoken[-1]}"
        table.add_row(row["id"], levels, span, row["statement"])
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, 240)
    console.print(table)
    console.print(f"{len(rows)} rules; mcpgen rules show RULE tells all of one")


@app.command()
def show(
    rule: Annotated[str, typer.Argument(metavar="ID", help="A rule's id, as findings name it.")],
    format: FormatOption = Format.TEXT,
) -> None:
    """Show one rule: its statement, and where each revision says it."""
    explain(rule, format)


@app.command()
def coverage(
    revision: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="R", help="Every line of this revision, not the numbers of all."),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show which lines of the specification the rules cover, and why not the others."""
    from dataclasses import asdict

    from mcpgen.schema.coverage import counts, load_coverage, markdown

    lines = load_coverage()
    if revision is None:
        if format is Format.JSON:
            typer.echo(json.dumps(counts(lines), indent=2))
        else:
            typer.echo(markdown(lines), nl=False)
        return
    _check("revision", revision, {line.revision for line in lines})
    chosen = [line for line in lines if line.revision == revision]
    if format is Format.JSON:
        typer.echo(json.dumps([asdict(line) for line in chosen], indent=2, ensure_ascii=False))
        return
    for line in chosen:
        place = f"{line.page}, {line.section}" if line.section else line.page
        typer.echo(f"{line.level:6}  {line.fate:12}  {place}\n        {line.says}")
        typer.echo(f"        {', '.join(line.rules) or line.why}")


def explain(rule_id: str, format: Format = Format.TEXT) -> None:
    """Print all of one rule. Raises `UsageError` for an id that there is not."""
    found = {row["id"]: row for side in ("server", "client") for row in _rows(side)}
    if rule_id not in found:
        # They are too many for the hint, and who meets one for the first time knows none.
        hints = nearest(rule_id, found), "mcpgen rules list names them all"
        raise UsageError(f"there is no rule {rule_id!r}", hint=" ".join(filter(None, hints)))
    from mcpgen.schema.rules import CLIENT_NEEDS, NEEDS

    row = found[rule_id]
    needs = NEEDS if row["side"] == "server" else CLIENT_NEEDS
    if format is Format.JSON:
        typer.echo(json.dumps(row, indent=2, ensure_ascii=False))
        return
    lines = [row["id"], f"  {row['statement']}", ""]
    lines.append(f"  transports  {', '.join(row['transports'])}")
    if row["needs"]:
        lines.append(f"  tested if   {'; '.join(needs[need] for need in row['needs'])}")
    for name, each in row["revisions"].items():
        section = f"  ({each['section']})" if each["section"] else ""
        lines.append(f"  {name}  {each['era']:6}  {each['level']:6}  {each['spec']}{section}")
    typer.echo("\n".join(lines))


def _rows(side: str = "server") -> list[dict[str, Any]]:
    """Each rule as one JSON object, with what differs between revisions under `revisions`."""
    from mcpgen.schema.rules import load_client_rules, load_rules
    from mcpgen.validate.client import era_of
    from mcpgen.validate.quoting import page_url

    book = load_client_rules() if side == "client" else load_rules()

    def one(rule_id: str, rules: list[Rule]) -> dict[str, Any]:
        ordered = sorted(rules, key=lambda rule: rule.revision)
        return {
            "id": rule_id,
            "side": ordered[0].side,
            "statement": ordered[0].statement,
            "transports": sorted(ordered[0].transports),
            "needs": list(ordered[0].needs),
            "revisions": {
                rule.revision: {
                    "level": rule.level,
                    "era": era_of(rule.revision),
                    "spec": page_url(rule.spec),
                    "section": rule.section,
                }
                for rule in ordered
            },
        }

    return [one(name, list(rules)) for name, rules in groupby(book, key=lambda rule: rule.id)]


def _check(kind: str, name: str | None, known: set[str]) -> None:
    if name is not None and name not in known:
        raise unknown_name(kind, name, known)
