"""What the command says when it cannot judge: the likely mistake, by its name, and what to type instead."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import typer

from mcpgen.cli.validate import ServerCommand
from mcpgen.cli.validate import validate as validate_command
from mcpgen.errors import UsageError
from mcpgen.validate.client import REVISIONS
from mcpgen.validate.report import Report
from mcpgen.validate.run import Options, validate
from mcpgen.validate.target import Target

from .test_command import VALIDATE, check_form, run
from .test_stdio_deviants import DEVIANTS, processes_with


def ended(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*VALIDATE, *arguments], capture_output=True, text=True, timeout=30, check=False, cwd=cwd
    )


def judged(target: Target, **options: object) -> Report:
    chosen = Options(timeout=1, deadline=20, **options)  # type: ignore[arg-type]
    return asyncio.run(validate(target, chosen, announce=lambda _: None))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--url", "localhost:3456/mcp"), "try --url http://localhost:3456/mcp\n"),
        (("--url", "ftp://h.example/mcp"), "try --url http://h.example/mcp\n"),
        (("--url", "nonsense"), "the form is --url http://"),
        (("--revision", "latest", "--", "true"), f"known: {', '.join(REVISIONS)}; or auto, all\n"),
        (("--revision", "2027-01-01", "--", "true"), f"known: {', '.join(REVISIONS)}; or auto, all\n"),
        (("--header", "A: b", "--", "true"), "leave --header out, or give --url"),
        (("--env", "A=b", "--url", "http://127.0.0.1:9/"), "leave --env out"),
        (("--cwd", "/", "--url", "http://127.0.0.1:9/"), "leave --cwd out"),
    ],
)
def test_a_wrong_command_line_is_refused_at_once(arguments: tuple[str, ...], words: str) -> None:
    done = ended(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "did you mean" not in done.stderr


@pytest.mark.parametrize(("form", "name"), [("text", "report.txt"), ("json", "report.json")])
def test_a_directory_is_no_place_for_a_report_and_the_server_is_not_even_started(
    form: str, name: str, tmp_path: Path
) -> None:
    mark = tmp_path / "started"
    done = ended("--format", form, "--output", str(tmp_path), "--", "touch", str(mark))
    assert done.returncode == 2
    assert str(tmp_path / name) in done.stderr + done.stdout
    assert not mark.exists()


def test_a_command_in_quotes_is_shown_without_them() -> None:
    done = ended("--", "python3 good.py", "--also this")
    assert done.returncode == 3
    assert "hint: leave the quotes off: mcpgen validate -- python3 good.py '--also this'\n" in done.stderr


def test_a_script_that_is_not_executable_is_shown_with_its_interpreter(tmp_path: Path) -> None:
    script = tmp_path / "good.py"
    script.write_text("print(1)\n")
    done = ended("--", "./good.py", "--fast", cwd=tmp_path)
    assert done.returncode == 3
    assert "it is not executable" in done.stderr
    assert "hint: try python ./good.py --fast\n" in done.stderr
    # Executable, but without a line that says what runs it.
    script.chmod(0o755)
    assert "hint: try python ./good.py\n" in ended("--", "./good.py", cwd=tmp_path).stderr


def test_what_never_started_gets_no_report() -> None:
    done = run(mode="stderr-then-exit")
    assert (done.returncode, done.stdout) == (3, "")
    assert "| configuration missing: API_KEY" in done.stderr
    done = run("--format", "json", mode="stderr-then-exit")
    report = json.loads(done.stdout)
    check_form(report)
    assert (report["revision"], report["era"], report["checks"]) == (None, None, [])
    assert report["error"]["stderr"] == ["configuration missing: API_KEY"]


def test_what_was_never_agreed_on_is_not_named_as_the_revision() -> None:
    document = judged(Target(command=(sys.executable, str(DEVIANTS), "unknown-version"))).to_json()
    assert (document["revision"], document["era"], document["checks"]) == (None, None, [])


@pytest.mark.parametrize("revision", [None, "2025-11-25"])
def test_an_unknown_protocol_version_is_the_servers_to_mend(revision: str | None) -> None:
    target = Target(command=(sys.executable, str(DEVIANTS), "unknown-version"))
    failure = judged(target, revision=revision).failure
    assert failure is not None
    assert "its protocolVersion '1999-01-01'" in failure.message
    assert ", ".join(REVISIONS) in failure.hint
    assert "--revision" not in failure.hint


def test_a_known_revision_that_was_not_asked_for_is_the_users_to_mend() -> None:
    target = Target(command=(sys.executable, str(DEVIANTS), "only-2024"))
    failure = judged(target, revision="2025-11-25").failure
    assert failure is not None and "leave --revision out" in failure.hint


def test_a_server_that_only_logs_is_not_called_slow() -> None:
    report = judged(Target(command=("sh", "-c", "echo Starting up; echo '{\"level\": 1}'; sleep 20")))
    assert report.exit_code == 4
    assert report.failure is not None
    assert "talks, but not MCP" in report.failure.message
    assert "standard output" in report.failure.hint and "'Starting up'" in report.failure.hint
    assert "slow" not in report.failure.hint
    # What it wrote is judged, without a word on a revision that it never agreed to.
    assert {finding.rule for finding in report.findings} == {"stdio-only-messages"}
    assert not report.runs[0].agreed


def test_a_server_that_is_silent_may_well_be_slow() -> None:
    failure = judged(Target(command=("sleep", "20"))).failure
    assert failure is not None and "merely slow" in failure.hint


@contextmanager
def serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class PlainText(BaseHTTPRequestHandler):
    """Answers rightly, and calls it text."""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"jsonrpc": "2.0", "id": asked.get("id"), "result": {}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_an_answer_of_another_content_type_is_told_with_the_type() -> None:
    with serving(PlainText) as port:
        report = judged(Target(url=f"http://127.0.0.1:{port}/mcp"))
    assert report.exit_code == 3
    assert report.failure is not None
    assert "HTTP status 200, Content-Type text/plain" in report.failure.message
    assert "application/json" in report.failure.hint


def test_https_to_a_server_of_http_is_told_in_plain_words() -> None:
    with serving(PlainText) as port:
        report = judged(Target(url=f"https://me:secret@127.0.0.1:{port}/mcp"))
    assert report.exit_code == 3
    assert report.failure is not None
    assert "does not speak TLS" in report.failure.message
    assert report.failure.hint == f"try http://127.0.0.1:{port}/mcp"


def test_an_interruption_still_reports_what_was_found(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    mark = f"interrupted-{os.getpid()}-{time.monotonic_ns()}"
    server = [sys.executable, str(DEVIANTS), "banner-then-hang-after-opening"]
    process = subprocess.Popen(
        [*VALIDATE, "--timeout", "20", "--format", "json", "--output", str(file), "--", *server],
        env=os.environ | {"DEVIANT_MARK": mark, "DEVIANT_READY": str(tmp_path / "ready")},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 15
    while not (tmp_path / "ready").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=15)
    assert (process.returncode, said) == (130, "")
    report = json.loads(file.read_text(encoding="utf-8"))
    check_form(report)
    assert report["revision"] == "2025-11-25"
    assert {finding["rule"] for finding in report["findings"]} == {"stdio-only-messages"}
    assert report["error"]["exit_code"] == 130
    assert report["error"]["message"].startswith("interrupted after")
    assert processes_with(mark) == []


def test_help_tells_revisions_and_exit_codes() -> None:
    words = " ".join(ended("--help").stdout.split())
    assert all(revision in words for revision in REVISIONS)
    assert "Exit codes: 0 no violation, 1 violations, 2 wrong usage, 3 " in words


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (
            ["python3", "good.py", "--whole"],
            "put -- before the server's command: mcpgen validate -- COMMAND…",
        ),
        (["--whole"], None),
        (["--timeuot", "3", "x"], None),
    ],
)
def test_an_option_of_the_servers_own_is_told_as_that(arguments: list[str], hint: str | None) -> None:
    app = typer.Typer()
    app.command(cls=ServerCommand)(validate_command)
    with pytest.raises(UsageError if hint else typer.TyperException) as caught:
        typer.main.get_command(app).make_context("validate", arguments)
    assert getattr(caught.value, "hint", None) == hint
