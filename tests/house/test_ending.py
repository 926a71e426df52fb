"""How a run ends: every error is one `error:` and one `hint:` line, or one JSON object, and an exit code."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from mcpgen.cli import main
from mcpgen.cli.ending import json_requested, run_to_exit_code
from mcpgen.errors import MissingExtra, SchemaError, TargetSilent, TargetUnreachable, UsageError


def ending_of(problem: BaseException, *arguments: str) -> int:
    def command(_: Sequence[str]) -> None:
        raise problem

    return run_to_exit_code(command, arguments)


@pytest.mark.parametrize(
    ("problem", "exit_code"),
    [
        (UsageError("no such thing", hint="try another"), 2),
        (SchemaError("not a schema", hint="try another"), 2),
        (MissingExtra("`mcpgen regen`", extra="codegen"), 2),
        (TargetUnreachable("it does not start", hint="try another"), 3),
        (TargetSilent("it stopped answering", hint="try another"), 4),
        (KeyError("revision"), 5),
        (RecursionError(), 5),
    ],
)
def test_error_is_two_lines_on_stderr(
    problem: Exception, exit_code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ending_of(problem) == exit_code
    printed = capsys.readouterr()
    error, hint = printed.err.splitlines()
    assert printed.out == ""
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")


def test_error_is_one_json_object_on_stdout_where_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending_of(TargetSilent("it stopped", hint="wait longer"), "--format", "json") == 4
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"error": "it stopped", "hint": "wait longer", "exit_code": 4}
    assert printed.err == ""


@pytest.mark.parametrize(
    ("command_line", "requested"),
    [
        ("validate --format json", True),
        ("validate --format=json --url http://localhost", True),
        ("validate --format text", False),
        ("validate -- server --format json", False),
        ("schema show json", False),
    ],
)
def test_json_is_asked_for_by_the_option_before_the_dashes(command_line: str, requested: bool) -> None:
    assert json_requested(command_line.split()) is requested


def test_answer_of_a_command_is_the_exit_code() -> None:
    assert ending_of(typer.Exit(1)) == 1
    assert ending_of(typer.Exit()) == 0
    assert run_to_exit_code(lambda _: None, ()) == 0


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "/out/types.py"),
            "/out/types.py: permission denied",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on device"),
        (FileNotFoundError(errno.ENOENT, "No such file", b"/out"), "/out: no such file"),
    ],
)
def test_trouble_with_the_machine_is_a_usage_error_with_its_path(
    problem: OSError, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ending_of(problem) == 2
    assert capsys.readouterr().err.startswith(f"error: {said}\nhint: ")


def test_any_other_operating_system_error_is_a_bug() -> None:
    assert ending_of(OSError(errno.EBADF, "Bad file descriptor")) == 5


def test_bug_names_its_place_and_shows_a_traceback_only_on_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MCPGEN_DEBUG", raising=False)
    ending_of(ValueError("two\nlines"))
    quiet = capsys.readouterr().err
    assert quiet.startswith("error: internal error: ValueError: two lines at test_ending.py:")
    assert "Traceback" not in quiet
    assert "MCPGEN_DEBUG=1" in quiet

    monkeypatch.setenv("MCPGEN_DEBUG", "1")
    ending_of(ValueError("two\nlines"))
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_wrong_usage_has_the_same_shape(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["valdate"]) == 2
    assert capsys.readouterr().err.splitlines()[1] == "hint: see `mcpgen --help`"
    assert main(["lint", "a server.json"]) == 2
    assert capsys.readouterr().err == (
        "error: no such command 'lint'\nhint: mcpgen schema lint 'a server.json'\n"
    )
    assert main(["--frmat"]) == 2
    assert capsys.readouterr().err.splitlines()[0].startswith("error: no such option: --frmat")
    assert main(["regen", "--format", "json", "--nonsense"]) == 2
    assert json.loads(capsys.readouterr().out)["exit_code"] == 2


def test_no_command_prints_the_help_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    printed = capsys.readouterr()
    assert "Usage: mcpgen" in printed.out
    assert printed.err == ""


def test_interrupt_ends_with_130_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending_of(KeyboardInterrupt()) == 128 + signal.SIGINT
    assert "Traceback" not in capsys.readouterr().err


PRINTS_A_LOT = """
import sys
from mcpgen.cli.ending import run_to_exit_code
sys.exit(run_to_exit_code(lambda _: print("x" * int(sys.argv[1])), ()))
"""


@pytest.mark.parametrize("amount", ["10", "1000000"], ids=["at the flush", "while printing"])
def test_reader_that_goes_away_ends_it_quietly(amount: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run(
        [sys.executable, "-c", PRINTS_A_LOT, amount], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (run.returncode, run.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.parametrize("amount", ["10", "1000000"], ids=["at the flush", "while printing"])
def test_full_disk_behind_stdout_is_a_usage_error(amount: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [sys.executable, "-c", PRINTS_A_LOT, amount],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            text=True,
        )
    assert run.returncode == 2
    assert run.stderr.startswith("error: no space left on device\nhint: free some space")
    assert "Traceback" not in run.stderr


def test_a_reader_that_goes_away_is_141_also_where_rich_prints() -> None:
    """rich ends the process itself when its pipe is closed, with 1, which here means "it does not hold"."""
    for arguments in (["schema", "list"], ["--help"], ["schema", "show", "--ir"]):
        process = subprocess.Popen([sys.executable, "-m", "mcpgen", *arguments], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=30) == 128 + signal.SIGPIPE
