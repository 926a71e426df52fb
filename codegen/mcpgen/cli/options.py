"""Options that several commands share, checked. Those that name a server: `target_options`."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from mcpgen.errors import UsageError


class Format(StrEnum):
    """How a command prints its answer."""

    TEXT = "text"
    JSON = "json"


class ReportFormat(StrEnum):
    """How `mcpgen validate` writes its report."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"
    MARKDOWN = "markdown"
    HTML = "html"


class FailOn(StrEnum):
    """Which broken rules end `mcpgen validate` with 1."""

    MUST = "must"
    SHOULD = "should"


OutputFormat: TypeAlias = Annotated[
    ReportFormat, typer.Option("--format", help="How the report is written; json is mcpgen.report/1.")
]
ReportFiles: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="Also write it there, as .json, .xml (JUnit), .sarif, .md, .html or .txt; repeat it.",
    ),
]
Baseline: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Findings that are known: they do not decide the exit code."),
]
UpdateBaseline: TypeAlias = Annotated[
    bool, typer.Option("--update-baseline", help="Make --baseline FILE what is found now.")
]
FailingOn: TypeAlias = Annotated[
    FailOn, typer.Option("--fail-on", help="What ends with 1: broken MUSTs, or broken SHOULDs as well.")
]


def check_finite(**options: float) -> None:
    """Raises `UsageError` where one of the options, named without dashes, is no number of seconds."""
    for name, seconds in options.items():
        # typer's own bound lets nan through, which is smaller than nothing.
        if not math.isfinite(seconds):
            raise UsageError(f"--{name} is {seconds}", hint=f"give --{name} a number of seconds")


def check_revision(revision: str, *others: str) -> None:
    """Raises `UsageError` where there is no such revision, and it is none of the `others` words either."""
    from mcpgen.validate.client import REVISIONS

    if revision not in (*REVISIONS, *others):
        # All of them and no guess: the nearest date is not the likeliest.
        known = ", ".join(REVISIONS)
        raise UsageError(f"there is no revision {revision!r}", hint=f"known: {known}; or {', '.join(others)}")
