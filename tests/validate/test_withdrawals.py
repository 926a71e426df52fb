"""A server's own requests: what is under way at once, and what is no more."""

from __future__ import annotations

from typing import Any

from mcpgen.schema.rules import load_rules
from mcpgen.validate.journal import Entry, Received, Sent
from mcpgen.validate.ledger import Ledger
from mcpgen.validate.withdrawal_rules import judge_withdrawals


def _asks(own: str, token: str = "t") -> Entry:
    params = {"_meta": {"progressToken": token}}
    return Received(0.0, "", {"jsonrpc": "2.0", "id": own, "method": "roots/list", "params": params})


def _withdraws(own: str) -> Entry:
    return Received(0.0, "", {"method": "notifications/cancelled", "params": {"requestId": own}})


def _answered(own: str) -> Entry:
    return Sent(0.0, {"jsonrpc": "2.0", "id": own, "result": {}})


def _found(*entries: Entry) -> list[str]:
    ledger = Ledger(load_rules(), revision="2025-11-25", transport="stdio")
    judge_withdrawals(entries, ledger)
    return [finding.rule for finding in ledger.findings]


def test_two_requests_under_way_with_one_token_are_found() -> None:
    assert _found(_asks("a"), _asks("b")) == ["progress-token-unique"]
    assert _found(_asks("a"), _asks("b", "other")) == []


def test_a_token_is_free_once_its_request_is_answered_or_withdrawn() -> None:
    assert _found(_asks("a"), _answered("a"), _asks("b")) == []
    assert _found(_asks("a"), _withdraws("a"), _asks("b")) == []


def test_a_request_that_comes_again_is_not_two() -> None:
    assert _found(_asks("a"), _asks("a")) == []


def test_a_withdrawal_is_late_only_where_something_was_answered_since() -> None:
    ping: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    pong = Received(0.0, "", {"jsonrpc": "2.0", "id": 1, "result": {}})
    assert _found(_asks("a"), _answered("a"), _withdraws("a")) == []
    late = _found(_asks("a"), _answered("a"), Sent(0.0, ping), pong, _withdraws("a"))
    assert late == ["cancellation-still-open"]
