"""Servers of 2026-07-28 that refuse the discovery: who is told so, and who may refuse it."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen.validate import client

from .recording import Recording

RULE, REVISION = "discover-answered", "2026-07-28"
META = {"_meta": {client.META_VERSION: REVISION}}
LISTED: dict[str, Any] = {"tools": [], "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}


def verdict(error: dict[str, Any], listed: dict[str, Any] | None = LISTED) -> str:
    """The verdict on a server that refuses the discovery, and answers a list with `listed`, if at all."""
    talk = Recording(REVISION)
    talk.answer(talk.ask("server/discover", META, probe=True), error={"message": "no"} | error)
    if listed is not None:
        talk.exchange("tools/list", listed, META)
    return talk.verdicts()[RULE]


@pytest.mark.parametrize("code", [-32601, -32600, -32602])
def test_a_server_that_serves_the_era_and_refuses_the_discovery_is_told_so(code: int) -> None:
    assert verdict({"code": code}) == "violation"


def test_so_is_one_that_names_the_very_version_that_was_asked_for() -> None:
    data = {"supported": [REVISION], "requested": REVISION}
    talk = Recording(REVISION)
    error = {"code": -32022, "message": "no", "data": data}
    talk.answer(talk.ask("server/discover", META), error=error)
    assert talk.verdicts()[RULE] == "violation"


@pytest.mark.parametrize(
    ("error", "listed"),
    [
        # An old server, which serves lists before it is initialized, in its own way.
        ({"code": -32601}, {"tools": []}),
        ({"code": -32601}, None),
        # A bad moment.
        ({"code": -32603}, LISTED),
        ({"code": -32000}, LISTED),
    ],
)
def test_who_does_not_show_the_era_or_fails_otherwise_is_not(
    error: dict[str, Any], listed: dict[str, Any] | None
) -> None:
    assert verdict(error, listed) == "skipped"


def test_a_discovery_that_came_at_last_is_one() -> None:
    talk = Recording(REVISION)
    talk.answer(talk.ask("server/discover", META), error={"code": -32601, "message": "no"})
    talk.exchange("tools/list", LISTED, META)
    asked = talk.ask("server/discover", META)
    talk.answer(asked, result={"resultType": "complete", "supportedVersions": [REVISION], "capabilities": {}})
    assert talk.verdicts()[RULE] == "pass"


def test_what_a_gate_says_is_not_the_servers() -> None:
    talk = Recording(REVISION, "http")
    error = {"code": -32600, "message": "too many"}
    talk.answer(talk.ask("server/discover", META, probe=True), status=429, error=error)
    talk.exchange("tools/list", LISTED, META)
    assert talk.verdicts()[RULE] == "skipped"
