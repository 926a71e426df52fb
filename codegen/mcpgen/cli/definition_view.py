"""How the findings in a server's definition are shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from mcpgen.definition import FILE_NAMES, Definition, Finding, lint, load_definition
from mcpgen.errors import ExitCode, UsageError
from mcpgen.project import FILE_NAME, load_project

#: How many findings are shown as text. With thousands they have one reason, and the first say it.
MOST_SHOWN = 100


def definition_file(path: Path) -> Path:
    """The definition that `path` means: itself, or what the project there names.

    A project is its directory or its mcpgen.toml; a directory without that may just hold a definition. From
    the present directory the path is as short as findings are read. Raises `UsageError` where there is none.
    """
    if path.is_dir():
        if not (path / FILE_NAME).is_file():
            for name in FILE_NAMES:
                if (path / name).is_file():
                    return path / name
            raise UsageError(
                f"there is no definition in {path.resolve()}: neither {FILE_NAME} nor {FILE_NAMES[0]}",
                hint="mcpgen schema lint FILE lints one of any name; `mcpgen init DIR` makes a project",
            )
        path /= FILE_NAME
    if path.name != FILE_NAME:
        return path
    definition = load_project(path).definition
    if definition is None:
        raise UsageError(
            f"{path} names no definition", hint='add above the tables: definition = "server.mcp.json"'
        )
    here = Path.cwd()
    return definition.relative_to(here) if definition.is_relative_to(here) else definition


def show_findings(file: Path, *, as_json: bool) -> None:
    """Lint the definition in `file` and print what is found: as text the first, or all as a JSON array.

    Raises `typer.Exit` with 1 where an error is among them, and `InvalidDefinition` for a file that cannot
    be read.
    """
    definition = load_definition(file)
    findings = lint(definition)
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        # Errors before warnings, and what is shown in the order of the file.
        shown = sorted(range(len(findings)), key=lambda index: findings[index].severity)[:MOST_SHOWN]
        lines = [_text(findings[index]) for index in sorted(shown)]
        if len(findings) > MOST_SHOWN:
            lines.append(f"and {len(findings) - MOST_SHOWN:,} more: --format json tells all")
        typer.echo("\n".join([*lines, f"{file}: {_summary(definition, findings)}"]))
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(ExitCode.DOES_NOT_HOLD)


def _text(finding: Finding) -> str:
    return f"{finding}\n  why: {finding.why}\n  hint: {finding.hint}"


def _summary(definition: Definition, findings: Sequence[Finding]) -> str:
    offered = [
        _count(len(definition.tools), "tool"),
        _count(len(definition.resources), "resource"),
        _count(len(definition.resource_templates), "resource template"),
        _count(len(definition.prompts), "prompt"),
    ]
    errors = sum(finding.severity == "error" for finding in findings)
    found = [_count(errors, "error"), _count(len(findings) - errors, "warning")] if findings else []
    return f"{', '.join(offered)}; {', '.join(found) or 'nothing to mend'}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
