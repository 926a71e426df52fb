"""Servers that go wrong over stdio: what is found, which exit code, and that no process is left behind."""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcpgen.validate.exercise import Plan
from mcpgen.validate.recorder import Limits
from mcpgen.validate.report import Report
from mcpgen.validate.run import Options, validate
from mcpgen.validate.target import Target

DEVIANTS = Path(__file__).parent / "deviants.py"
PROCESSES = Path("/proc")


@pytest.fixture
def mark() -> Iterator[str]:
    """A value for the server's environment, by which its processes are known; none may outlive the test."""
    value = uuid.uuid4().hex
    yield value
    deadline = time.monotonic() + 2
    while survivors := processes_with(value):
        assert time.monotonic() < deadline, f"still alive: {survivors}"
        time.sleep(0.05)


def processes_with(mark: str) -> list[str]:
    """The processes whose environment holds `mark`, on systems that tell."""
    found = []
    for directory in PROCESSES.glob("[0-9]*"):
        try:
            if mark.encode() in (directory / "environ").read_bytes():
                found.append((directory / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def judged(
    mode: str, era: str = "legacy", *, mark: str = "", timeout: float = 2.0, **options: object
) -> Report:
    target = Target(
        command=(sys.executable, str(DEVIANTS), mode, era), env={"DEVIANT_MARK": mark, "PYTHONUTF8": "1"}
    )
    chosen = Options(timeout=timeout, deadline=20, **options)  # type: ignore[arg-type]
    return asyncio.run(validate(target, chosen, announce=lambda _: None))


def broken(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


@pytest.mark.parametrize("era", ["legacy", "modern", "both"])
def test_nothing_is_found_on_an_honest_server(era: str, mark: str) -> None:
    report = judged("honest", era, mark=mark, plan=Plan(call_tools=True, allow_destructive=True))
    assert report.findings == []
    assert report.exit_code == 0
    assert report.runs[0].era == ("legacy" if era == "legacy" else "modern")
    assert report.summary()["passed"] > 12


@pytest.mark.parametrize(
    "mode", ["silent-to-the-probe", "dies-of-the-probe", "log-before-answer", "asks-properly"]
)
def test_what_the_specification_allows_is_not_held_against_a_server(mode: str, mark: str) -> None:
    report = judged(mode, mark=mark)
    assert report.findings == []
    assert report.exit_code == 0
    assert report.runs[0].revision == "2025-11-25"


@pytest.mark.parametrize("era", ["legacy", "modern", "both"])
def test_a_server_that_is_slow_to_start_is_opened_in_its_own_era(era: str, mark: str) -> None:
    # The probe waits for half the timeout, so the server wakes up while initialize is on its way.
    report = judged("slow-start", era, mark=mark, timeout=1.2)
    assert report.findings == []
    assert report.exit_code == 0
    assert report.runs[0].era == ("modern" if era == "modern" else "legacy")


def test_progress_that_grows_is_fine(mark: str) -> None:
    report = judged("progress", mark=mark, plan=Plan(call_tools=True, allow_destructive=True))
    assert report.findings == []
    assert {check.rule for check in report.checks if check.verdict == "pass"} >= {
        "progress-token-active",
        "progress-increases",
    }


def test_demands_for_input_are_met_and_the_request_repeated(mark: str) -> None:
    report = judged("wants-input", "modern", mark=mark)
    assert report.findings == []
    # Discovery, two pages of tools, two lists, a read and its repetition, prompts and a prompt.
    assert report.runs[0].requests == 9


@pytest.mark.parametrize(
    ("mode", "rule"),
    [
        ("banner", "stdio-only-messages"),
        ("garbage", "stdio-only-messages"),
        ("json-log", "stdio-only-messages"),
        ("not-utf-8", "encoding-utf-8"),
        ("wrong-id", "jsonrpc-id-echoed"),
        ("id-as-string", "jsonrpc-id-echoed"),
        ("both", "jsonrpc-result-or-error"),
        ("second-answer", "jsonrpc-single-answer"),
        ("no-jsonrpc", "jsonrpc-version"),
        ("bad-code", "jsonrpc-error-object"),
        ("no-message", "jsonrpc-error-object"),
        ("error-string", "jsonrpc-error-object"),
        ("batch", "jsonrpc-no-batch"),
        ("answers-notification", "jsonrpc-notification-unanswered"),
        ("early-notification", "lifecycle-initialization-first"),
        ("no-server-info", "schema-result"),
        ("result-array", "schema-result"),
        ("no-input-schema", "schema-result"),
        ("broken-notification", "schema-notification"),
        ("asks-broken", "schema-request"),
        ("asks-undeclared", "capability-of-client"),
        ("asks-twice", "jsonrpc-request-id"),
        ("asks-null", "jsonrpc-request-id"),
        ("client-method", "schema-direction"),
        ("undeclared-notification", "capability-of-server"),
        ("undeclared-log", "logging-declared"),
        ("refuses-ping", "ping-answered"),
    ],
)
def test_a_legacy_server_breaks_one_rule(mode: str, rule: str, mark: str) -> None:
    report = judged(mode, mark=mark)
    assert broken(report) == {rule}
    assert report.exit_code == 1
    assert report.failure is None


@pytest.mark.parametrize(
    ("mode", "rule"),
    [
        ("notification-before-answer", "lifecycle-quiet-until-initialized"),
        ("ring", "pagination-stable"),
        ("tool-names", "tool-name-form"),
    ],
)
def test_what_a_server_should_do_is_a_warning_and_no_violation(mode: str, rule: str, mark: str) -> None:
    report = judged(mode, mark=mark)
    assert rule in broken(report)
    assert {finding.verdict for finding in report.findings} == {"warning"}
    assert report.exit_code == 0


def test_a_reserved_error_code_is_found(mark: str) -> None:
    assert "error-codes-defined" in broken(judged("reserved-code", "modern", mark=mark))


@pytest.mark.parametrize(
    ("mode", "rule"),
    [("progress-backwards", "progress-increases"), ("progress-foreign", "progress-token-active")],
)
def test_progress_that_goes_wrong_is_found_when_tools_are_called(mode: str, rule: str, mark: str) -> None:
    assert judged(mode, mark=mark).findings == []
    assert broken(judged(mode, mark=mark, plan=Plan(call_tools=True, allow_destructive=True))) == {rule}


def test_the_tools_of_a_ring_are_not_doubled(mark: str) -> None:
    assert broken(judged("ring", mark=mark)) == {"pagination-stable"}


def test_an_endless_list_is_left_after_a_bounded_number_of_pages(mark: str) -> None:
    report = judged("ring", mark=mark, plan=Plan(pages=7))
    assert report.runs[0].notes == ("tools/list: stopped after 7 pages, there were more",)


def test_a_rule_broken_many_times_is_listed_a_few_times_and_counted(mark: str) -> None:
    report = judged("ring", mark=mark, plan=Plan(pages=60))
    listed = [finding for finding in report.findings if finding.rule == "pagination-stable"]
    assert len(listed) == 20
    (check,) = [check for check in report.checks if check.rule == "pagination-stable"]
    assert check.reason == "broken 58 times of 59, the first 20 of them listed"


def test_the_faults_of_one_message_are_bounded(mark: str) -> None:
    messages = [finding.message for finding in judged("many-faults", mark=mark).findings]
    assert len([message for message in messages if message.startswith("expected")]) == 10
    assert messages[10:] == ["and 70 more faults in this message"]


def test_findings_carry_pointer_request_response_and_page(mark: str) -> None:
    finding = judged("no-input-schema", mark=mark).findings[0]
    assert finding.pointer == "/result/tools/0"
    assert finding.method == "tools/list"
    assert finding.spec == "2025-11-25 schema"
    assert finding.request["method"] == "tools/list"
    assert finding.response["result"]["tools"] == [{"name": "x"}]
    assert "inputSchema" in finding.message


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_a_server_that_stops_answering_ends_the_run_with_4(era: str, mark: str) -> None:
    report = judged("hang-after-opening", era, mark=mark, timeout=0.4)
    assert report.exit_code == 4
    assert report.failure is not None
    # The modern one still answers server/discover, so it is given some more chances.
    assert ("stopped answering" if era == "legacy" else "stayed unanswered") in report.failure.message


def test_a_server_that_never_answers_ends_the_run_with_4_in_time(mark: str) -> None:
    for mode in ("hang", "never-reads"):
        began = time.monotonic()
        report = judged(mode, mark=mark, timeout=0.6)
        assert report.exit_code == 4
        # Half the timeout for the probe, the whole for initialize, then the grace of shutting down.
        assert time.monotonic() - began < 0.9 + 3.5


def test_one_unanswered_request_is_a_violation_and_the_rest_goes_on(mark: str) -> None:
    report = judged("deaf-to-lists", mark=mark, timeout=0.4)
    assert broken(report) == {"jsonrpc-request-answered"}
    assert report.exit_code == 1
    assert report.runs[0].requests > 8


def test_an_answer_without_an_id_is_not_taken_for_another_and_found_by_what_stays_open(mark: str) -> None:
    report = judged("no-id", mark=mark, timeout=0.4)
    assert broken(report) == {"jsonrpc-id-echoed"}
    assert "missing" in report.findings[0].message
    assert report.exit_code == 1


def test_an_answer_that_is_no_json_is_no_answer(mark: str) -> None:
    report = judged("nan", mark=mark, timeout=0.4)
    # That it stayed unanswered follows from that, and is not said again.
    assert broken(report) == {"stdio-only-messages"}
    assert report.runs[0].requests > 8


def test_what_the_validator_itself_cut_in_two_is_not_held_against_the_server(mark: str) -> None:
    report = judged("drips", mark=mark, timeout=0.4)
    assert report.findings == []
    assert report.exit_code == 4


def test_a_list_that_was_declared_and_cannot_be_read_is_noted(mark: str) -> None:
    assert judged("bad-code", mark=mark).runs[0].notes == (
        "tools/list: nothing to judge, it was answered with error 'E1'",
    )
    assert judged("deaf-to-lists", mark=mark, timeout=0.4).runs[0].notes == (
        "tools/list: nothing to judge, no answer within 0.4 s",
    )


def test_an_answer_after_the_timeout_is_a_warning(mark: str) -> None:
    report = judged("late", mark=mark, timeout=0.5)
    assert broken(report) == {"jsonrpc-request-answered"}
    assert {finding.verdict for finding in report.findings} == {"warning"}
    assert "when the client no longer waited" in report.findings[0].message


def test_a_server_that_dies_ends_the_run_with_4_and_its_last_words(mark: str) -> None:
    report = judged("die", mark=mark)
    assert report.exit_code == 4
    assert report.failure is not None
    assert "exited with status 3" in report.failure.message
    assert report.failure.stderr == ("Traceback: out of cheese",)


def test_half_a_line_before_death_is_a_finding_too(mark: str) -> None:
    report = judged("die-mid-line", mark=mark)
    assert report.exit_code == 4
    assert broken(report) == {"stdio-only-messages"}


def test_a_server_that_closes_its_output_ends_the_run_with_4(mark: str) -> None:
    report = judged("close-stdout", mark=mark)
    assert report.exit_code == 4
    assert report.failure is not None and "closed its standard output" in report.failure.message


def test_a_server_that_exits_at_once_cannot_be_reached(mark: str) -> None:
    report = judged("stderr-then-exit", mark=mark)
    assert report.exit_code == 3
    assert report.failure is not None
    assert "exited with status 7" in report.failure.message
    assert report.failure.stderr == ("configuration missing: API_KEY",)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("flood-bytes", "a message of more than 1000000 bytes"),
        ("flood-lines", "more than 2000 messages"),
        ("flood-notifications", "more than 2000 messages"),
        ("huge", "a message of more than 1000000 bytes"),
        ("too-deep", "nested more than 200 deep"),
    ],
)
def test_a_flood_ends_the_run_with_4_and_names_the_limit(mode: str, words: str, mark: str) -> None:
    began = time.monotonic()
    report = judged(mode, mark=mark, limits=Limits(message_bytes=1_000_000, frames=2000))
    assert report.exit_code == 4
    assert report.failure is not None and words in report.failure.message
    assert time.monotonic() - began < 8


def test_a_flood_on_stderr_is_drained_and_only_its_end_kept(mark: str) -> None:
    report = judged("flood-stderr", mark=mark)
    assert report.exit_code == 0
    assert report.findings == []


@pytest.mark.parametrize("mode", ["ignore-sigterm", "ignore-eof", "grandchild"])
def test_no_process_outlives_the_run(mode: str, mark: str) -> None:
    assert judged(mode, mark=mark).exit_code == 0


def test_not_ending_with_its_input_is_a_warning_where_the_revision_says_so(mark: str) -> None:
    assert broken(judged("ignore-eof", "modern", mark=mark)) == {"stdio-exits-at-end-of-input"}
    assert judged("ignore-eof", "legacy", mark=mark).findings == []


def test_a_command_that_does_not_exist_cannot_be_reached() -> None:
    target = Target(command=("no-such-command-anywhere",))
    report = asyncio.run(validate(target, Options(), announce=lambda _: None))
    assert report.exit_code == 3
    assert report.failure is not None and "cannot start" in report.failure.message


def test_the_deadline_ends_a_run_that_goes_on_and_on(mark: str) -> None:
    target = Target(command=(sys.executable, str(DEVIANTS), "ring"), env={"DEVIANT_MARK": mark})
    options = Options(timeout=5, deadline=1, plan=Plan(pages=10_000_000))
    report = asyncio.run(validate(target, options, announce=lambda _: None))
    assert report.exit_code == 4
    assert report.failure is not None and "longer than 1 s" in report.failure.message


def test_a_server_of_one_revision_is_skipped_in_the_others(mark: str) -> None:
    report = judged("only-2024", mark=mark, revision="all")
    assert [run.skipped is None for run in report.runs] == [True, False, False, False, False]
    assert report.findings == []
    assert report.exit_code == 0
    document = report.to_json()
    assert document["revision"] == "all"
    assert [run["verdict"] for run in document["runs"]] == ["pass"] + ["skipped"] * 4


def test_a_server_that_falls_over_a_newer_era_is_skipped_there(mark: str) -> None:
    report = judged("dies-of-the-probe", mark=mark, revision="all")
    assert [run.skipped for run in report.runs] == [
        *[None] * 4,
        "the server ends where it is asked server/discover",
    ]
    assert report.exit_code == 0


def test_a_server_of_both_eras_is_judged_in_all_five_revisions(mark: str) -> None:
    report = judged("honest", "both", mark=mark, revision="all")
    assert [run.skipped for run in report.runs] == [None] * 5
    assert report.findings == []
    assert report.to_json()["era"] == "both"


@pytest.mark.parametrize(
    ("mode", "era", "revision"),
    [
        ("honest", "legacy", "2026-07-28"),
        ("honest", "modern", "2025-06-18"),
        ("only-2024", "legacy", "2025-11-25"),
        ("unknown-version", "legacy", None),
        ("other-version", "modern", None),
    ],
)
def test_a_revision_that_the_server_does_not_speak_cannot_be_reached(
    mode: str, era: str, revision: str | None, mark: str
) -> None:
    report = judged(mode, era, mark=mark, revision=revision)
    assert report.exit_code == 3
    assert report.findings == []
    assert report.failure is not None and "does not speak" in report.failure.message


def test_a_bare_client_declares_nothing_so_asking_it_is_a_violation(mark: str) -> None:
    assert broken(judged("asks-properly", mark=mark, bare=True)) == {"capability-of-client"}
