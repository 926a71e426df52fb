"""Messages whose members are not what they should be: the judges tell of them, and never fall over them."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from mcpgen.cli import main
from mcpgen.schema.rules import load_client_rules, load_rules
from mcpgen.validate.transcript import Retold

ODD: list[Any] = [None, 5, 1.5, True, "", [], ["a"], {}, {"a": []}]


def handshake(revision: str) -> list[dict[str, Any]]:
    opening = {"protocolVersion": revision, "capabilities": {"tools": {}, "resources": {}}}
    return [
        {"entry": "sent", "message": {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": opening}},
        {"entry": "received", "message": {"jsonrpc": "2.0", "id": 1, "result": opening}},
    ]


def exchange(request: dict[str, Any], answer: dict[str, Any], transport: str) -> list[dict[str, Any]]:
    carried = {"carrier": 2, "status": 200, "channel": "post"} if transport == "http" else {}
    head = {
        "entry": "http_reply",
        "carrier": 2,
        "status": 200,
        "content_type": "application/json",
        "has_body": True,
    }
    return [
        {"entry": "sent", "message": {"jsonrpc": "2.0", "id": 2} | request},
        *([head] if carried else []),
        {"entry": "received", "message": {"jsonrpc": "2.0", "id": 2} | answer, **carried},
    ]


@pytest.mark.parametrize("transport", ["stdio", "http"])
@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_judges_of_both_sides_take_any_message(revision: str, transport: str) -> None:
    for odd in ODD:
        for request, answer in (
            ({"method": odd}, {"result": {}}),
            ({"method": "tools/list", "params": odd}, {"result": {"tools": odd}}),
            ({"method": "tools/list"}, {"result": {"tools": [], "nextCursor": odd}}),
            ({"method": "tools/call", "params": {"name": odd, "arguments": odd}}, {"result": odd}),
            ({"method": "resources/read", "params": {"uri": odd}}, {"error": odd}),
            ({"method": "ping"}, {"error": {"code": odd, "message": odd, "data": odd}}),
        ):
            told = Retold(transport)
            for row in handshake(revision) + exchange(request, answer, transport):
                told.take(row)
            assert told.judged(revision, load_rules()) is not None
            assert told.judged_client(revision, load_client_rules()) is not None


# To whatever it is asked.
REFUSES = """
import json, sys
for line in sys.stdin:
    error = {"code": ["of a kind of its own"], "message": {}}
    print(json.dumps({"jsonrpc": "2.0", "id": json.loads(line).get("id"), "error": error}), flush=True)
"""


def test_error_whose_code_is_no_number_is_an_answer_like_any(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--timeout", "20", "--", sys.executable, "-c", REFUSES]) == 3
    assert "the server answered initialize with error" in capsys.readouterr().err
