"""`mcpgen validate-client` from the command line: what ends it, and how that is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mcpgen.cli import main

COMMAND = [sys.executable, "-m", "mcpgen", "validate-client"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ([], "there is no way for a client to come"),
        (["--stdio", "--http", "127.0.0.1:0"], "and here are two"),
        (["--stdio", "--", "client"], "is started by the client"),
        (["--http", "8000"], "is no address"),
        (["--stdio", "--revision", "2020-01-01"], "there is no revision '2020-01-01'"),
        (["--stdio", "--scene", "opera"], "there is no scene 'opera'"),
        (["--http", "127.0.0.1:0", "--scene", "all"], "one client sees one scene"),
        (["--stdio", "--timeout", "nan"], "--timeout is nan"),
        (["--stdio", "--report", "report.pdf"], "does not say of what form"),
    ],
)
def test_wrong_usage_is_told_before_anybody_waits(
    line: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate-client", *line]) == 2
    assert told in capsys.readouterr().err


def test_a_client_that_never_comes_and_a_command_that_does_not_start_end_with_3(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["validate-client", "--http", "127.0.0.1:0", "--timeout", "0.1"]) == 3
    told = capsys.readouterr().err
    assert "listening at http://127.0.0.1:" in told
    assert "no client said anything" in told
    assert main(["validate-client", "--http", "127.0.0.1:0", "--", "no-such-client"]) == 3
    assert "cannot start 'no-such-client'" in capsys.readouterr().err


CLIENT = """
import json, os, sys, urllib.request
params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "me", "version": "1"}}
body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}).encode()
headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
opener.open(urllib.request.Request(os.environ["MCPGEN_URL"], body, headers)).read()
sys.exit(7 if os.environ["MCPGEN_SCENE"] == "strange-version" else 0)
"""


def test_each_scene_is_told_in_a_line_with_the_end_of_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = [sys.executable, "-S", "-c", CLIENT]
    main(["validate-client", "--http", "127.0.0.1:0", "--format", "json", "--", *client])
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        "scene tour: answered initialize; the command ended with 0",
        "scene strange-version: answered initialize as a server of 1999-12-31 alone,"
        " your client should leave; the command ended with 7",
    ]
    assert json.loads(told.out)["client"]["name"] == "me"


def test_over_stdio_only_messages_go_to_standard_output_and_the_report_elsewhere(tmp_path: Path) -> None:
    info = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "me", "version": "1"}}
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": info},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
        # Half of a pair of surrogates is JSON, and no text that UTF-8 could write.
        {"jsonrpc": "2.0", "id": "\ud800", "method": "ping"},
    ]
    file = tmp_path / "report.json"
    run = subprocess.run(
        [*COMMAND, "--stdio", "--report", str(file)],
        input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert [json.loads(line)["id"] for line in run.stdout.splitlines()] == [1, 1, "\ud800"]
    assert "client-request-id-unique" in run.stderr
    report = json.loads(file.read_text(encoding="utf-8"))
    assert run.returncode == 1
    assert report["client"] == {"name": "me", "version": "1"}
    # It did not wait for the answer to initialize either, as far as the pipe shows.
    assert "client-request-id-unique" in {finding["rule"] for finding in report["findings"]}


def test_rules_on_clients_are_listed_apart_and_shown_like_any(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "list", "--on", "client", "--format", "json"]) == 0
    assert {rule["side"] for rule in json.loads(capsys.readouterr().out)} == {"client"}
    assert main(["rules", "list", "--format", "json"]) == 0
    assert {rule["side"] for rule in json.loads(capsys.readouterr().out)} == {"server"}
    assert main(["rules", "show", "client-input-new-id"]) == 0
    assert "The retry has an id of its own." in capsys.readouterr().out
