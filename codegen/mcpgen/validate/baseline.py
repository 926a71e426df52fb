"""Findings that are known and lived with, kept in a file beside the server.

An entry says where a rule does not hold: rule, revision, method, and the place, in which `*` stands for any
position of a list. It may say why, in words of whoever keeps the file. What matches an entry no longer
decides the exit code; an entry that nothing matches any more is stale, and that is an error: it would let the
fault come back unseen. Where its rule was not put to the test, nobody knows whether the fault is gone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mcpgen.atomic import write_file_atomically
from mcpgen.errors import UsageError
from mcpgen.schema.rules import load_client_rules, load_rules
from mcpgen.validate.report import Finding, Report

SCHEMA = "mcpgen.baseline/1"
_NUMBER = re.compile(r"/\d+(?=/|$)")
_MEMBERS = ("rule", "revision", "method", "place")
_ANEW = "mend it, or remove it and make it anew with --update-baseline"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """What a finding is known by. `reason` is the user's own, and no part of what is compared."""

    rule: str
    revision: str
    method: str
    place: str
    reason: str = field(default="", compare=False)

    @classmethod
    def of(cls, finding: Finding) -> Entry:
        """The entry that `finding` matches."""
        return cls(finding.rule, finding.revision, finding.method or "", shape(finding.pointer))

    def __str__(self) -> str:
        where = " ".join(part for part in (self.method, self.place) if part)
        return f"{self.rule} ({self.revision})" + (f": {where}" if where else "")


def shape(pointer: str) -> str:
    """A JSON Pointer with `*` for each position of a list: the same fault at another item is the same."""
    return _NUMBER.sub("/*", pointer)


def read_baseline(path: Path) -> tuple[Entry, ...]:
    """The entries of a file. Raises `UsageError` where it is none, is not there, or names one twice."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        hint = "--update-baseline makes the file of what is found now"
        raise UsageError(f"{path}: {error.strerror or error}", hint=hint) from None
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}", hint=_ANEW) from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UsageError(f"{path} is no baseline", hint=f'its member "schema" is "{SCHEMA}"')
    rows = document.get("known")
    if not isinstance(rows, list):
        raise UsageError(f'{path}: "known" is no list', hint=_ANEW)
    entries: dict[Entry, int] = {}
    for position, row in enumerate(rows):
        entry = _entry(path, position, row)
        if entry in entries:
            raise UsageError(
                f"{path}: /known/{position} is the same as /known/{entries[entry]}", hint="remove one"
            )
        entries[entry] = position
    return tuple(entries)


def write_baseline(path: Path, report: Report, *, before: Iterable[Entry] = ()) -> int:
    """Keep what `report` found, with the reasons that `before` had; return how many entries there are.

    What `before` knew of revisions that were not spoken this time, and of rules that nothing put to the test,
    stays.
    """
    reasons = {entry: entry.reason for entry in before}
    untouched = set(reasons) - _decided(report, reasons)
    entries = sorted(untouched | {Entry.of(finding) for finding in report.findings})
    rows = []
    for entry in entries:
        row: dict[str, str] = {name: getattr(entry, name) for name in _MEMBERS}
        if reasons.get(entry):
            row["reason"] = reasons[entry]
        rows.append(row)
    text = json.dumps({"schema": SCHEMA, "known": rows}, indent=2, ensure_ascii=False)
    write_file_atomically(path, text + "\n")
    return len(entries)


def apply_baseline(report: Report, entries: Iterable[Entry]) -> Report:
    """The report with its known findings marked, and the entries that are stale.

    An entry of a revision that was not spoken, or not to the end, is not stale, nor is one whose rule nothing
    in the revision put to the test, as with --no-probes.
    """
    known = set(entries)
    met = set()
    runs = []
    for run in report.runs:
        findings = []
        for finding in run.findings:
            entry = Entry.of(finding)
            met |= {entry} & known
            findings.append(replace(finding, known=entry in known))
        runs.append(replace(run, findings=tuple(findings)))
    stale = [str(entry) for entry in sorted(_decided(report, known - met))]
    return replace(report, runs=tuple(runs), stale=tuple(stale))


def _decided(report: Report, entries: Iterable[Entry]) -> set[Entry]:
    """Those of `entries` of which the report can say whether the fault is still there.

    All was asked that the validator asks in the revision, and the rule was not skipped. A rule without any
    check is none that this server could break: its entry never matches.
    """
    whole = [run for run in report.runs if run.judged and run.failure is None and not run.partial]
    spoken = {run.revision for run in whole}
    skipped = {
        (check.rule, check.revision) for run in whole for check in run.checks if check.verdict == "skipped"
    }
    # Of what no run can make a server do, that it did not do it is all that any run can show.
    book = load_rules() if report.side == "server" else load_client_rules()
    skipped -= {(rule.id, rule.revision) for rule in book if rule.needs == ("occasion",)}
    return {
        entry for entry in entries if entry.revision in spoken and (entry.rule, entry.revision) not in skipped
    }


def _entry(path: Path, position: int, row: Any) -> Entry:
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in _MEMBERS):
        raise UsageError(
            f"{path}: /known/{position} is no entry", hint=f"it has the strings {', '.join(_MEMBERS)}"
        )
    unknown = row.keys() - {*_MEMBERS, "reason"}
    if unknown or not isinstance(row.get("reason", ""), str):
        raise UsageError(
            f"{path}: /known/{position} has {', '.join(sorted(unknown)) or 'a reason that is no string'}",
            hint=f"it has {', '.join(_MEMBERS)} and, if you like, a reason",
        )
    rule, revision, method, place = (row[name] for name in _MEMBERS)
    return Entry(rule, revision, method, place, row.get("reason", ""))
