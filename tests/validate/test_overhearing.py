"""What is left open where somebody only overheard a conversation, and did not understand all of it."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen.schema.rules import load_client_rules, load_rules
from mcpgen.validate import overhearing
from mcpgen.validate.report import Check, Finding
from mcpgen.validate.transcript import Retold

INFO = {"name": "n", "version": "1"}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": INFO,
    "io.modelcontextprotocol/clientCapabilities": {},
}


def sent(**message: Any) -> dict[str, Any]:
    return {"entry": "sent", "message": {"jsonrpc": "2.0"} | message}


def received(**message: Any) -> dict[str, Any]:
    return {"entry": "received", "message": {"jsonrpc": "2.0"} | message}


def unread(entry: str) -> dict[str, Any]:
    return {"entry": entry, "text": "{", "fault": "unread"}


OPENED = [
    sent(
        id=0,
        method="initialize",
        params={"protocolVersion": "2025-11-25", "capabilities": {"sampling": {}}, "clientInfo": INFO},
    ),
    received(
        id=0, result={"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": INFO}
    ),
]
READY = [*OPENED, sent(method="notifications/initialized")]


def judged(*rows: dict[str, Any], transport: str = "stdio") -> tuple[list[Finding], list[Check]]:
    told = Retold(transport)
    for row in rows:
        told.take(row)
    assert told.revision is not None
    server = told.judged(told.revision, load_rules())
    client = told.judged_client(told.revision, load_client_rules())
    return [*server.findings, *client.findings], [*server.checks, *client.checks]


CONVERSATIONS = {
    "client-answer-id": [*READY, unread("received"), sent(id=7, result={"roots": []})],
    "client-cancels-own": [
        *READY,
        unread("sent"),
        sent(method="notifications/cancelled", params={"requestId": 7}),
    ],
    "client-initialized-sent": [*OPENED, unread("sent"), sent(id=1, method="tools/list")],
    "client-cursor-opaque": [
        *READY,
        sent(id=1, method="tools/list"),
        received(id=1, result={"tools": [], "nextCursor": "a"}),
        sent(id=2, method="tools/list", params={"cursor": "a"}),
        unread("received"),
        sent(id=3, method="tools/list", params={"cursor": "b"}),
    ],
    "progress-token-active": [
        *READY,
        unread("sent"),
        received(method="notifications/progress", params={"progressToken": 7, "progress": 1}),
    ],
    "cancellation-own-requests": [
        *READY,
        unread("received"),
        received(method="notifications/cancelled", params={"requestId": 9}),
    ],
}


@pytest.mark.parametrize("rule", CONVERSATIONS)
def test_what_an_unread_message_may_explain_is_no_finding(rule: str) -> None:
    rows = CONVERSATIONS[rule]
    findings, checks = judged(*rows)
    assert findings == []
    (check,) = (each for each in checks if each.rule == rule)
    assert "could not be read" in check.reason
    # Without it the same is one.
    findings, _ = judged(*(row for row in rows if row.get("fault") != "unread"))
    assert rule in [finding.rule for finding in findings]


def test_clients_without_sessions_may_use_the_same_ids_over_http_and_not_over_stdio() -> None:
    params = {"name": "a", "_meta": META | {"progressToken": "t"}}
    same = [sent(id=1, method="tools/call", params=params), sent(id=1, method="tools/call", params=params)]
    findings, checks = judged(*same, transport="http")
    assert findings == []
    for rule in ("client-request-id-unique", "client-progress-token-unique"):
        (check,) = (each for each in checks if each.rule == rule)
        assert "several clients may speak here" in check.reason
    findings, _ = judged(*same)
    assert {finding.rule for finding in findings} == {
        "client-request-id-unique",
        "client-progress-token-unique",
    }


def test_every_rule_that_is_left_open_exists() -> None:
    of_servers = overhearing.AFTER_UNREAD_SENT | overhearing.AFTER_UNREAD_RECEIVED
    of_clients = overhearing.CLIENTS_AFTER_UNREAD | overhearing.CLIENTS_AMONG_OTHERS
    assert of_servers <= load_rules().ids
    assert of_clients <= load_client_rules().ids
