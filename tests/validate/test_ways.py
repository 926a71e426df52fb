"""The ways to a server that the command line knows, and what is given for them in confidence."""

from __future__ import annotations

import asyncio
import json
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from mcpgen.cli.ways import Ways
from mcpgen.errors import UsageError
from mcpgen.validate.exercise import Plan
from mcpgen.validate.report import Report
from mcpgen.validate.run import Options, validate
from mcpgen.validate.secrets import masked, secrets_in
from mcpgen.validate.target import Target
from mcpgen_runtime.client.urls import shown

from .http_deviants import serving
from .old_transport import answer_to, old_server
from .test_hints import serving as listening


def judged(target: Target, **options: object) -> Report:
    chosen = Options(timeout=20, deadline=60, **options)  # type: ignore[arg-type]
    return asyncio.run(validate(target, chosen, announce=lambda _: None))


@pytest.mark.parametrize("revision", [None, "2024-11-05", "2025-06-18"])
def test_http_sse_is_a_target_of_its_own(revision: str | None) -> None:
    with old_server() as server:
        report = judged(
            Target(sse=server.url, headers={"Authorization": "Bearer t0ken-of-mine"}), revision=revision
        )
    assert (report.exit_code, report.findings) == (0, [])
    assert report.target == {"transport": "http+sse", "url": server.url}
    assert report.runs[0].revision == (revision or "2025-11-25")
    # Nobody who has the older transport knows the question for the newer era.
    assert "server/discover" not in server.asked
    assert server.authorized == {"Bearer t0ken-of-mine"}


@pytest.mark.parametrize("given", [(), (("add", {}),)])
def test_a_tool_that_the_user_named_is_not_told_to_be_left_out(given: tuple[Any, ...]) -> None:
    with old_server() as server:
        report = judged(Target(sse=server.url), plan=Plan(call_tools=True, given=given), probes=False)
    told = [note for note in report.runs[0].notes if "1 of 1 not called (add)" in note]
    assert len(told) == (0 if given else 1)
    assert report.runs[0].asked.keys() & {"tools/call"} == ({"tools/call"} if given else set())


def test_the_newest_revision_has_no_http_sse() -> None:
    with old_server() as server:
        report = judged(Target(sse=server.url), revision="2026-07-28")
    assert report.failure is not None and report.exit_code == 3
    assert "HTTP+SSE is no transport of 2026-07-28" in report.failure.message


def test_an_endpoint_of_streamable_http_is_told_from_an_event_stream() -> None:
    with serving("honest-json") as server:
        report = judged(Target(sse=server.url))
    assert report.failure is not None and report.exit_code == 3
    assert f"--url {server.url}" in report.failure.hint or "HTTP status 405" in report.failure.message


