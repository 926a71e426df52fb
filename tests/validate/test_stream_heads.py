"""Event streams that ask no proxy to let them pass at once: told once, where no proxy can have done it."""

from __future__ import annotations

import pytest

from mcpgen.validate.journal import HttpReply

from .recording import Recording

RULE = "http-sse-unbuffered"
NO = {"x-accel-buffering": "no"}


def streamed(*heads: dict[str, str] | None, revision: str = "2026-07-28") -> Recording:
    talk = Recording(revision, "http").opened()
    for headers in heads:
        place = talk.ask("tools/list")
        talk.add(HttpReply(talk.now, place, 200, "text/event-stream", True, None, headers))
    return talk


def verdict(talk: Recording, *, local: bool) -> str:
    judgement = talk.judged(local=local)
    assert len([one for one in judgement.findings if one.rule == RULE]) <= 1
    return next(check.verdict for check in judgement.checks if check.rule == RULE)


@pytest.mark.parametrize(
    ("heads", "local", "expected"),
    [
        ([NO], True, "pass"),
        ([{"x-accel-buffering": "No"}], False, "pass"),
        ([{"x-accel-buffering": "yes"}], False, "warning"),
        ([{}, NO, {}], True, "warning"),
        # Whoever is elsewhere may stand behind a proxy that takes it away.
        ([{}], False, "skipped"),
        ([{"server": "nginx/1.29"}], True, "skipped"),
        ([{"via": "1.1 gate"}], True, "skipped"),
        # Nobody kept the heads.
        ([None], True, "skipped"),
        ([], True, "skipped"),
    ],
)
def test_streams_ask_proxies_not_to_hold_them_back(
    heads: list[dict[str, str] | None], local: bool, expected: str
) -> None:
    assert verdict(streamed(*heads), local=local) == expected


def test_how_many_streams_and_of_what_is_told() -> None:
    (finding,) = (one for one in streamed({}, NO, {}).judged(local=True).findings if one.rule == RULE)
    assert finding.message == "X-Accel-Buffering is missing on 2 of 3 event streams"
    assert finding.method == "tools/list"


def test_older_revisions_do_not_speak_of_it() -> None:
    assert RULE not in streamed({}, revision="2025-11-25").verdicts()
