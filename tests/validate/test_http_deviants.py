"""Servers that go right and wrong over Streamable HTTP: findings, exit codes, and what they are sent."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from mcpgen.validate.exercise import Plan
from mcpgen.validate.recorder import Limits
from mcpgen.validate.report import Report
from mcpgen.validate.run import Options, validate
from mcpgen.validate.target import Target

from .http_deviants import SESSION, Server, serving


def judged(server: Server, *, timeout: float = 2.0, **options: object) -> Report:
    chosen = Options(timeout=timeout, deadline=20, **options)  # type: ignore[arg-type]
    return asyncio.run(validate(Target(url=server.url), chosen, announce=lambda _: None))


def broken(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


@pytest.mark.parametrize("era", ["legacy", "modern"])
@pytest.mark.parametrize("mode", ["honest-json", "honest-sse", "no-session"])
def test_nothing_is_found_on_an_honest_server(mode: str, era: str) -> None:
    with serving(mode, era) as server:
        report = judged(server, plan=Plan(call_tools=True, allow_destructive=True))
    assert report.findings == []
    assert report.exit_code == 0
    assert report.runs[0].era == era
    assert "http-reply-type" in {check.rule for check in report.checks if check.verdict == "pass"}


def test_a_legacy_server_gets_its_session_and_version_back_and_a_goodbye() -> None:
    with serving("honest-json") as server:
        judged(server)
    _, probe, initialize, initialized, *rest = [("", {}, None), *server.seen]
    assert "mcp-session-id" not in probe[1]
    assert "mcp-protocol-version" not in initialize[1]
    for kind, headers, _ in [initialized, *rest]:
        assert headers["mcp-session-id"] == SESSION
        assert headers["mcp-protocol-version"] == "2025-11-25"
        if kind == "POST":
            assert headers["accept"] == "application/json, text/event-stream"
            assert "mcp-method" not in headers
    assert rest[-1][0] == "DELETE"
    assert "GET" in {kind for kind, _, _ in rest}


def test_the_server_is_listened_to_also_where_a_probe_shook_hands() -> None:
    with serving("honest-json") as server:
        judged(server, probes=True)
    begins = [
        place for place, (_, _, body) in enumerate(server.seen) if body and body.get("method") == "initialize"
    ]
    versions = [server.seen[place][2]["params"]["protocolVersion"] for place in begins]
    probed = versions.index("1999-01-01")
    conversation = server.seen[begins[probed] : begins[probed + 1]]
    assert [kind for kind, _, _ in conversation].count("GET") == 1


def test_a_modern_server_gets_the_headers_that_mirror_the_body() -> None:
    with serving("honest-json", "modern") as server:
        judged(server)
    for kind, headers, body in server.seen:
        assert kind == "POST"
        assert headers["mcp-protocol-version"] == "2026-07-28"
        assert headers["mcp-method"] == body["method"]
        assert "mcp-session-id" not in headers
    (read,) = [headers for _, headers, body in server.seen if body["method"] == "resources/read"]
    assert read["mcp-name"] == "=?base64?bWVtbzovL8Op?="


def test_a_stream_that_breaks_off_is_resumed_from_its_last_event() -> None:
    with serving("resumed") as server:
        report = judged(server)
    assert report.findings == []
    resumed = [headers["last-event-id"] for kind, headers, _ in server.seen if "last-event-id" in headers]
    assert resumed == ["event-7"]


@pytest.mark.parametrize(
    ("mode", "rules"),
    [
        ("wrong-id", {"jsonrpc-id-echoed"}),
        ("no-input-schema", {"schema-result"}),
        ("bad-json", {"jsonrpc-message"}),
        ("wrong-type", {"http-reply-type", "jsonrpc-request-answered"}),
        ("empty", {"http-reply-type", "jsonrpc-request-answered"}),
        ("html", {"jsonrpc-request-answered"}),
        ("stream-without-answer", {"jsonrpc-request-answered", "http-sse-answer-on-stream"}),
        ("notification-200", {"http-notification-accepted"}),
        ("notification-body", {"http-notification-accepted", "jsonrpc-notification-unanswered"}),
        ("bad-session", {"http-session-id-visible"}),
        ("get-html", {"http-get-stream"}),
        ("get-answers", {"http-get-no-answers", "jsonrpc-single-answer", "jsonrpc-id-echoed"}),
        ("server-request", set()),
        ("gateway", set()),
    ],
)
def test_a_legacy_server_breaks_these_rules(mode: str, rules: set[str]) -> None:
    with serving(mode) as server:
        report = judged(server)
    # A response on the GET stream may or may not come while its id is open.
    optional = {"jsonrpc-single-answer", "jsonrpc-id-echoed"} if mode == "get-answers" else set()
    assert broken(report) - optional == rules - optional
    assert report.exit_code == (1 if rules else 0)


@pytest.mark.parametrize(
    ("mode", "rules"),
    [
        ("server-request", {"server-requests-none"}),
        ("unknown-method-200", {"http-error-status"}),
        ("wrong-type", {"http-reply-type", "jsonrpc-request-answered"}),
    ],
)
def test_a_modern_server_breaks_these_rules(mode: str, rules: set[str]) -> None:
    with serving(mode, "modern") as server:
        report = judged(server)
    assert broken(report) == rules
    assert report.exit_code == 1


@pytest.mark.parametrize("mode", ["hang", "silent-stream"])
def test_a_server_that_does_not_answer_ends_in_time(mode: str) -> None:
    began = time.monotonic()
    with serving(mode) as server:
        report = judged(server, timeout=0.5)
        took = time.monotonic() - began
    assert report.exit_code == (4 if mode == "hang" else 1)
    assert took < 4


@pytest.mark.parametrize("mode", ["endless-stream", "endless-body"])
def test_a_flood_ends_the_run_with_4(mode: str) -> None:
    with serving(mode) as server:
        report = judged(server, limits=Limits(message_bytes=300_000, frames=1000))
    assert report.exit_code == 4
    assert report.failure is not None and "more than" in report.failure.message


def test_a_connection_that_breaks_in_the_middle_ends_the_run_with_4() -> None:
    with serving("cut-off") as server:
        report = judged(server)
    assert report.exit_code == 4
    assert report.failure is not None and "in the middle of the run" in report.failure.message


@pytest.mark.parametrize(
    ("mode", "hint"), [("unauthorized", "--header"), ("not-found", "the MCP endpoint itself")]
)
def test_what_is_no_endpoint_cannot_be_reached(mode: str, hint: str) -> None:
    with serving(mode) as server:
        report = judged(server)
    assert report.exit_code == 3
    assert report.failure is not None and hint in report.failure.hint


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:9/mcp", 3),
        ("http://a..b/mcp", 3),
        (f"http://{'a' * 64}.example/mcp", 3),
        ("http://127.0.0.1:99999/", 2),
        ("http://xn--/", 2),
        ("ftp://example.com/", 2),
        ("http://[", 2),
    ],
)
def test_a_url_that_leads_nowhere_cannot_be_reached(url: str, code: int) -> None:
    report = asyncio.run(validate(Target(url=url), Options(timeout=2), announce=lambda _: None))
    assert report.exit_code == code


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http://xn--/"])
def test_what_connecting_raises_of_its_own_is_no_mistake_of_ours(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # These are refused beforehand; there may be others of which only the attempt tells.
    monkeypatch.setattr("mcpgen.validate.target.check_url", lambda url, *, option: None)
    report = asyncio.run(validate(Target(url=url), Options(timeout=2), announce=lambda _: None))
    assert report.exit_code == 3


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("all_proxy", "foo://127.0.0.1:1"),
        ("HTTP_PROXY", "http://127.0.0.1:port"),
        ("SSL_CERT_FILE", "/nonexistent"),
    ],
)
def test_an_environment_that_allows_no_client_is_named(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSL_CERT_DIR", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    report = asyncio.run(validate(Target(url="http://127.0.0.1:9/"), Options(), announce=lambda _: None))
    assert report.exit_code == 3
    assert report.failure is not None
    assert variable in report.failure.message and variable in report.failure.hint


def test_streams_that_the_server_never_ends_are_left_once_they_brought_their_answer() -> None:
    with serving("long-list") as server:
        report = judged(server)
        assert broken(report) == {"http-sse-closed-after-answer"}
        assert report.exit_code == 0
        assert report.runs[0].requests > 100
    assert server.left_early > 60


def test_events_without_messages_count_as_messages_do() -> None:
    with serving("endless-events") as server:
        report = judged(server)
    assert report.failure is not None
    assert report.failure.message == "the server sent more than 10000 messages in one run"


def test_a_server_may_close_after_each_complete_reply() -> None:
    with serving("closes-after-reply") as server:
        report = judged(server)
    assert report.findings == []
    assert report.exit_code == 0


def test_what_comes_after_the_answer_on_its_stream_is_still_seen() -> None:
    with serving("second-answer") as server:
        assert broken(judged(server)) == {"jsonrpc-single-answer"}


def test_a_redirection_is_named_and_not_followed() -> None:
    with serving("moved") as server:
        report = judged(server)
    assert report.exit_code == 3
    assert report.failure is not None
    assert "HTTP status 307" in report.failure.message
    assert server.url.removesuffix("/mcp") + "/elsewhere" in report.failure.hint
    assert {body["method"] for _, _, body in server.seen} == {"server/discover", "initialize"}


@pytest.mark.parametrize("mode", ["honest-json", "moved", "cut-off", "hang"])
def test_a_password_in_the_url_is_used_and_not_repeated(mode: str) -> None:
    with serving(mode) as server:
        url = server.url.replace("//", "//user:pa55word@")
        options = Options(timeout=0.5)
        report = asyncio.run(validate(Target(url=url), options, announce=lambda _: None))
    assert "pa55word" not in json.dumps(report.to_json())
    assert report.target["url"] == server.url
    assert {headers["authorization"] for _, headers, _ in server.seen} == {"Basic dXNlcjpwYTU1d29yZA=="}


@pytest.mark.parametrize(
    ("mode", "note"),
    [
        ("no-tools", "tools/list: nothing to judge, HTTP status 404, Content-Type text/plain"),
        ("without-type", "tools/list: nothing to judge, HTTP status 200, no Content-Type"),
    ],
)
def test_a_list_that_was_declared_and_cannot_be_read_is_noted(mode: str, note: str) -> None:
    with serving(mode) as server:
        assert note in judged(server).runs[0].notes


def test_headers_of_the_user_are_sent_with_every_request() -> None:
    with serving("honest-json") as server:
        target = Target(url=server.url, headers={"Authorization": "Bearer x"})
        asyncio.run(validate(target, Options(timeout=2), announce=lambda _: None))
    assert {headers.get("authorization") for _, headers, _ in server.seen} == {"Bearer x"}