class Guarded(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status = 401

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.refuse()

    def do_GET(self) -> None:
        self.refuse()

    def refuse(self) -> None:
        self.send_response(self.status)
        self.send_header("WWW-Authenticate", 'Bearer resource_metadata="https://h.example/meta"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize("way", ["url", "sse", "ws"])
def test_a_server_that_wants_a_token_is_told_with_what_it_asks_for(way: str) -> None:
    with listening(Guarded) as port:
        scheme = "ws" if way == "ws" else "http"
        report = judged(Target(**{way: f"{scheme}://127.0.0.1:{port}/mcp"}))  # type: ignore[arg-type]
    assert report.failure is not None and report.exit_code == 3
    assert "401" in report.failure.message
    assert (
        way == "ws"
        or 'it asks for Bearer resource_metadata="https://h.example/meta"' in report.failure.message
    )
    assert "--bearer-env NAME" in report.failure.hint


def test_a_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", "abc.def-123\n")
    ways = Ways(url="http://h.example/mcp", bearer_env="MINE")
    assert ways.target().headers == {"Authorization": "Bearer abc.def-123"}
    assert "abc.def-123" in ways.secrets()
    assert Ways(url="http://h/mcp", bearer="x.y").target().headers == {"Authorization": "Bearer x.y"}


def refuse(ways: Ways) -> None:
    ways.check()
    ways.target()


@pytest.mark.parametrize(
    ("ways", "words"),
    [
        (Ways(), "no server is named"),
        (Ways(url="http://h/", sse="http://h/"), "--url and --sse name several"),
        (Ways(command=("x",), bearer="t"), "--bearer is for HTTP"),
        (Ways(tcp="h:1", bearer_env="T"), "--bearer-env is for HTTP, and --tcp has none"),
        (Ways(url="http://h/", bearer="a", bearer_env="PATH"), "two tokens"),
        (Ways(url="http://h/", bearer="a", headers=("authorization: b",)), "two headers of one name"),
        (Ways(url="http://h/", bearer_env="NOT_THERE"), "there is no variable NOT_THERE"),
        (Ways(url="http://h/", bearer="Bearer abc"), "what --bearer gives is no token"),
        (Ways(sse="ws://h/"), "is not an http URL"),
        (
            Ways(url="http://h/", bearer="of-mine", foreign_bearer_env="MINE"),
            "--bearer and --foreign-bearer-env are one token",
        ),
        (
            Ways(url="http://h/", bearer_env="MINE", other_bearer_env="MINE"),
            "--bearer-env and --other-bearer-env are one token",
        ),
        (
            Ways(url="http://h/", headers=("authorization: bearer of-mine",), foreign_bearer_env="MINE"),
            "--header and --foreign-bearer-env are one token",
        ),
        (
            Ways(url="http://h/", bearer="a", foreign_bearer_env="MINE", other_bearer_env="MINE"),
            "--foreign-bearer-env and --other-bearer-env are one token",
        ),
        (Ways(config=Path("x"), foreign_bearer_env="MINE"), "cannot be given with --config"),
        (Ways(config=Path("x"), other_bearer_env="MINE"), "cannot be given with --config"),
        (Ways(url="http://h/", other_bearer_env="MINE"), "and nobody's own is given"),
    ],
)
def test_a_wrong_way_is_refused(ways: Ways, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_THERE", raising=False)
    monkeypatch.setenv("MINE", "of-mine")
    with pytest.raises(UsageError, match=words):
        refuse(ways)


def test_what_is_given_in_confidence_is_masked_wherever_it_turns_up(tmp_path: Path) -> None:
    server = tmp_path / "server.py"
    server.write_text(
        "import os, sys\nprint(os.environ['API_KEY'], file=sys.stderr)\nprint('key', os.environ['API_KEY'])\n"
    )
    command = (sys.executable, str(server), "--token", "hunter2-hunter2")
    ways = Ways(command=command, env=("API_KEY=hunter2-hunter2", "DEBUG=1", "MODE=production"))
    report = masked(judged(ways.target()), ways.secrets())
    text = json.dumps(report.to_json())
    assert "hunter2" not in text
    assert "key ***" in text and report.failure is not None and "***" in report.failure.stderr
    # A word that anybody may say is no secret.
    assert ways.secrets() == {"hunter2-hunter2"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("you sent hunter2-hunter2", "you sent ***"),
        ("you sent hunter2-hun…", "you sent ***…"),
        ("…er2-hunter2 was sent", "…*** was sent"),
        ("…er2-hunter2 and hunter2-hunter…", "…*** and ***…"),
        ("a hunter2 of…", "a hunter2 of…"),
        ("all of a hunt…", "all of a hunt…"),
    ],
)
def test_a_secret_is_masked_where_a_text_was_cut_inside_it(text: str, shown: str) -> None:
    assert masked({"said": [text]}, frozenset({"hunter2-hunter2"})) == {"said": [shown]}


def test_what_a_report_says_in_its_own_words_is_no_secret(tmp_path: Path) -> None:
    ways = Ways(command=(sys.executable, "-c", "print('origin 2025-11-25 schema')"))
    report = judged(ways.target(), revision="2025-11-25")
    assert report.findings
    words = {finding.rule for finding in report.findings} | {"2025-11-25", "MUST", "violation", "basic"}
    hidden = masked(report, frozenset({*words, "schema"}))
    assert [(one.rule, one.level, one.spec) for one in hidden.findings] == [
        (one.rule, one.level, one.spec) for one in report.findings
    ]
    assert {run.revision for run in hidden.runs} == {"2025-11-25"}
    assert "origin *** ***" in json.dumps(hidden.to_json())
    assert secrets_in(headers={"X-Api-Version": "2025-11-25", "X-Day": "2025-11-26"}) == {"2025-11-26"}


def test_a_secret_is_known_by_where_it_stands() -> None:
    found = secrets_in(
        headers={"X-Api": "aaaaaaaa", "Accept": "text/plain", "Authorization": "Basic dXNlcjpwYXNzd29yZA=="},
        environment={
            "GITHUB_PAT": "ghp_0123456789abcdef",
            "HOME": "/home/somebody",
            "PASSWORD": "open sesame",
        },
        url="https://me:s%20cret@h.example/mcp?api_key=12345678&page=10000000",
    )
    assert {"aaaaaaaa", "password", "ghp_0123456789abcdef", "open sesame", "s cret", "12345678"} <= found
    assert found.isdisjoint({"text/plain", "/home/somebody", "10000000"})


def test_a_key_in_a_url_is_not_shown() -> None:
    assert shown("https://u:p@h/mcp?api_key=abc&q=1") == "https://h/mcp?api_key=***&q=1"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("POST https://h/mcp: [SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", "SSL_CERT_FILE="),
        (
            "POST https://h/mcp: what listens there does not speak TLS (WRONG_VERSION_NUMBER)",
            "try http://h/mcp",
        ),
        ("server rejected WebSocket connection: HTTP 401", "--bearer-env NAME"),
        ("HTTP status 401, no body; it asks for Basic realm=h", "--header 'Authorization: Basic …'"),
        ("HTTP status 401, no body; it asks for Basic realm=h, Bearer", "--bearer-env NAME"),
        ("the server cannot be opened: initialize: HTTP status 403, no body", "it asks for nothing"),
        ("HTTP status 403, no body; it asks for Bearer error=insufficient_scope", "--bearer-env NAME"),
        ("HTTP status 307, redirected to https://h/new", "--url https://h/new"),
        ("HTTP status 407, text/html", "the proxy's name and password"),
        ("POST https://h:4010/mcp: nothing listens there", "the proxy that HTTPS_PROXY names"),
        ("POST https://h/mcp: Receive buffer too long", "longer than any client reads"),
        ("HTTP status 404, no body", "it must be the MCP endpoint itself"),
    ],
)
def test_what_keeps_a_client_out_is_told_with_a_way_in(
    error: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert words in Target(url="https://h/mcp").reach_hint(error)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("Bearer abc", "--header 'Authorization: Basic …'"),
        ("Basic dXNlcjpwYXNz", "it refuses the name and password"),
    ],
)
def test_a_server_that_asks_for_a_password_refuses_no_token(given: str, words: str) -> None:
    target = Target(url="https://h/mcp", headers={"Authorization": given})
    assert words in target.reach_hint("HTTP status 401, no body; it asks for Basic realm=h")


def test_what_a_server_that_forbids_asks_for_is_told() -> None:
    forbidding = type("Forbidding", (Guarded,), {"status": 403})
    with listening(forbidding) as port:
        report = judged(Target(url=f"http://127.0.0.1:{port}/mcp"))
    assert report.failure is not None and "--bearer-env NAME" in report.failure.hint
    assert "it asks for Bearer resource_metadata" in report.failure.message


class Trailing(BaseHTTPRequestHandler):
    """Answers in chunks, with a trailer behind them."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"jsonrpc": "2.0", **answer_to(message)}).encode() if "id" in message else b""
        self.send_response(200 if body else 202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        self.wfile.write(chunk + b"0\r\nX-Checksum: 1\r\n\r\n")

    def do_GET(self) -> None:
        self.send_error(405)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_reply_in_chunks_with_a_trailer_is_read() -> None:
    with listening(Trailing) as port:
        report = judged(Target(url=f"http://127.0.0.1:{port}/mcp"))
    assert (report.exit_code, report.findings) == (0, [])
    assert report.runs[0].server["name"] == "old"
