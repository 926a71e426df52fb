"""What generated tests of conformance stand on: a conversation, and verdicts that a test can tell."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

from mcpgen.validate.conformance import converse, ended_early, verdict_on
from mcpgen.validate.report import Run

DEVIANTS = Path(__file__).parent / "deviants.py"
REVISION = "2025-11-25"


@cache
def had(*deviant: str) -> Run:
    """A conversation with a server that deviates in one way."""
    return converse([sys.executable, str(DEVIANTS), *deviant], cwd=DEVIANTS.parent, revision=REVISION)


def test_violation_names_rule_page_place_and_what_was_sent() -> None:
    verdict, why = verdict_on(had("no-input-schema", "legacy"), "schema-result")
    assert verdict == "violation"
    for words in (
        "A result has the form that the revision's schema gives",
        f"https://modelcontextprotocol.io/specification/{REVISION}/schema\n",
        "- tools/list /result/tools/0: expected the key 'inputSchema'",
        "    request  tools/list, id ",
        '    sent     {"jsonrpc":"2.0",',
    ):
        assert words in why


def test_rule_that_only_should_be_kept_is_a_warning() -> None:
    verdict, why = verdict_on(had("tool-names", "legacy"), "tool-name-form")
    assert verdict == "warning"
    assert "(SHOULD; broken " in why


def test_rule_that_held_says_how_often_and_one_that_was_not_tested_why() -> None:
    run = had("no-input-schema", "legacy")
    assert verdict_on(run, "jsonrpc-version")[0] == "pass"
    assert verdict_on(run, "jsonrpc-version")[1].startswith("held ")
    why = "nothing in this run put it to the test: it is tested if the server reports progress"
    assert verdict_on(run, "progress-increases") == ("skipped", why)


def test_rule_that_this_mcpgen_does_not_have_fails_its_test() -> None:
    verdict, why = verdict_on(had("tool-names", "legacy"), "of-another-release")
    assert verdict == "violation"
    assert (
        why == f"this mcpgen has no rule 'of-another-release' for a server of {REVISION}: run `mcpgen regen`"
    )


def test_server_that_dies_is_told_with_its_last_words() -> None:
    program = "import sys; sys.exit('no \\x1b[31mkey')"
    run = converse([sys.executable, "-c", program], cwd=Path.cwd(), revision=REVISION)
    ended = ended_early(run)
    assert ended is not None
    assert "  | no \\x1b[31mkey\n" in ended
    assert "\nhint: " in ended
    assert verdict_on(run, "jsonrpc-version")[0] == "skipped"


def test_conversation_that_was_had_to_its_end_ended_no_earlier() -> None:
    assert ended_early(had("tool-names", "legacy")) is None


def test_interruption_is_no_verdict(tmp_path: Path) -> None:
    # The server itself presses Ctrl-C of whoever started it, and waits to be ended.
    program = "import os, signal, time; os.kill(os.getppid(), signal.SIGINT); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        converse([sys.executable, "-c", program], cwd=tmp_path, revision=REVISION)


def test_run_tells_what_was_declared_and_what_came_of_each_method() -> None:
    run = had("no-input-schema", "legacy")
    assert "tools" in run.capabilities
    assert run.asked["initialize"].times == run.asked["initialize"].results == 1
    assert run.asked["tools/list"].results >= 1
    assert sum(asked.times for asked in run.asked.values()) < run.requests  # for probes are no asking
