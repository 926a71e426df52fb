"""The parts of the tap that need no process."""

from __future__ import annotations

import json
import os
import random
import threading
from pathlib import Path

import pytest

from mcpgen.schema.rules import load_client_rules, load_rules
from mcpgen.tap.connections import Connections
from mcpgen.tap.conversation import Conversation, Voice
from mcpgen.tap.feed import Copy, Feed, Intake, Kind
from mcpgen.tap.http_messages import End, Head, Messages, Piece
from mcpgen.tap.judging import News, Pace, Verdicts
from mcpgen.tap.masking import Masks
from mcpgen.tap.plainly import read_plainly
from mcpgen.tap.rows import Row, encoded, frame
from mcpgen.tap.settings import Settings
from mcpgen.tap.watcher import Watcher
from mcpgen.validate.transcript import Retold

REQUESTS = (
    b"\r\nPOST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: b\r\n\r\n"
    b"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=1\r\ndefg\r\n0\r\nT: 1\r\n\r\n"
)
REST = b"\r\nGARBAGE \xff\r\n\r\nmore"


def chopped(data: bytes, chance: random.Random) -> list[bytes]:
    parts = []
    while data:
        size = chance.choice((1, 2, 3, 7, 50, 500))
        parts.append(data[:size])
        data = data[size:]
    return parts


def test_http_messages_are_found_however_they_are_chopped_and_no_byte_is_lost() -> None:
    for seed in range(200):
        messages = Messages()
        events = [
            event for part in chopped(REQUESTS + REST, random.Random(seed)) for event in messages.feed(part)
        ]
        events += messages.end()
        assert b"".join(event.raw for event in events) == REQUESTS + REST
        assert [event.start for event in events if isinstance(event, Head)] == [
            ("POST", "/mcp"),
            ("GET", "/"),
            ("POST", "/c"),
        ]
        assert b"".join(event.content for event in events if isinstance(event, Piece)) == b"helloabcdefg"
        assert sum(isinstance(event, End) for event in events) == 3


