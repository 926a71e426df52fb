"""Conversations that were recorded, judged without a server."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mcpgen.errors import UsageError
from mcpgen.validate.transcript import judge_transcript
from mcpgen_runtime import Server
from mcpgen_runtime.client import Client, StdioTransport
from mcpgen_runtime.client.errors import ClientError
from mcpgen_runtime.testing import Recorder, client

from .test_command import run
from .test_stdio_deviants import DEVIANTS

HEAD = {"format": "mcpgen.transcript/1", "transport": "stdio"}


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-11-25", "2026-07-28"])
def test_what_our_recorder_keeps_of_our_server_holds(tmp_path: Path, revision: str) -> None:
    server = Server("recorded", version="1")

    @server.tool
    def add(a: int, b: int) -> str:
        return str(a + b)

    async def talk() -> None:
        recorder = Recorder()
        async with client(server, revision=revision, recorder=recorder) as session:
            await session.list_tools()
            await session.call_tool("add", {"a": 1, "b": 2})
        recorder.save(tmp_path / "t.jsonl")

    asyncio.run(talk())
    report = judge_transcript(tmp_path / "t.jsonl")
    (judged,) = report.runs
    assert judged.revision == revision
    assert judged.server["name"] == "recorded"
    assert report.findings == []
    checks = {check.rule: check.verdict for check in judged.checks}
    assert checks["schema-result"] == checks["jsonrpc-id-echoed"] == "pass"


def test_faults_are_found_as_they_are_of_a_server(tmp_path: Path) -> None:
    async def talk() -> None:
        recorder = Recorder()
        transport = StdioTransport((sys.executable, str(DEVIANTS), "no-input-schema"), on_stderr=None)
        async with Client(recorder.around(transport), revision="2025-11-25") as session:
            with pytest.raises(ClientError):
                await session.list_tools()
        recorder.save(tmp_path / "t.jsonl")

    asyncio.run(talk())
    done = run("--transcript", str(tmp_path / "t.jsonl"), "--format", "json")
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["target"] == {"transport": "stdio", "transcript": str(tmp_path / "t.jsonl")}
    (finding,) = report["findings"]
    assert (finding["rule"], finding["pointer"]) == ("schema-result", "/result/tools/0")


def written(path: Path, *rows: Any, head: Any = HEAD) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in (head, *rows)), encoding="utf-8")
    return path


SENT = {"entry": "sent", "message": {"jsonrpc": "2.0", "id": 1, "method": "ping"}}


def test_what_a_transcript_leaves_open_is_no_fault(tmp_path: Path) -> None:
    report = judge_transcript(written(tmp_path / "t.jsonl", SENT), revision="2025-11-25")
    assert report.findings == []
    assert report.exit_code == 0


def test_a_line_that_was_no_json_is_judged(tmp_path: Path) -> None:
    line = {"entry": "received", "text": "DEBUG here", "fault": "not-json"}
    report = judge_transcript(written(tmp_path / "t.jsonl", SENT, line), revision="2025-11-25")
    assert [finding.rule for finding in report.findings] == ["stdio-only-messages"]


PARSE_ERROR = {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}}
BROKEN = {"entry": "sent", "text": "{oops", "fault": "not-json"}


ASKS_FOR_ERA = {
    "entry": "sent",
    "message": {
        "jsonrpc": "2.0",
        "id": 0,
        "method": "server/discover",
        "params": {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}},
    },
}
REFUSED = {
    "entry": "received",
    "message": {"jsonrpc": "2.0", "id": 0, "error": {"code": -32601, "message": "Method not found"}},
}


def answering(message: Any) -> dict[str, Any]:
    return {"entry": "received", "message": message}


def test_a_client_frame_that_was_no_message_excuses_one_answer_without_its_id(tmp_path: Path) -> None:
    rows = (BROKEN, answering(PARSE_ERROR))
    assert judge_transcript(written(tmp_path / "t", *rows), revision="2025-11-25").findings == []
    report = judge_transcript(written(tmp_path / "t", *rows, rows[1]), revision="2025-11-25")
    assert [finding.rule for finding in report.findings] == ["jsonrpc-id-echoed"]


def test_a_message_that_nobody_could_read_is_held_against_nobody(tmp_path: Path) -> None:
    rows = [
        {"entry": "sent", "text": "{", "fault": "unread"},
        answering({"jsonrpc": "2.0", "id": 7, "result": {}}),
        SENT,
        {"entry": "received", "text": "{", "fault": "unread"},
    ]
    assert judge_transcript(written(tmp_path / "t", *rows), revision="2025-11-25").findings == []


def test_two_clients_may_use_the_same_id_at_once_over_http(tmp_path: Path) -> None:
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    head = {"entry": "http_reply", "status": 200, "content_type": "application/json", "has_body": True}
    rows = [
        SENT,
        {"entry": "http_request", "carrier": 0, "method": "POST", "headers": {"Accept": "*/*"}},
        {"entry": "sent", "message": listing},
        {**head, "carrier": 2},
        {
            **answering({"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}),
            "carrier": 2,
            "channel": "post",
            "status": 200,
        },
        {**head, "carrier": 0},
        {
            **answering({"jsonrpc": "2.0", "id": 1, "result": {}}),
            "carrier": 0,
            "channel": "post",
            "status": 200,
        },
    ]
    path = written(tmp_path / "t", *rows, head={**HEAD, "transport": "http"})
    report = judge_transcript(path, revision="2025-11-25")
    assert report.findings == []
    checks = {check.rule: check.verdict for check in report.runs[0].checks}
    assert checks["jsonrpc-id-echoed"] == checks["ping-answered"] == checks["schema-result"] == "pass"


def test_event_streams_are_judged_where_their_events_were_kept(tmp_path: Path) -> None:
    head = {"entry": "http_reply", "status": 200, "content_type": "text/event-stream", "has_body": True}
    event = {"entry": "event", "channel": "post", "kind": "message", "event_id": "1", "empty": False}
    rows: list[Any] = []
    for number in (1, 2):
        place = len(rows)
        said = answering({"jsonrpc": "2.0", "id": number, "result": {}})
        rows += [
            {"entry": "sent", "message": {"jsonrpc": "2.0", "id": number, "method": "ping"}},
            {**head, "carrier": place, "headers": {"Server": "x"}},
            {**event, "carrier": place},
            {**said, "carrier": place, "channel": "post", "status": 200},
            {"entry": "finished", "carrier": place, "reason": "", "ending": "whole"},
        ]
    path = written(tmp_path / "t", *rows, head={**HEAD, "transport": "http"})
    broken = {finding.rule for finding in judge_transcript(path, revision="2025-11-25").findings}
    assert broken == {"http-event-ids-unique", "http-sse-primed"}
    # As it was before events were kept, nothing is known of them.
    old = [
        {name: value for name, value in row.items() if name not in ("headers", "ending")}
        for row in rows
        if row["entry"] != "event"
    ]
    old = [row | ({"carrier": row["carrier"] // 5 * 4} if "carrier" in row else {}) for row in old]
    path = written(tmp_path / "t", *old, head={**HEAD, "transport": "http"})
    assert judge_transcript(path, revision="2025-11-25").findings == []


@pytest.mark.parametrize(
    ("rows", "head", "told"),
    [
        ((SENT,), HEAD, "shows no revision"),
        ((ASKS_FOR_ERA, REFUSED), HEAD, "shows no revision"),
        ((SENT,), {"format": "x"}, "does not say that it is a transcript"),
        ((SENT,), {**HEAD, "transport": "smoke"}, "transport 'smoke' is not known"),
        ((SENT,), {**HEAD, "transport": ["stdio"]}, "is not known"),
        (
            ({"entry": "http_reply", "status": float("inf"), "content_type": "", "has_body": True},),
            HEAD,
            "line 2",
        ),
        (({"entry": "sent"},), HEAD, "line 2: this is no entry"),
        (({"entry": "sent", "message": 3},), HEAD, "line 2: this is no entry"),
        ((SENT, {"entry": "dreamt"}), HEAD, "line 3: this is no entry"),
        ((SENT, {"entry": "event", "channel": "post"}), HEAD, "line 3: this is no entry"),
        ((SENT, {"entry": "finished", "reason": "", "ending": []}), HEAD, "line 3: this is no entry"),
        ((SENT, {"entry": "finished", "carrier": 9, "reason": ""}), HEAD, "line 3: this is no entry"),
        ((SENT, {"entry": "received", "text": "", "fault": "dull"}), HEAD, "line 3: this is no entry"),
        (([1],), HEAD, "line 2 of the transcript is no entry"),
    ],
)
def test_what_is_no_transcript_is_told_with_its_line(
    tmp_path: Path, rows: tuple[Any, ...], head: Any, told: str
) -> None:
    path = written(tmp_path / "t.jsonl", *rows, head=head)
    with pytest.raises(UsageError, match=told):
        judge_transcript(path)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[" * 100_000, "line 2 of the transcript is no JSON"),
        ('{"entry": "received", "message": %s}' % ("[" * 500 + "]" * 500), "line 2: .*more than 200 deep"),
    ],
)
def test_a_line_that_is_nested_too_deep_is_told(tmp_path: Path, line: str, told: str) -> None:
    path = written(tmp_path / "t.jsonl")
    with path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(UsageError, match=told):
        judge_transcript(path)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--transcript", "/no/such/file"), "No such file"),
        (("--transcript", "x", "--url", "http://h/"), "name several"),
        (("--transcript", "x", "--revision", "all"), "of one revision"),
        (("--transcript", "x", "--call-tools"), "--call-tools has no meaning"),
        (("--transcript", "x", "--bare-client"), "--bare-client has no meaning"),
        (("--client-tasks", "--revision", "2025-06-18", "--", "x"), "--client-tasks is of 2025-11-25"),
        (("--explain", "nope"), "mcpgen rules list"),
        (("--explain",), "mcpgen validate --help"),
    ],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], told: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert told in done.stderr


def modern(number: int, method: str, **params: Any) -> dict[str, Any]:
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"} | params.pop("meta", {})
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": {"_meta": meta, **params}}
    return {"entry": "sent", "message": message}


CHANGED = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


def test_a_client_that_listens_may_be_told_of_changes(tmp_path: Path) -> None:
    listening = modern(1, "subscriptions/listen", notifications={"toolsListChanged": True})
    report = judge_transcript(written(tmp_path / "t", listening, answering(CHANGED)))
    assert "notification-requested" not in [finding.rule for finding in report.findings]
    report = judge_transcript(written(tmp_path / "t", answering(CHANGED), listening))
    assert "notification-requested" in [finding.rule for finding in report.findings]


def test_what_a_client_declares_counts_for_that_request(tmp_path: Path) -> None:
    rows: list[Any] = []
    key = "io.modelcontextprotocol/clientCapabilities"
    wanted = {"roots": {"method": "roots/list"}}
    each_declared: tuple[dict[str, Any], ...] = ({"roots": {}}, {})
    for number, declared in enumerate(each_declared, 1):
        rows.append(modern(number, "tools/call", name="x", meta={key: declared}))
        result = {"resultType": "input_required", "inputRequests": wanted}
        rows.append(answering({"jsonrpc": "2.0", "id": number, "result": result}))
    report = judge_transcript(written(tmp_path / "t", *rows))
    (finding,) = (each for each in report.findings if each.rule == "input-required-declared")
    assert finding.request["id"] == 2
