"""Who is held to being done with earlier revisions of HTTP: servers of 2026-07-28 that say that they are."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from mcpgen.validate.journal import Finished, HttpReply, Journal, Sent
from mcpgen.validate.opening import Opened
from mcpgen.validate.probes import notifications
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.recorder import Limits
from mcpgen.validate.session import Session
from mcpgen.validate.surface import Surface
from mcpgen.validate.target import Target

from .recording import Recording

SESSIONS, RESUMING, TAKEN = (
    "http-session-header-ignored",
    "http-last-event-id-ignored",
    "http-notification-accepted",
)
VERBS = "http-get-delete-refused"
CASELESS = "http-header-names-caseless"
REFUSED: dict[str, Any] = {"code": -32601, "message": "Unknown method"}


def asked(talk: Recording, probe: str, method: str = "tools/list") -> int:
    place = talk.ask(method)
    entry = talk.entries[place]
    assert isinstance(entry, Sent)
    talk.entries[place] = Sent(entry.at, entry.message, probe)
    return place


def listed(talk: Recording, probe: str) -> None:
    talk.answer(asked(talk, probe), result=talk.result(tools=[]))


def without_a_word(talk: Recording, place: int, status: int) -> None:
    talk.add(HttpReply(talk.now, place, status, "text/html", True))
    talk.add(Finished(talk.now, place, f"HTTP status {status}"))


def recorded(initialize: dict[str, Any], status: int = 400, **opening: Any) -> Recording:
    """A server that refuses a session id, asked to `initialize` as old clients do."""
    talk = Recording("2026-07-28", "http").opened(**opening)
    listed(talk, "earlier-headers:plain")
    without_a_word(talk, asked(talk, "earlier-headers:session"), 404)
    listed(talk, "earlier-headers:resume")
    talk.answer(asked(talk, "initialize-to-modern", "initialize"), status=status, **initialize)
    return talk


@pytest.mark.parametrize("code", [-32601, -32602, -32020, -32022])
def test_a_server_of_the_new_era_alone_ignores_session_ids(code: int) -> None:
    talk = recorded({"error": {"code": code, "message": "no"}}, status=404 if code == -32601 else 400)
    assert talk.verdicts()[SESSIONS] == "warning"
    assert talk.verdicts()[RESUMING] == "pass"


@pytest.mark.parametrize(
    ("initialize", "opening"),
    [
        # It speaks the old era.
        ({"result": {"protocolVersion": "2025-11-25"}}, {}),
        # It does, and has a session already.
        ({"error": {"code": -32600, "message": "Server already initialized"}}, {}),
        # It does, and refuses what it should answer with another offer.
        ({"error": {"code": -32602, "message": "no", "data": {"supported": ["2024-11-05"]}}}, {}),
        ({"error": REFUSED}, {"supportedVersions": ["2026-07-28", "2025-03-26"]}),
        # It does not say what it speaks.
        ({"error": REFUSED}, {"supportedVersions": []}),
    ],
)
def test_a_server_that_may_be_of_both_eras_is_not_held_to_it(
    initialize: dict[str, Any], opening: dict[str, Any]
) -> None:
    assert recorded(initialize, **opening).verdicts()[SESSIONS] == "skipped"


def test_a_session_id_that_a_reply_brings_is_told() -> None:
    talk = Recording("2026-07-28", "http").opened()
    for step in ("plain", "session", "resume"):
        listed(talk, f"earlier-headers:{step}")
    talk.answer(asked(talk, "initialize-to-modern", "initialize"), status=404, error=REFUSED)
    assert talk.verdicts()[SESSIONS] == "pass"
    replies = [place for place, entry in enumerate(talk.entries) if isinstance(entry, HttpReply)]
    reply = talk.entries[replies[0]]
    assert isinstance(reply, HttpReply)
    talk.entries[replies[0]] = HttpReply(reply.at, reply.carrier, 200, reply.content_type, True, "a-session")
    (finding,) = (one for one in talk.judged().findings if one.rule == SESSIONS)
    assert "a-session" in finding.message


@pytest.mark.parametrize("status", [301, 403, 421, 429, 503])
def test_what_a_proxy_may_have_said_of_a_header_decides_nothing(status: int) -> None:
    talk = Recording("2026-07-28", "http").opened()
    listed(talk, "earlier-headers:plain")
    listed(talk, "earlier-headers:session")
    without_a_word(talk, asked(talk, "earlier-headers:resume"), status)
    talk.answer(asked(talk, "initialize-to-modern", "initialize"), status=404, error=REFUSED)
    assert talk.verdicts()[RESUMING] == "skipped"


@pytest.mark.parametrize(
    ("status", "kind", "verdict"),
    [
        (405, "", "pass"),
        (200, "text/html", "warning"),
        (400, "application/json", "warning"),
        (501, "", "warning"),
        # HTTP+SSE may be there, at the same address.
        (200, "text/event-stream", "skipped"),
        *((status, "", "skipped") for status in (301, 401, 403, 404, 407, 408, 421, 425, 429, 502, 503, 504)),
    ],
)
def test_get_and_delete_are_refused_with_405(status: int, kind: str, verdict: str) -> None:
    talk = Recording("2026-07-28", "http").opened()
    talk.answer(asked(talk, "initialize-to-modern", "initialize"), status=404, error=REFUSED)
    place = talk.add(Sent(talk.now, {}, "earlier-verbs:GET", verb="GET"))
    talk.add(HttpReply(talk.now, place, status, kind, False))
    assert talk.verdicts()[VERBS] == verdict
    assert talk.broken() - {VERBS, "versioning-initialize-names-versions"} == set()


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (202, False, "pass"),
        (202, True, "violation"),
        (200, False, "violation"),
        (204, False, "violation"),
        (400, True, "pass"),
        (404, False, "pass"),
        # Any error status says that it was refused, in whatever words.
        (500, False, "pass"),
        (307, False, "skipped"),
        (401, True, "skipped"),
        (503, False, "skipped"),
    ],
)
def test_a_notification_is_taken_with_202_and_no_body_or_refused_with_an_error_status(
    status: int, body: bool, verdict: str
) -> None:
    talk = Recording("2026-07-28", "http").opened()
    sent = Sent(talk.now, {"jsonrpc": "2.0", "method": "notifications/cancelled"}, "notification-taken")
    place = talk.add(sent)
    talk.add(HttpReply(talk.now, place, status, "", body))
    talk.add(Finished(talk.now, place, f"HTTP status {status}"))
    assert talk.verdicts()[TAKEN] == verdict
    assert talk.broken() == ({TAKEN} if verdict == "violation" else set())


@pytest.mark.parametrize(
    ("status", "plain", "verdict"),
    [
        (400, True, "violation"),
        # Refused by whoever minds the letters, but not for a header that is missing.
        (403, True, "skipped"),
        # The same is refused under the usual names.
        (400, False, "skipped"),
    ],
)
def test_header_names_in_capitals_are_the_same_names(status: int, plain: bool, verdict: str) -> None:
    talk = Recording("2026-07-28", "http").opened()
    without_a_word(talk, asked(talk, "header-names-spelled:capital"), status)
    if plain:
        listed(talk, "header-names-spelled:plain")
    else:
        talk.answer(asked(talk, "header-names-spelled:plain"), status=400, error={"code": 1, "message": "no"})
    assert talk.verdicts()[CASELESS] == verdict


def test_a_notification_that_nobody_replies_to_is_waited_for_as_long_as_a_probe() -> None:
    async def asked() -> list[HttpReply]:
        kept: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(lambda _, writer: kept.append(writer), "127.0.0.1", 0)
        target = Target(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp")
        session = Session(target.recorder(Journal(time.monotonic), Limits()), timeout=60)
        session.propose("2026-07-28")
        await session.transport.open()
        try:
            asker = Asker(session, Opened("2026-07-28"), Surface(), patience=0.1)
            (probe,) = notifications.PROBES
            await asyncio.wait_for(probe.ask(asker), 30)
            return [entry for entry in session.transport.journal.entries if isinstance(entry, HttpReply)]
        finally:
            await session.close()
            for writer in kept:
                writer.close()
            server.close()

    assert asyncio.run(asked()) == []
