"""Event streams, judged from journals written by hand: what is accused, and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen.validate.journal import Finished, HttpReply, Paused, StreamEvent
from mcpgen.validate.journal import Sent as Asked

from .recording import Recording

EVENTS = "text/event-stream"
TOKEN = {"_meta": {"progressToken": "t"}}


class Talk(Recording):
    """A conversation over HTTP whose answers come on event streams; `kept` as journals have it now."""

    def __init__(self, revision: str = "2025-11-25", *, kept: bool = True) -> None:
        super().__init__(revision, "http")
        self.headers: dict[str, str] | None = {} if kept else None
        self.opened()
        self.add(HttpReply(self.now, 0, 200, "application/json", True, "session", self.headers))

    def stream(self, method: str = "tools/call", params: Any = TOKEN) -> int:
        """A request, and the head of the stream that it opens."""
        index = self.ask(method, params)
        self.add(HttpReply(self.now, index, 200, EVENTS, True, None, self.headers))
        return index

    def listen(self) -> None:
        """The GET stream."""
        self.add(HttpReply(self.now, None, 200, EVENTS, True, None, self.headers))

    def event(
        self, on: int | None, event_id: str | None, *, retry: int | None = None, empty: bool = False
    ) -> None:
        """What stands beside a message."""
        where: Any = "get" if on is None else "post"
        self.add(StreamEvent(self.now, on, where, "message", event_id, retry, empty))

    def brings(self, index: int, *, on: int | None = -1) -> None:
        """The answer to a request, on its own stream or another."""
        asked = self.entries[index]
        assert isinstance(asked, Asked)
        carrier = index if on == -1 else on
        result = self.result(content=[])
        stream: Any = "get" if carrier is None else "post"
        self.says(
            {"jsonrpc": "2.0", "id": asked.message["id"], "result": result}, carrier=carrier, stream=stream
        )

    def progress(self, on: int | None, step: int = 1, token: str = "t") -> None:
        """Progress on a stream."""
        params = {"progressToken": token, "progress": step}
        where: Any = "get" if on is None else "post"
        self.notifies("notifications/progress", params, carrier=on, stream=where)

    def over(self, index: int, ending: Any = "whole") -> None:
        """The stream is over; a tick of the clock is a second."""
        self.add(Finished(self.now, index, "its event stream ended without one", 200, ending))

    def of_streams(self) -> dict[str, str]:
        """The verdict on each rule of streams and sessions."""
        return {
            check.rule: check.verdict
            for check in self.judged().checks
            if check.rule.startswith(("http-sse-", "http-event-", "http-get-un", "http-message-"))
        }


def whole(talk: Talk, first: str | None = None) -> int:
    """A stream as it should be, primed where it is given an id."""
    index = talk.stream("ping", None)
    if first is not None:
        talk.event(index, first, retry=1000, empty=True)
        talk.event(index, first + "-answer")
    talk.brings(index)
    talk.over(index)
    return index


def test_streams_as_they_should_be_pass() -> None:
    talk = Talk()
    talk.listen()
    talk.event(None, "get", empty=True)
    whole(talk, "1")
    index = talk.stream()
    talk.event(index, "2", retry=1000, empty=True)
    talk.event(index, "3")
    talk.progress(index)
    talk.add(Paused(talk.now, "3", 1000, index))
    # A stream that is taken up again is primed anew, and repeats what came.
    talk.event(index, "3", empty=True)
    talk.event(index, "3")
    talk.progress(index)
    talk.event(index, "4")
    talk.brings(index)
    talk.over(index)
    assert {rule for rule, verdict in talk.of_streams().items() if verdict != "pass"} == set()


def test_without_ids_there_is_nothing_to_prime_and_nothing_to_compare() -> None:
    talk = Talk()
    whole(talk)
    verdicts = talk.of_streams()
    assert (verdicts["http-sse-primed"], verdicts["http-event-ids-unique"]) == ("skipped", "skipped")
    assert verdicts["http-sse-closed-after-answer"] == "pass"


def test_what_a_transcript_does_not_tell_of_streams_stays_open() -> None:
    talk = Talk(kept=False)
    index = talk.stream()
    talk.brings(index)
    talk.add(Finished(talk.now, index, "its event stream ended without one"))
    index = talk.stream("ping", None)
    talk.brings(index)
    verdicts = talk.of_streams()
    assert {rule for rule, verdict in verdicts.items() if verdict != "skipped"} == set()


def broken(talk: Talk) -> set[str]:
    return {rule for rule, verdict in talk.of_streams().items() if verdict not in ("pass", "skipped")}


def test_an_event_id_of_another_stream_is_used_twice_and_of_another_session_is_not() -> None:
    talk = Talk()
    whole(talk, "1")
    whole(talk, "1")
    assert broken(talk) == {"http-event-ids-unique"}
    talk = Talk()
    whole(talk, "1")
    index = talk.ask("initialize", {})
    talk.add(HttpReply(talk.now, index, 200, "application/json", True, "another", {}))
    whole(talk, "1")
    assert broken(talk) == set()


def test_an_event_id_of_two_messages_of_one_stream_is_used_twice() -> None:
    talk = Talk()
    index = talk.stream()
    for step in (1, 2):
        talk.event(index, "1")
        talk.progress(index, step)
    talk.event(index, "2")
    talk.brings(index)
    assert "http-event-ids-unique" in broken(talk)


@pytest.mark.parametrize(
    ("endings", "rules"),
    [
        (["left", "left"], {"http-sse-closed-after-answer"}),
        (["left"], set()),
        (["left", "left", "whole"], set()),
        (["broken", "broken"], set()),
    ],
)
def test_only_who_ends_no_stream_at_all_is_told_of_it(endings: list[str], rules: set[str]) -> None:
    talk = Talk()
    for ending in endings:
        index = talk.stream("ping", None)
        talk.brings(index)
        talk.over(index, ending)
    assert broken(talk) == rules


@pytest.mark.parametrize(
    ("ending", "accused"), [("whole", True), ("broken", False), ("left", False), (None, False)]
)
def test_a_stream_that_the_server_ended_without_the_answer_is_accused(ending: Any, accused: bool) -> None:
    talk = Talk()
    index = talk.stream()
    talk.over(index, ending)
    assert ("http-sse-answer-on-stream" in broken(talk)) is accused


def test_a_stream_of_a_session_that_expired_or_of_a_cancelled_request_may_end_without_the_answer() -> None:
    talk = Talk()
    index = talk.stream()
    talk.over(index)
    talk.add(HttpReply(talk.now, talk.ask("ping"), 404, "text/plain", True, None, {}))
    assert "http-sse-answer-on-stream" not in broken(talk)
    talk = Talk()
    index = talk.stream()
    asked = talk.entries[index]
    assert isinstance(asked, Asked)
    params = {"requestId": asked.message["id"]}
    talk.add(Asked(talk.now, {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}))
    talk.over(index)
    assert "http-sse-answer-on-stream" not in broken(talk)


def test_progress_belongs_on_the_stream_of_its_request_while_that_runs() -> None:
    talk = Talk()
    talk.listen()
    index = talk.stream()
    talk.progress(None)
    talk.brings(index)
    assert broken(talk) == {"http-get-unrelated"}
    talk = Talk()
    one, other = talk.stream(), talk.stream("tools/call", {"_meta": {"progressToken": "u"}})
    talk.progress(other)
    talk.brings(one)
    talk.brings(other)
    assert broken(talk) == {"http-sse-related"}


def test_progress_of_a_task_may_come_anywhere_and_late_progress_anywhere_but_on_a_strangers_stream() -> None:
    talk = Talk()
    talk.listen()
    index = talk.stream("tools/call", TOKEN | {"task": {}})
    talk.progress(None)
    talk.brings(index)
    assert broken(talk) == set()
    talk = Talk()
    talk.listen()
    index = talk.stream()
    talk.brings(index)
    talk.progress(None)
    assert broken(talk) == set()


def test_the_same_message_on_two_streams_is_a_broadcast_and_two_alike_on_one_are_not() -> None:
    talk = Talk()
    talk.listen()
    index = talk.stream()
    talk.requests("roots/list", None, 7, carrier=index, stream="post")
    talk.requests("roots/list", None, 7, carrier=None, stream="get")
    talk.brings(index)
    assert broken(talk) == {"http-message-one-stream"}
    talk = Talk()
    talk.listen()
    index = talk.stream()
    talk.requests("roots/list", None, 7, carrier=index, stream="post")
    talk.requests("roots/list", None, 8, carrier=None, stream="get")
    talk.notifies("notifications/tools/list_changed", None, carrier=None, stream="get")
    talk.notifies("notifications/tools/list_changed", None, carrier=index, stream="post")
    talk.brings(index)
    assert broken(talk) == set()


def test_who_closes_a_connection_early_says_when_to_come_back() -> None:
    talk = Talk()
    index = talk.stream()
    talk.event(index, "1", empty=True)
    talk.add(Paused(talk.now, "1", None, index))
    talk.event(index, "2")
    talk.brings(index)
    talk.over(index)
    assert broken(talk) == {"http-sse-retry-told"}


def test_an_answer_with_a_wrong_id_is_an_answer_all_the_same() -> None:
    talk = Talk()
    index = talk.stream("ping", None)
    wrong = {"jsonrpc": "2.0", "id": "wrong", "result": {}}
    talk.says(wrong, carrier=index, stream="post")
    talk.over(index)
    assert broken(talk) == set()
    assert "jsonrpc-id-echoed" in talk.broken()
