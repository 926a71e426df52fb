"""`mcpgen validate` as a process: exit codes, the two formats, and signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .test_stdio_deviants import DEVIANTS, processes_with

ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux hands orphans over")
VALIDATE = [sys.executable, "-m", "mcpgen", "validate"]


def run(*arguments: str, mode: str | None = None) -> subprocess.CompletedProcess[str]:
    # They do one thing wrong each, and are honest only to honest clients: see test_probes for the others.
    server = [] if mode is None else ["--no-probes", "--", sys.executable, str(DEVIANTS), mode]
    return subprocess.run(
        [*VALIDATE, *arguments, *server], capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "mode", "code"),
    [
        ((), "honest", 0),
        ((), "ring", 0),
        ((), "id-as-string", 1),
        (("--timeout", "5"), "stderr-then-exit", 3),
        ((), "die", 4),
        ((), None, 2),
        (("--url", "http://127.0.0.1:9/"), "honest", 2),
        (("--revision", "2025-11-26"), "honest", 2),
        (("--cwd", "/nowhere/at/all"), "honest", 2),
        (("--output", "/nowhere/at/all.json"), "honest", 2),
        (("--env", "NONSENSE"), "honest", 2),
        (("--header", "no colon"), "honest", 2),
        (("--header", "né: x"), "honest", 2),
        (("--format", "xml"), "honest", 2),
        (("--timeout", "-1"), "honest", 2),
        (("--timeout", "nan"), "honest", 2),
        (("--timeout", "inf"), "honest", 2),
        (("--deadline", "nan"), "honest", 2),
        (("--deadline", "inf"), "honest", 2),
        (("--url", "http://127.0.0.1:9/"), None, 3),
        (("--tcp", "127.0.0.1:9"), None, 3),
        (("--unix", "/no/such/socket"), None, 3),
        (("--ws", "ws://127.0.0.1:9/"), None, 3),
        (("--ws", "http://127.0.0.1:9/"), None, 2),
        (("--tcp", "9"), None, 2),
        (("--tcp", "host:port"), None, 2),
        (("--tcp", "host:99999999999999"), None, 2),
        (("--tcp", "host:1", "--unix", "/s"), None, 2),
        (("--tcp", "host:1"), "honest", 2),
        (("--tcp", "host:1", "--header", "a: b"), None, 2),
        (("--unix", "/s", "--env", "A=B"), None, 2),
    ],
)
def test_the_exit_code_tells_how_it_went(arguments: tuple[str, ...], mode: str | None, code: int) -> None:
    done = run(*arguments, mode=mode)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr.replace("Traceback: out of cheese", "")
    if code >= 2:
        assert done.stderr.startswith("error: ")
        assert "\nhint: " in done.stderr


def test_text_names_rule_page_pointer_and_verdict_without_escapes() -> None:
    done = run(mode="no-input-schema")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    for words in (
        "deviant 1  2025-11-25 (legacy era)",
        "VIOLATION  schema-result  MUST, 2025-11-25 schema",
        "tools/list /result/tools/0: expected the key 'inputSchema'",
        "rules: 1 violation, 0 warnings, ",
    ):
        assert words in done.stdout
    assert done.stderr == ""


def test_what_the_server_said_last_is_shown_with_the_error() -> None:
    done = run(mode="stderr-then-exit")
    assert "error: the server exited with status 7, before it was ready" in done.stderr
    assert "| configuration missing: API_KEY" in done.stderr


def test_a_hostile_name_is_shown_harmlessly() -> None:
    done = run(mode="hostile-name")
    assert done.returncode == 0, done.stderr
    assert "\\x1b[2Jevil[bold]\\ud800" in done.stdout


def check_form(report: dict[str, Any]) -> None:
    """The JSON report as the design has it."""
    assert list(report)[:8] == [
        "schema",
        "target",
        "revision",
        "era",
        "server",
        "summary",
        "checks",
        "findings",
    ]
    assert report["schema"] == "mcpgen.report/1"
    assert set(report["server"]) == {"name", "version"}
    assert set(report["summary"]) == {"passed", "violations", "warnings", "skipped"}
    assert sum(report["summary"].values()) == len(report["checks"])
    for check in report["checks"]:
        assert set(check) - {"revision"} == {"rule", "level", "verdict", "reason"}
        assert check["verdict"] in ("pass", "violation", "warning", "skipped")
        assert check["reason"]
    for finding in report["findings"]:
        assert set(finding) - {"revision"} == {
            "rule",
            "level",
            "verdict",
            "method",
            "pointer",
            "message",
            "spec",
            "request",
            "response",
        }


def test_json_is_the_report_of_the_design() -> None:
    done = run("--format", "json", mode="id-as-string")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    check_form(report)
    assert report["target"] == {
        "transport": "stdio",
        "command": [sys.executable, str(DEVIANTS), "id-as-string"],
    }
    assert (report["revision"], report["era"]) == ("2025-11-25", "legacy")
    assert report["server"] == {"name": "deviant", "version": "1"}
    assert report["summary"]["violations"] == 1
    assert report["findings"][0]["rule"] == "jsonrpc-id-echoed"
    assert "error" not in report


@pytest.mark.parametrize(("mode", "code"), [("die", 4), ("stderr-then-exit", 3)])
def test_json_holds_the_failure_and_what_was_found_before(mode: str, code: int) -> None:
    done = run("--format", "json", mode=mode)
    assert done.returncode == code
    report = json.loads(done.stdout)
    check_form(report)
    assert report["error"]["exit_code"] == code
    assert report["error"]["message"] and report["error"]["hint"] and report["error"]["stderr"]
    assert done.stderr == ""


def test_json_of_all_revisions_says_which_each_line_is_about() -> None:
    done = run("--format", "json", "--revision", "all", mode="no-input-schema")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    check_form(report)
    assert report["revision"] == "all"
    assert {finding["revision"] for finding in report["findings"]} == {
        "2024-11-05",
        "2025-03-26",
        "2025-06-18",
        "2025-11-25",
    }
    assert [run["verdict"] for run in report["runs"]] == ["violation"] * 4 + ["skipped"]


def test_a_number_that_json_cannot_write_leaves_the_report_json() -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    done = run("--format", "json", mode="infinite")
    assert done.returncode == 1
    report = json.loads(done.stdout, parse_constant=refuse)
    assert report["findings"][0]["response"]["result"] == {"tools": 5, "x": "Infinity"}


@ON_LINUX
def test_a_child_in_a_session_of_its_own_does_not_outlive_the_run() -> None:
    mark = f"elsewhere-{os.getpid()}-{time.monotonic_ns()}"
    command = [*VALIDATE, "--no-probes", "--env", f"DEVIANT_MARK={mark}", "--", sys.executable, str(DEVIANTS)]
    done = subprocess.run([*command, "child-elsewhere"], capture_output=True, timeout=30, check=False)
    assert done.returncode == 0
    assert processes_with(mark) == []


def test_output_goes_to_a_file_that_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    done = run("--format", "json", "--output", str(file), mode="honest")
    assert (done.returncode, done.stdout) == (0, "")
    check_form(json.loads(file.read_text(encoding="utf-8")))
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_environment_and_directory_are_given_to_the_command(tmp_path: Path) -> None:
    script = "import os, sys; print(os.environ['WORD'], os.getcwd(), file=sys.stderr)"
    done = subprocess.run(
        [
            *VALIDATE,
            "--no-probes",
            "--env",
            "WORD=a=b",
            "--cwd",
            str(tmp_path),
            "--",
            sys.executable,
            "-c",
            script,
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 3
    assert f"a=b {tmp_path}" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("mode", "processes"),
    # The validator, the server, and the server's own child; or its child and grandchild.
    [("grandchild-and-hang", 3), pytest.param("child-elsewhere-and-hang", 4, marks=ON_LINUX)],
)
def test_a_signal_ends_the_server_too(
    number: signal.Signals, mode: str, processes: int, tmp_path: Path
) -> None:
    mark = f"signalled-{number}-{os.getpid()}-{time.monotonic_ns()}"
    process = subprocess.Popen(
        [*VALIDATE, "--no-probes", "--timeout", "20", "--", sys.executable, str(DEVIANTS), mode],
        env=os.environ | {"DEVIANT_MARK": mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 15
    while len(processes_with(mark)) < processes:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=15)
    assert process.returncode == 128 + number
    assert "Traceback" not in said
    assert processes_with(mark) == []
