"""What the judge of clients makes of conversations that it did not play itself: in doubt, nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mcpgen_types
from mcpgen.schema.rules import load_client_rules
from mcpgen.validate.clients.judge import judge_client
from mcpgen.validate.journal import Entry, Received, Sent

INFO = {"name": "x", "version": "1"}
OLD = "2025-11-25"


def request(number: Any, method: str, **params: Any) -> Sent:
    return Sent(0, {"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def notification(method: str, **params: Any) -> Sent:
    return Sent(0, {"jsonrpc": "2.0", "method": method, "params": params})


def answer(number: Any, **result: Any) -> Received:
    return Received(0, "", {"jsonrpc": "2.0", "id": number, "result": result})


def opening(number: int) -> list[Entry]:
    return [
        request(number, "initialize", protocolVersion=OLD, capabilities={}, clientInfo=INFO),
        answer(number, protocolVersion=OLD, capabilities={"tools": {}}, serverInfo=INFO),
        notification("notifications/initialized"),
    ]


def broken(entries: Sequence[Entry], revision: str = OLD) -> list[str]:
    wire = mcpgen_types.revision(revision)
    judged = judge_client(entries, revision=revision, transport="stdio", wire=wire, book=load_client_rules())
    return [finding.rule for finding in judged.findings]


def test_a_frame_that_nobody_could_read_leaves_open_what_was_said_in_it() -> None:
    unread = Sent(0, {}, fault="unread")
    assert broken([request(1, "tools/list")]) == ["client-initialize-first"]
    assert broken([unread, request(1, "tools/list")]) == []
    cancelled = notification("notifications/cancelled", requestId=7)
    assert broken([*opening(1), cancelled]) == ["client-cancels-own"]
    assert broken([*opening(1), unread, cancelled]) == []
    # What is wrong in itself stays wrong.
    assert broken([unread, request(1.5, "tools/list")]) == ["client-request-id"]


def test_ids_begin_anew_with_a_session_and_a_request_of_the_one_before_may_be_cancelled() -> None:
    twice = [*opening(1), request(2, "tools/list"), *opening(1), request(3, "tools/list")]
    assert broken([*twice, notification("notifications/cancelled", requestId=2)]) == []


def test_a_client_of_both_eras_may_ask_in_the_new_one_first() -> None:
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
    assert broken([request(1, "server/discover", _meta=meta), *opening(2)]) == []
    assert broken([request(1, "tools/list", _meta=meta), *opening(2)]) == []


def test_a_cancellation_that_crosses_the_answer_accuses_nobody() -> None:
    crossed: list[Entry] = [request(2, "tools/list"), answer(2, tools=[])]
    assert broken([*opening(1), *crossed, notification("notifications/cancelled", requestId=2)]) == []


def test_a_retry_under_a_state_that_nobody_saw_given_is_left_open() -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": INFO,
    }
    lone = request(1, "tools/call", name="a", arguments={}, requestState="s", _meta=meta)
    assert broken([lone], "2026-07-28") == []


def test_a_client_that_hangs_up_owes_no_answer() -> None:
    asked = Received(0, "", {"jsonrpc": "2.0", "id": 1, "method": "ping"})
    assert broken([*opening(1), asked]) == []
