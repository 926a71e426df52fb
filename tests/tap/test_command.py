"""`mcpgen tap -- COMMAND…`, with real commands."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from mcpgen.validate.transcript import judge_client_transcript, judge_transcript

from .tapping import PATIENCE, Tap, children, command_line, deviant, most_resident, rows, run, tap

_SAYS_WHEN_READY = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit(5)))\n"
    "print('ready', flush=True)\n"
    "time.sleep(60)\n"
)


def test_every_byte_passes_in_both_directions_and_the_end_of_input_too(tmp_path: Path) -> None:
    chance = random.Random(7)
    odd = b'\xff\xfe\x00{"jsonrpc":\r\n\n\n[1,\xc3\n"\\ud800"\n{"id":1e400}\n' + b"[" * 5000 + b"\n"
    # Neither a line's end at the end, nor lines that are short.
    given = odd + chance.randbytes(50_000) + b"\n" + b"x" * 5_000_000 + b"\nlast"
    done = run("--record", tmp_path / "t.jsonl", "--", "cat", given=given)
    assert done.returncode == 0
    assert done.stdout == given
    faults = {row.get("fault") for row in rows(tmp_path / "t.jsonl")}
    assert faults == {"not-utf-8", "not-json", "not-object", "unread", None}


@pytest.mark.parametrize(("script", "status"), [("exit 7", 7), ("kill -TERM $$", -signal.SIGTERM)])
def test_it_ends_as_the_command_ends(script: str, status: int) -> None:
    done = run("--", "sh", "-c", f"echo to whom it may concern >&2; {script}")
    assert done.returncode == status
    assert b"to whom it may concern\n" in done.stderr
    assert done.stdout == b""


def test_a_command_that_cannot_be_started_is_told() -> None:
    done = run("--", "/no/such/server")
    assert done.returncode == 3
    assert b"/no/such/server" in done.stderr


def test_signals_are_passed_on() -> None:
    with tap("--", sys.executable, "-c", _SAYS_WHEN_READY) as tapped:
        assert tapped.hear() == b"ready\n"
        tapped.process.send_signal(signal.SIGTERM)
        assert tapped.hear() == b"bye\n"
        assert tapped.wait() == 5


def test_a_command_that_closes_its_input_closes_the_client_s_output() -> None:
    with tap("--", "sh", "-c", "exec <&-; echo closed; exec sleep 10") as tapped:
        assert tapped.hear() == b"closed\n"
        with pytest.raises(BrokenPipeError):  # noqa: PT012 (how many it takes is the pipe's business)
            while True:
                tapped.say(b"x" * 4096)


def test_findings_are_told_while_the_session_runs_and_the_record_gives_the_same(tmp_path: Path) -> None:
    record = tmp_path / "t.jsonl"
    with tap("--record", record, *deviant("no-input-schema")) as tapped:
        tapped.open()
        assert tapped.ask(2, "tools/list")["result"]["tools"] == [{"name": "x"}]
        assert "schema-result" in tapped.told("VIOLATION")
        assert "/result/tools/0" in tapped.told("expected the key 'inputSchema'")
        # A fault of the client's: the same id again.
        assert tapped.ask(2, "ping")["result"] == {}
        tapped.told("client-request-id-unique")
        assert tapped.close() == 0
    told = [line for line in tapped.lines if "VIOLATION" in line or "WARNING" in line]
    of_server, of_client = judge_transcript(record), judge_client_transcript(record)
    assert [finding.rule for finding in of_server.findings] == ["schema-result"]
    assert [finding.rule for finding in of_client.findings] == ["client-request-id-unique"]
    assert of_client.runs[0].server == {"name": "a client", "version": "1"}
    assert len(told) == 2
    assert "2025-11-25, 7 messages; rules: 2 violations, 0 warnings" in tapped.lines[-1]
    assert record.stat().st_mode & 0o077 == 0


def test_a_record_that_cannot_be_written_ends_and_nothing_else_does() -> None:
    with tap("--record", "/dev/full", *deviant("no-input-schema")) as tapped:
        tapped.open()
        tapped.told("the record ends: /dev/full: No space left on device")
        assert tapped.ask(2, "tools/list")["result"]["tools"] == [{"name": "x"}]
        tapped.told("VIOLATION")
        assert tapped.close() == 0


def watcher_of(tapped: Tap) -> int:
    """The watcher's process, which is started when the command is."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for each in children(tapped.process.pid):
            if "watcher" in command_line(each):
                return each
        time.sleep(0.01)
    raise AssertionError("there is no watcher")


def test_a_watcher_that_dies_ends_the_judging_and_nothing_else() -> None:
    with tap(*deviant("honest")) as tapped:
        tapped.open()
        os.kill(watcher_of(tapped), signal.SIGKILL)
        for number in range(2, 200):
            assert tapped.ask(number, "ping")["result"] == {}
        assert tapped.close() == 0
        tapped.told("the watcher ended with -9")


def test_a_flood_is_passed_on_whole_and_held_nowhere() -> None:
    size = 200_000_000
    flood = f"""yes '{{"jsonrpc":"2.0","method":"notifications/message"}}' | head -c {size}; read end"""
    with tap("--", "sh", "-c", flood) as tapped:
        assert tapped.process.stdout is not None
        # Nobody reads: whoever writes has to wait, as without a tap.
        left = size
        while left:
            part = tapped.process.stdout.read(min(left, 1 << 20))
            assert part
            left -= len(part)
        everybody = [tapped.process.pid, *children(tapped.process.pid)]
        assert all(most_resident(each) < 200_000_000 for each in everybody)
        assert tapped.close() == 1
    assert any("it is still passed on" in line for line in tapped.lines)


def test_who_reads_nothing_makes_the_command_wait(tmp_path: Path) -> None:
    mark = tmp_path / "written"
    script = f"head -c 20000000 /dev/zero; touch {mark}; read end"
    with tap("--", "sh", "-c", script) as tapped:
        assert tapped.process.stdout is not None
        assert len(tapped.process.stdout.read(1)) == 1
        # Time alone could show that it was done; that it is not, only what is not read yet.
        threading.Event().wait(0.3)
        assert not mark.exists()
        assert len(tapped.process.stdout.read(20_000_000 - 1)) == 20_000_000 - 1
        assert tapped.close() == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), b"there is nothing to tap"),
        (("--record", "/no/such/t.jsonl", "--", "cat"), b"/no/such is not a directory"),
        (("--record", "/", "--", "cat"), b"is a directory"),
    ],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], told: bytes) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
