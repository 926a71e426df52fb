"""Planted faults are found, cut down to the shortest session, and replayed until they are mended."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from mcpgen.errors import UsageError
from mcpgen.fuzz.cutting import Cut
from mcpgen.fuzz.record import rows, write
from mcpgen.fuzz.replaying import replay_file

from .running import fuzzed, planted


def after_opening(cut: Cut) -> list[dict[str, Any]]:
    """What the client said, without handshake and ids."""
    lines = [line.message for line in cut.spoken.lines if not line.opens]
    return [{key: line[key] for key in ("method", "params")} for line in lines]


def echo(**arguments: Any) -> dict[str, Any]:
    return {"method": "tools/call", "params": {"name": "echo", "arguments": arguments}}


@pytest.mark.parametrize(
    ("fault", "seed", "kind", "shortest"),
    [
        ("character", 1, "crash", [echo(text="\u0130")]),
        ("number", 4, "internal-error", [echo(text="", number=1001)]),
        (
            "state",
            1,
            "rule",
            [{"method": "resources/unsubscribe", "params": {"uri": "text:a"}}, echo(text="")],
        ),
    ],
)
def test_planted_fault_is_found_cut_down_and_replayed_until_it_is_mended(
    fault: str, seed: int, kind: str, shortest: list[dict[str, Any]], tmp_path: Path
) -> None:
    outcome, _ = fuzzed(planted(fault), failures=1, seed=seed)
    (cut,) = outcome.found
    assert (cut.failure.kind, cut.again, after_opening(cut)) == (kind, True, shortest)
    file = tmp_path / "failure.jsonl"
    write(file, rows(cut.spoken, cut.failure))
    assert "still fails" in str(replay_file(str(file), shlex.join(planted(fault).command)))
    assert replay_file(file, planted().command) is None


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("ftp://h", "the server 'ftp://h' is no address of a server"),
        ("http://[", "the server 'http://\\['"),
        ("", "the server is empty"),
        ("python 'x", "No closing quotation"),
    ],
)
def test_what_names_no_server_is_wrong_usage(server: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        replay_file("failure.jsonl", server)


def test_arguments_that_the_schema_forbids_are_found_where_they_are_accepted() -> None:
    outcome, _ = fuzzed(planted("lax"), failures=1)
    (cut,) = outcome.found
    assert cut.failure.kind == "accepted"
    (call,) = after_opening(cut)
    given = call["params"]["arguments"]
    # What is left is text, and beside it one thing that is no number.
    assert given.pop("text") == ""
    (wrong,) = given.values()
    assert not isinstance(wrong, int) or isinstance(wrong, bool)


def test_server_that_hangs_is_told_from_one_that_is_slow() -> None:
    outcome, _ = fuzzed(planted("hang"), failures=1, timeout=5.0, cutting=1.0)
    (cut,) = outcome.found
    assert cut.failure.kind == "hang"
    assert cut.failure.message == "no answer, nor to anything asked after it"
    assert len(cut.spoken.lines[-1].message["params"]["arguments"]["text"]) > 300


def test_faults_behind_a_crash_are_found_too() -> None:
    outcome, _ = fuzzed(planted("frame"), failures=2)
    assert {cut.failure.kind for cut in outcome.found} == {"crash", "accepted"}


def test_only_tools_that_say_that_they_only_read_are_called() -> None:
    outcome, said = fuzzed(planted(), sessions=2)
    assert "erase" not in called(said)
    assert outcome.notes == [
        "not called, they do not say that they only read: erase (--allow-destructive calls them)"
    ]
    outcome, said = fuzzed(planted(), sessions=2, destructive=True)
    assert "erase" in called(said)
    outcome, said = fuzzed(planted(), sessions=2, destructive=True, only=("echo",))
    assert "erase" not in called(said)


def called(said: list[list[dict[str, Any]]]) -> set[str]:
    calls = [message for session in said for message in session if message.get("method") == "tools/call"]
    return {str(call.get("params", {}).get("name")) for call in calls}
