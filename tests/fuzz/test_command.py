"""`mcpgen fuzz` and `mcpgen replay` as commands: what they print, keep and end with."""

from __future__ import annotations

import importlib.util
import json
import shlex
import signal
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from mcpgen.cli import main
from mcpgen.cli.target_options import named, started
from mcpgen.cli.ways import Ways

from .running import PLANTED


def command(fault: str = "") -> list[str]:
    return [sys.executable, "-S", str(PLANTED), *filter(None, [fault])]


def run(mcpgen: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([mcpgen, *arguments], capture_output=True, text=True, timeout=120, check=False)


def test_failure_is_printed_as_json_kept_and_replayed_by_the_command_that_is_named(
    mcpgen: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep = tmp_path / "tests/regressions"
    options = ["--seed", "1", "--max-failures", "1", "--keep", str(keep)]
    found = run(mcpgen, "fuzz", *options, "--", *command("state"))
    assert found.returncode == 1
    (line,) = found.stdout.splitlines()
    told = json.loads(line)
    assert told["failure"]["rule"] == "schema-result"
    assert told["reproduced"] is True
    (file,) = keep.iterdir()
    assert told["file"] == str(file)
    assert [json.loads(row) for row in file.read_text().splitlines()] == told["transcript"]
    assert told["replay"] in found.stderr
    assert "1 failure: " in found.stderr
    # It is a transcript like any other.
    assert main(["validate", "--transcript", str(file)]) == 1
    assert "schema-result" in capsys.readouterr().out

    words = shlex.split(told["replay"])
    assert (words[0], words[-1]) == ("mcpgen", "state")
    assert main(words[1:]) == 1
    assert capsys.readouterr().out.startswith("still fails: schema-result, tools/call echo: ")
    assert main(words[1:-1]) == 0
    assert capsys.readouterr().out.startswith("no longer fails: ")


def test_secrets_that_a_server_repeats_are_masked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = "s3cr3t-t0ken-123456"
    options = ["--seed", "1", "--max-failures", "1", "--keep", str(tmp_path / "kept")]
    assert main(["fuzz", *options, "--env", f"API_TOKEN={secret}", "--", *command("leak")]) == 1
    printed = capsys.readouterr()
    (file,) = (tmp_path / "kept").iterdir()
    assert "ended with ***" in printed.err
    for text in (printed.out, printed.err, file.read_text()):
        assert secret not in text
    again = ["replay", str(file), "--record", str(tmp_path / "again.jsonl")]
    assert main([*again, "--env", f"API_TOKEN={secret}", "--", *command("leak")]) == 1
    assert "ended with ***" in capsys.readouterr().out
    assert secret not in (tmp_path / "again.jsonl").read_text()


def test_interruption_sums_up_what_was_found(mcpgen: str, tmp_path: Path) -> None:
    options = ["--seconds", "600", "--keep", str(tmp_path)]
    with subprocess.Popen(
        [mcpgen, "fuzz", *options, "--", *command("state")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert first["failure"]["rule"] == "schema-result"
    assert process.returncode == 130
    assert "1 failure: " in told
    assert Path(first["file"]).is_file()


def test_what_is_missing_is_named_before_anything_is_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original = importlib.util.find_spec

    def without(name: str, *rest: Any) -> ModuleSpec | None:
        return None if name == "hypothesis" else original(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    assert main(["fuzz", "--", "surely-no-command"]) == 2
    assert "mcpgen[fuzz]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fuzz"], "no server is named"),
        (["fuzz", "--seconds", "nan", "--", "x"], "--seconds is nan"),
        (["fuzz", "--revision", "2020-01-01", "--", "x"], "there is no revision '2020-01-01'"),
        (["fuzz", "--keep", __file__, "--", "x"], "is no directory"),
        (["replay", "surely-no-file.jsonl", "--", "x"], "No such file"),
        (["replay", __file__, "--", "x"], "cannot be replayed"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert says in capsys.readouterr().err


def test_server_project_is_named_by_its_directory(
    project_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = str(project_root / "examples/calculator")
    assert main(["fuzz", "--sessions", "1", "--timeout", "30", project]) == 0
    assert "nothing failed: " in capsys.readouterr().err
    ways = Ways(command=started([project]), bearer_env="TOKEN")
    assert named(ways) == f"--bearer-env TOKEN {project}"
    assert started([str(project_root / "tests")]) == (str(project_root / "tests"),)


def test_server_that_does_not_start_is_no_failure_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "--", "surely-no-such-command"]) == 3
    assert "surely-no-such-command" in capsys.readouterr().err
