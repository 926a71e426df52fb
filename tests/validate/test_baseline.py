"""Findings that are known, and those that are not known any more."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mcpgen.errors import UsageError
from mcpgen.validate.baseline import apply_baseline, read_baseline, write_baseline
from mcpgen.validate.report import Failure, Report, Run

from .recording import Recording
from .test_command import run


def report_of(*names: str) -> Report:
    """Of a server with tools of these names, of which some have blanks."""
    talk = Recording("2025-11-25").opened()
    talk.exchange(
        "tools/list", {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names]}
    )
    judgement = talk.judged()
    run = Run("2025-11-25", "legacy", {}, judgement.findings, judgement.checks)
    return Report({"transport": "stdio", "command": ["x"]}, (run,), fail_on="should")


def test_what_is_known_no_longer_decides(tmp_path: Path) -> None:
    before = report_of("a b", "c", "d e")
    assert before.exit_code == 1
    assert write_baseline(tmp_path / "known.json", before) == 1
    # The same fault at another place of the list is the same fault.
    after = apply_baseline(report_of("a", "b c"), read_baseline(tmp_path / "known.json"))
    assert after.exit_code == 0
    assert all(finding.known for finding in after.findings)
    assert [finding["known"] for finding in after.to_json()["findings"]] == [True]


def test_a_fault_that_is_gone_makes_its_entry_stale(tmp_path: Path) -> None:
    write_baseline(tmp_path / "known.json", report_of("a b"))
    after = apply_baseline(report_of("a"), read_baseline(tmp_path / "known.json"))
    assert after.stale == ("tool-name-form (2025-11-25): tools/list /result/tools/*/name",)
    assert after.exit_code == 1
    assert after.to_json()["stale"] == list(after.stale)


def test_what_was_not_judged_is_not_stale(tmp_path: Path) -> None:
    write_baseline(tmp_path / "known.json", report_of("a b"))
    entries = read_baseline(tmp_path / "known.json")
    report = report_of("a")
    broken = replace(report.runs[0], failure=Failure(4, "silent", "wait"))
    assert apply_baseline(replace(report, runs=(broken,)), entries).stale == ()
    other = replace(report.runs[0], revision="2025-06-18")
    assert apply_baseline(replace(report, runs=(other,)), entries).stale == ()


def test_a_recorded_conversation_makes_nothing_stale(tmp_path: Path) -> None:
    write_baseline(tmp_path / "known.json", report_of("a b"))
    report = report_of("a")
    recorded = replace(report, runs=(replace(report.runs[0], partial=True),))
    assert apply_baseline(recorded, read_baseline(tmp_path / "known.json")).stale == ()


def test_what_nothing_put_to_the_test_is_not_stale_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    write_baseline(file, report_of("a b"))
    entries = read_baseline(file)
    # Without a tool in its list the rule on their names is skipped, as those of probes are without these.
    untested = report_of()
    assert apply_baseline(untested, entries).stale == ()
    assert apply_baseline(untested, entries).exit_code == 0
    assert write_baseline(file, untested, before=entries) == 1


def test_an_update_keeps_what_is_known_of_other_revisions(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    write_baseline(file, report_of("a b"))
    text = file.read_text().replace("2025-11-25", "2026-07-28")
    file.write_text(text)
    assert write_baseline(file, report_of("a b"), before=read_baseline(file)) == 2
    assert [row["revision"] for row in json.loads(file.read_text())["known"]] == ["2025-11-25", "2026-07-28"]


def test_an_update_keeps_the_reasons_of_what_remains(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    write_baseline(file, report_of("a b"))
    document = json.loads(file.read_text())
    document["known"][0]["reason"] = "clients depend on it"
    file.write_text(json.dumps(document))
    write_baseline(file, report_of("x y"), before=read_baseline(file))
    assert json.loads(file.read_text())["known"][0]["reason"] == "clients depend on it"
    write_baseline(file, report_of("xy"), before=read_baseline(file))
    assert json.loads(file.read_text())["known"] == []


ENTRY = '{"rule": "a-b", "revision": "r", "method": "m", "place": ""}'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON"),
        ("[]", "is no baseline"),
        ('{"schema": "mcpgen.baseline/2", "known": []}', "is no baseline"),
        ('{"schema": "mcpgen.baseline/1"}', '"known" is no list'),
        ('{"schema": "mcpgen.baseline/1", "known": [{"rule": 1}]}', "/known/0 is no entry"),
        (
            f'{{"schema": "mcpgen.baseline/1", "known": [{ENTRY}, {ENTRY}]}}',
            "/known/1 is the same as /known/0",
        ),
        (
            '{{"schema": "mcpgen.baseline/1", "known": [{}]}}'.format(ENTRY.replace("}", ', "why": ""}')),
            "/known/0 has why",
        ),
    ],
)
def test_a_file_that_is_no_baseline_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "known.json").write_text(text)
    with pytest.raises(UsageError, match="known.json.*" + told):
        read_baseline(tmp_path / "known.json")


def test_the_command_keeps_and_applies_a_baseline(tmp_path: Path) -> None:
    known = str(tmp_path / "known.json")
    made = run("--baseline", known, "--update-baseline", mode="undeclared-notification")
    assert made.returncode == 0, made.stderr
    assert "1 known" in made.stderr
    again = run("--baseline", known, mode="undeclared-notification")
    assert again.returncode == 0
    assert "known      capability-of-server (2025-11-25)" in again.stdout
    other = run("--baseline", known, mode="no-input-schema")
    assert other.returncode == 1
    assert "STALE      capability-of-server (2025-11-25)" in other.stdout
    nowhere = run("--baseline", str(tmp_path / "no" / "known.json"), "--update-baseline", mode="honest")
    assert nowhere.returncode == 2
    assert "is not a directory" in nowhere.stderr
