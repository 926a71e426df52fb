"""Not more requests than are allowed, and a client knows when to come back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mcpgen_runtime.host import Driver
from mcpgen_runtime.layers import RateLimit

from ..core.client import NEUTRAL, Client, core_of
from .workbench import ANYTHING, BOTH, Json, call, server_of

CALLS = ("tools/call",)


def passes(answer: Json) -> bool:
    """Whether a call was let through."""
    return "result" in answer


@BOTH
def test_a_burst_passes_then_the_rate_and_the_client_is_told_when(revision: str) -> None:
    driver = Driver()
    client = Client(server_of(RateLimit(2, burst=3, methods=CALLS)), revision, driver=driver)
    assert [passes(call(client)) for _ in range(3)] == [True] * 3
    error = call(client)["error"]
    assert error == {
        "code": -32600,
        "message": "Too many requests: try again in 0.5 s",
        "data": {"limit": "rate_limit", "value": 2, "retryAfterMs": 500},
    }
    driver.advance(0.375)
    assert call(client)["error"]["data"]["retryAfterMs"] == 125
    driver.advance(0.125)
    assert passes(call(client))
    assert not passes(call(client))
    driver.advance(100)
    assert [passes(call(client)) for _ in range(4)] == [True] * 3 + [False]


@BOTH
@pytest.mark.parametrize(
    ("per", "apart"),
    [
        (("principal",), {"principal"}),
        (("session",), {"principal", "session"}),
        (("tool",), {"tool"}),
        (("principal", "tool"), {"principal", "tool"}),
        ((), set()),
        (lambda request, ctx: request.params["arguments"].get("key"), {"arguments"}),
    ],
)
def test_who_shares_a_bucket(per: Any, apart: set[str], revision: str) -> None:
    server = server_of(RateLimit(1, burst=1, per=per, methods=CALLS))
    server.add_tool({"name": "other", "inputSchema": ANYTHING}, lambda arguments, ctx: "other")
    core = core_of(server)

    def client(principal: str) -> Client:
        return Client(core, revision, principal=principal)

    ann = client("ann")
    assert passes(call(ann))
    assert not passes(call(ann))
    tried = {
        "tool": call(ann, "other"),
        "arguments": call(ann, key="another"),
        "session": call(client("ann")),
        "principal": call(client("bob")),
    }
    assert {name for name, answer in tried.items() if passes(answer)} == apart


@BOTH
def test_requests_that_do_not_count_pass(revision: str) -> None:
    client = Client(server_of(RateLimit(1, methods=CALLS)), revision)
    call(client)
    assert not passes(call(client))
    assert all("result" in client.request("tools/list") for _ in range(3))


def test_every_request_counts_where_no_methods_are_named() -> None:
    client = Client(server_of(RateLimit(1, burst=2)))
    assert ["result" in client.request("tools/list") for _ in range(3)] == [True, True, False]
    assert client.error("no/such/method")["code"] == -32600


def test_buckets_that_are_full_again_are_forgotten_and_no_more_kept_than_allowed() -> None:
    driver = Driver()
    limit = RateLimit(1, burst=2, per=lambda request, ctx: request.params["arguments"]["who"], max_buckets=3)
    client = Client(server_of(of_tool=[limit]), NEUTRAL, driver=driver)
    for who in range(3):
        call(client, who=who)
    driver.advance(1)
    call(client, who=3)
    assert list(limit._buckets) == [3]
    for who in range(4, 9):
        call(client, who=who)
    assert list(limit._buckets) == [6, 7, 8]


@BOTH
def test_invented_tools_share_a_bucket_and_keep_no_memory(revision: str) -> None:
    limit = RateLimit(1, burst=3, per=("tool",), methods=CALLS)
    client = Client(server_of(limit), revision)
    answers = [call(client, f"invented-{number}")["error"]["code"] for number in range(5)]
    assert answers == [-32602, -32602, -32602, -32600, -32600]
    assert passes(call(client))
    assert sorted(limit._buckets, key=str) == [None, "work"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"rate": 0}, "rate must be positive, not 0"),
        ({"rate": -1}, "rate must be positive, not -1"),
        ({"burst": 0}, "burst must be a positive integer, not 0"),
        ({"per": ("client",)}, "per knows principal, session, tool, not client"),
        ({"per": "tool"}, "per must be a collection such as ('tool',), not one string"),
        ({"methods": "tools/call"}, "methods must be a collection such as ('tools/call',), not one string"),
        ({"methods": ["tools/call", "tool/call"]}, "tools/call, tools/list, not tool/call"),
        ({"methods": ["tools/*"]}, "tools/call, tools/list, not tools/*"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options: Any, told: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(told)):
        RateLimit(**{"rate": 1, **options})


def test_one_word_in_a_tuple_is_right_for_type_checkers_too() -> None:
    # mypy reads the tests: it once took this tuple for one of any strings.
    assert repr(RateLimit(5, per=("tool",))) == "RateLimit(5 a second, burst 5, per tool)"
    assert repr(RateLimit(5, per=["session"])) == "RateLimit(5 a second, burst 5, per session)"