class Kept(Conversation):
    """A conversation that only keeps its rows."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, row: Row, at: float) -> int:
        self.rows.append(row)
        return len(self.rows) - 1


def watched(*copies: tuple[int, Kind, bytes], chance: random.Random | None = None) -> list[Kept]:
    """The conversations that these copies make, whole or chopped."""
    begun: list[Kept] = []

    def begin(transport: str, number: int) -> Conversation:
        begun.append(Kept())
        return begun[-1]

    connections = Connections("/mcp", 100_000, begin)
    for number, kind, data in copies:
        for part in chopped(data, chance) if chance is not None and data else [data]:
            connections.take(Copy(kind, number, 0.0, part))
    return begun


def post(message: bytes, *headers: bytes) -> bytes:
    head = [b"POST /mcp HTTP/1.1", b"Content-Length: %d" % len(message), *headers, b"", b""]
    return b"\r\n".join(head) + message


def in_chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    + in_chunks(b'event: message\r\ndata: {"id":1,\r', b'\ndata: "result":{}}\n\n')
)


def test_rows_are_the_same_however_the_bytes_are_chopped() -> None:
    opened = (1, Kind.OPENED, b"peer")
    asked = (1, Kind.CLIENT, post(b'{"id":1,"method":"ping"}', b"Cookie: a=b"))
    whole = watched(opened, asked, (1, Kind.SERVER, STREAM))[0].rows
    assert [row["entry"] for row in whole] == ["sent", "http_request", "http_reply", "received", "finished"]
    for seed in range(50):
        chance = random.Random(seed)
        assert watched(opened, asked, (1, Kind.SERVER, STREAM), chance=chance)[0].rows == whole


def test_a_client_that_hangs_up_is_no_fault_of_the_server() -> None:
    asked = (1, Kind.CLIENT, post(b'{"id":1,"method":"ping"}'))
    begun = STREAM[:120]
    (kept,) = watched(
        (1, Kind.OPENED, b"peer"),
        asked,
        (1, Kind.SERVER, begun),
        (1, Kind.CLIENT_END, b""),
        (1, Kind.SERVER_END, b""),
    )
    assert "finished" not in [row["entry"] for row in kept.rows]


def test_a_stream_that_may_be_resumed_is_paused_and_goes_on_with_its_request() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    again = b"GET /mcp HTTP/1.1\r\nLast-Event-ID: 7\r\n\r\n"
    (kept,) = watched(
        (1, Kind.OPENED, b"peer"),
        (1, Kind.CLIENT, post(b'{"id":1,"method":"ping"}')),
        (1, Kind.SERVER, head + in_chunks(b"id: 7\nretry: 500\ndata:\n\n")),
        (1, Kind.CLIENT, again),
        (1, Kind.SERVER, head + in_chunks(b'id: 8\ndata: {"id":1,"result":{}}\n\n')),
    )
    assert [row["entry"] for row in kept.rows] == [
        "sent",
        "http_request",
        "http_reply",
        "paused",
        "http_request",
        "received",
    ]
    assert kept.rows[3] == {"entry": "paused", "event_id": "7", "retry": 500}
    assert (kept.rows[5]["channel"], kept.rows[5]["carrier"]) == ("post", 0)


def test_conversations_are_told_apart_by_their_sessions() -> None:
    opening = b'{"id":1,"method":"initialize"}'
    named = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nMcp-Session-Id: %s\r\n\r\n"
    copies: list[tuple[int, Kind, bytes]] = []
    for number, session in ((1, b"one"), (2, b"two")):
        copies += [(number, Kind.OPENED, b"peer"), (number, Kind.CLIENT, post(opening))]
        copies.append((number, Kind.SERVER, named % session))
    for session in (b"one", b"two", b"one"):
        copies.append((2, Kind.CLIENT, post(b'{"method":"x"}', b"Mcp-Session-Id: " + session)))
        copies.append((2, Kind.SERVER, b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"))
    sent = [[row for row in kept.rows if row["entry"] == "sent"] for kept in watched(*copies)]
    assert [len(rows) for rows in sent] == [3, 2]


def test_the_question_for_the_era_belongs_to_the_conversation_that_follows() -> None:
    probe = post(b'{"id":0,"method":"server/discover"}', b"MCP-Protocol-Version: 2026-07-28")
    (kept,) = watched(
        (1, Kind.OPENED, b"peer"),
        (1, Kind.CLIENT, probe),
        (1, Kind.SERVER, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        (1, Kind.CLIENT, post(b'{"id":1,"method":"initialize"}')),
    )
    assert [row["message"]["method"] for row in kept.rows if row["entry"] == "sent"] == [
        "server/discover",
        "initialize",
    ]


def test_what_is_not_known_to_be_harmless_is_masked_and_the_same_session_by_the_same() -> None:
    masks = Masks()
    lines = {
        "Authorization": "Bearer abc",
        "X-Api-Key": "abc",
        "Ocp-Subscription": "abc",
        "Mcp-Name": "a tool",
        "Mcp-Param-City": "Lima",
        "Mcp-Session-Id": "abc def",
    }
    head = Head(b"", ("GET", "/"), tuple((name.lower(), value) for name, value in lines.items()))
    assert masks.headers(head) == {
        "authorization": "Bearer ***",
        "x-api-key": "***",
        "ocp-subscription": "***",
        "mcp-name": "a tool",
        "mcp-param-city": "Lima",
        "mcp-session-id": "session-1 ",
    }
    assert masks.session("abc def") == "session-1 "
    assert masks.session("other") == "session-2"


def test_a_row_keeps_what_json_can_say_and_utf_8_cannot() -> None:
    half = frame("received", b'{"id":1,"result":{"x":"\\ud800"}}')
    assert b"\\ud800" in encoded(half)
    assert frame("sent", b"\xff")["base64"] == "/w=="
    assert frame("sent", b"[1]")["fault"] == "not-object"
    deep = b"[" * 200 + b"]" * 200
    assert frame("received", deep)["fault"] == "unread"


def test_a_watcher_that_reads_nothing_ends_the_copies_and_nobody_waits() -> None:
    reading, writing = os.pipe()
    feed = Feed()
    feed.attach(writing)
    for _ in range(80):
        feed.put(Kind.SERVER, 0, bytes(1 << 20))
    intake = Intake(reading)
    copies: list[Copy] = []

    def end() -> None:
        feed.close(30.0)
        os.close(writing)

    threading.Thread(target=end, daemon=True).start()
    while (batch := intake.take(30.0)) is not None:
        copies += batch
    os.close(reading)
    assert copies[-1].kind is Kind.LOST
    assert 50 < sum(copy.kind is Kind.SERVER for copy in copies) < 70
    # It is told before most of what waits for it.
    (behind,) = [place for place, copy in enumerate(copies) if copy.kind is Kind.BEHIND]
    assert behind < 20


def test_watcher_that_is_behind_judges_no_more_and_records_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "talk.jsonl"
    reading, writing = os.pipe()
    feed = Feed()
    for number in range(3):
        if number == 1:
            feed.put(Kind.BEHIND, 0)
        message = {"jsonrpc": "2.0", "id": number, "method": "ping"}
        feed.put(Kind.CLIENT, 0, json.dumps(message).encode() + b"\n")
    feed.put(Kind.LOST, 0)
    feed.attach(writing)
    feed.close(30.0)
    os.close(writing)
    Watcher(Settings(record=str(record)), Voice()).watch(Intake(reading))
    os.close(reading)
    rows = [json.loads(line) for line in record.read_text().splitlines()[1:]]
    assert [row["message"]["id"] for row in rows if row["entry"] == "sent"] == [0, 1, 2]
    told = capsys.readouterr().err
    assert "faster than it can be judged; it is still recorded" in told
    assert "neither judged nor recorded further" in told


def test_a_line_that_is_plain_and_right_is_read_the_quick_way() -> None:
    assert read_plainly(["--", "cat", "--record", "x"]) == (["cat", "--record", "x"], Settings())
    assert read_plainly(["--record", "/t.jsonl", "--", "cat"]) == (["cat"], Settings(record="/t.jsonl"))
    for line in ("cat", "--", "--record /no/such/t -- cat", "--record / -- cat", "--record -- cat", "--help"):
        assert read_plainly(line.split()) is None


def test_what_later_messages_explain_is_withdrawn() -> None:
    verdicts = Verdicts(Retold("stdio"), load_rules(), load_client_rules())
    info = {"name": "n", "version": "1"}
    opened = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": info}
    asked = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info}

    def told(entry: str, **message: object) -> None:
        verdicts.take({"entry": entry, "message": {"jsonrpc": "2.0"} | message})

    told("sent", id=1, method="initialize", params=asked)
    assert verdicts.news() == News()
    told("received", id=1, result=opened)
    told("sent", method="notifications/initialized")
    told("sent", id=2, method="ping")
    told("received", error={"code": -32603, "message": "no"})
    (found,) = verdicts.news().found
    assert found.rule == "jsonrpc-id-echoed"
    assert verdicts.news() == News()
    # The ping has its answer: that was one to the notification.
    told("received", id=2, result={})
    news = verdicts.news()
    assert [finding.rule for finding in news.found] == ["jsonrpc-notification-unanswered"]
    assert news.withdrawn == (found,)


def test_a_judgement_is_followed_by_nine_times_its_length_of_rest() -> None:
    pace = Pace()
    assert pace.due is None
    pace.moved(10.0)
    assert pace.due == 10.1
    for tick in range(1, 30):
        pace.moved(10.0 + tick / 20)
    assert pace.due == 11.0
    pace.judged(11.0, 0.5)
    assert pace.due is None
    pace.moved(11.0)
    assert pace.due == 15.5
