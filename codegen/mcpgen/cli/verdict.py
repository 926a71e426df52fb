"""What `mcpgen validate` does with a report: holds it against a baseline, writes it, gives the exit code."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mcpgen.cli.options import ReportFormat
from mcpgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from mcpgen.schema.rules import RuleBook, Side
    from mcpgen.validate.fleet.report import Fleet
    from mcpgen.validate.report import FailOn, Report

_SUFFIX = {
    ReportFormat.TEXT: "txt",
    ReportFormat.JSON: "json",
    ReportFormat.JUNIT: "xml",
    ReportFormat.SARIF: "sarif",
    ReportFormat.GITHUB: "txt",
    ReportFormat.MARKDOWN: "md",
    ReportFormat.HTML: "html",
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a report goes: to `output` or standard output in one form, to `reports` in those of their names.

    `check` it before the server is asked anything. `side` is whose rules its findings name. `aside` sends to
    standard error what goes to standard output otherwise, for there a client reads messages.
    """

    form: ReportFormat = ReportFormat.TEXT
    output: Path | None = None
    reports: tuple[Path, ...] = ()
    baseline: Path | None = None
    update_baseline: bool = False
    fail_on: FailOn = "must"
    side: Side = "server"
    aside: bool = False

    def check(self, *, several: bool = False) -> None:
        """Raises `UsageError` where a file could not be written or read; `several` servers are judged."""
        from mcpgen.validate.baseline import read_baseline
        from mcpgen.validate.formats import SUFFIXES

        files = [("--output", self.output)] if self.output is not None else []
        for option, file in (*files, *(("--report", report) for report in self.reports)):
            assert file is not None
            if file.is_dir():
                name = file / f"report.{_SUFFIX[self.form]}"
                raise UsageError(f"{option} {file} is a directory", hint=f"name a file, such as {name}")
            if not file.parent.is_dir():
                raise UsageError(f"{file.parent} is not a directory", hint=f"check {option}")
        for report in self.reports:
            if report.suffix not in SUFFIXES:
                known = ", ".join(f"{suffix} ({form})" for suffix, form in SUFFIXES.items())
                raise UsageError(f"--report {report}: its name does not say of what form", hint=known)
        if several and self.baseline is not None:
            raise UsageError(
                "--baseline is of one server",
                hint='name it in each server\'s entry: "mcpgen": {"baseline": "FILE"}',
            )
        if self.update_baseline and self.baseline is None and not several:
            raise UsageError("--update-baseline of which file?", hint="--baseline FILE --update-baseline")
        if self.baseline is not None and not self.baseline.parent.is_dir():
            raise UsageError(f"{self.baseline.parent} is not a directory", hint="check --baseline")
        if self.baseline is not None and not (self.update_baseline and not self.baseline.exists()):
            read_baseline(self.baseline)

    def deliver(self, report: Report) -> None:
        """Write the report wherever it goes. Raises `typer.Exit` with its code, if that is not 0."""
        from mcpgen.validate.formats import written
        from mcpgen.validate.terminal import console_for, show, show_failure

        report, updated = self._held_against_baseline(report, self.baseline)
        self._write(
            lambda book, form: written(report, book, form),
            lambda book, console: show(report, book, console),
        )
        if self.form is ReportFormat.TEXT and report.failure is not None:
            sys.stdout.flush()
            show_failure(report.failure, console_for(sys.stderr))
        if updated is not None:
            typer.echo(updated, err=True)
        if report.exit_code:
            raise typer.Exit(report.exit_code)

    def deliver_fleet(self, fleet: Fleet) -> None:
        """Write the reports of several servers, likewise. Raises `typer.Exit` as `deliver` does."""
        from mcpgen.validate.fleet.formats import written_fleet
        from mcpgen.validate.fleet.table import show_fleet

        self._write(
            lambda book, form: written_fleet(fleet, book, form),
            lambda book, console: show_fleet(fleet, book, console),
        )
        if fleet.exit_code:
            raise typer.Exit(fleet.exit_code)

    def hold(self, report: Report, baseline: Path | None) -> Report:
        """The report with what its `baseline` knows marked, once that is updated where it is to be."""
        held, updated = self._held_against_baseline(report, baseline)
        if updated is not None:
            typer.echo(updated, err=True)
        return held

    def _write(self, text: Callable[[RuleBook, str], str], show: Callable[[RuleBook, Console], None]) -> None:
        from mcpgen.atomic import write_file_atomically
        from mcpgen.schema.rules import load_client_rules, load_rules
        from mcpgen.validate.formats import SUFFIXES
        from mcpgen.validate.terminal import console_for

        for stream in (sys.stdout, sys.stderr):
            # A server's name may hold what this locale cannot write.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        book = load_client_rules() if self.side == "client" else load_rules()
        stream = sys.stderr if self.aside else sys.stdout
        for file in self.reports:
            write_file_atomically(file, text(book, SUFFIXES[file.suffix]))
        if self.output is not None:
            write_file_atomically(self.output, text(book, self.form))
        elif self.form is ReportFormat.TEXT:
            show(book, console_for(stream))
        else:
            stream.write(text(book, self.form))

    def _held_against_baseline(self, report: Report, baseline: Path | None) -> tuple[Report, str | None]:
        """The report with what is known marked, and what there is to say of an update."""
        from mcpgen.validate.baseline import apply_baseline, read_baseline, write_baseline

        report = replace(report, fail_on=self.fail_on)
        if baseline is None:
            return report, None
        before = read_baseline(baseline) if baseline.exists() else ()
        if not self.update_baseline:
            return apply_baseline(report, before), None
        if report.failure is not None:
            # What an interrupted run did not find may still be there.
            return apply_baseline(report, before), f"{baseline} is as it was: the run ended early"
        count = write_baseline(baseline, report, before=before)
        return apply_baseline(report, read_baseline(baseline)), f"{baseline}: {count} known"


__all__ = ["Delivery"]
