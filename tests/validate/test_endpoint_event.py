"""How a stream of HTTP+SSE begins: with an event that has a URI to send to, and nothing before it."""

from __future__ import annotations

import pytest

from mcpgen.validate.journal import StreamEvent

from .recording import Recording

RULE = "http-sse-endpoint-event"


def begun(text: str, *, before: bool = False, revision: str = "2024-11-05") -> Recording:
    talk = Recording(revision, "http+sse")
    if before:
        talk.notifies("notifications/message", {"level": "info", "data": "Welcome"}, stream="get")
    talk.add(StreamEvent(talk.now, None, "get", "endpoint", None, None, False, text))
    return talk.notifies("notifications/message", {"level": "info", "data": "Hello"}, stream="get")


@pytest.mark.parametrize(
    "text",
    [
        "/messages?session=a-b_c~d",
        "messages/",
        "http://127.0.0.1:80/m?a=%20b&c[]=(1)#f",
        "/a%2Fb;c=1",
        " /m ",
    ],
)
def test_an_event_with_a_uri_begins_the_stream(text: str) -> None:
    talk = begun(text)
    assert talk.verdicts()[RULE] == "pass"


@pytest.mark.parametrize(
    ("text", "told"),
    [('{"uri": "/m"}', "'{'"), ("/a b", "' '"), ("/a%zz", "'%'"), ("/ä", "'ä'"), ("", "nothing")],
)
def test_what_no_uri_has_is_told_without_the_rest(text: str, told: str) -> None:
    (finding,) = (one for one in begun(text).judged().findings if one.rule == RULE)
    assert told in finding.message
    assert finding.response is None


def test_a_message_before_it_is_told() -> None:
    (finding,) = (one for one in begun("/m", before=True).judged().findings if one.rule == RULE)
    assert "before" in finding.message


def test_other_revisions_over_the_transport_and_records_without_events_are_not_judged_by_it() -> None:
    assert RULE not in begun("/a b", revision="2025-11-25").verdicts()
    assert Recording("2024-11-05", "http+sse").verdicts()[RULE] == "skipped"
