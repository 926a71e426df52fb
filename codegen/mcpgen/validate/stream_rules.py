"""Which event stream carries what, what its events have beside their messages, and how it ends.

A stream is what one POST opened, with all that resumes it, or the GET that listens. Where nobody kept the
events beside their messages (a transcript may not have them), the rules on these stay open.
Pages: basic/transports up to 2025-11-25, basic/transports/streamable-http since 2026-07-28.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mcpgen.validate.correlate import id_key, is_answer, is_request
from mcpgen.validate.journal import (
    Entry,
    Finished,
    HttpReply,
    Paused,
    Received,
    Sent,
    StreamEvent,
    sent_at,
)
from mcpgen.validate.ledger import About, Ledger
from mcpgen_runtime.client.transport import Ending

_EVENTS = "text/event-stream"
_NO_IDS = "the events of a stream have no ids: it cannot be resumed, and need not prepare anybody for that"
#: So many streams must be left open before that is taken for a habit.
_HABIT = 2
#: And so many seconds after their answers.
_PATIENCE = 0.4
#: What stands for the stream that the GET which listens has opened, beside the places of what was sent.
_LISTENING = -1


@dataclass(slots=True)
class _Stream:
    """One event stream that a request opened."""

    request: dict[str, Any]
    probed: bool
    #: Whether its first event came, whether that had an id and no data, and whether any had an id.
    begun: bool = False
    primed: bool = False
    numbered: bool = False
    #: The answers that it owes, by their ids.
    due: set[tuple[str, Any]] = field(default_factory=set)
    unread: bool = False
    answered_at: float = 0.0
    finished: Finished | None = None

    @property
    def ending(self) -> Ending | None:
        """How it ended, as far as that is known."""
        return None if self.finished is None else self.finished.ending

    @property
    def stayed(self) -> bool:
        """Whether it was still open when its client had waited long enough for its end, and left."""
        over = self.finished
        return over is not None and over.ending == "left" and over.at - self.answered_at >= _PATIENCE


class StreamRules:
    """Judges event streams. The rules apply to no other transport, so the judge may ask always."""

    def __init__(self, ledger: Ledger, entries: Sequence[Entry]) -> None:
        self._ledger = ledger
        self._entries = entries
        self._streams: dict[int, _Stream] = {}
        self._listens = False
        # Where each event id was first seen, and with what message.
        self._ids: dict[str, tuple[int, Any]] = {}
        self._next_id: tuple[int, str] | None = None
        self._owners: dict[tuple[str, Any], list[int]] = {}
        self._open: dict[int, tuple[str, Any]] = {}
        self._answered_on: dict[int, int] = {}
        # The server's messages that can be told from all others, and the streams that brought them.
        self._brought: dict[Any, int] = {}
        self._given_up: set[int] = set()
        self._expired = False
        self._session: str | None = None

    def sent(self, index: int, entry: Sent) -> None:
        """Take note of what the client asked."""
        message = entry.message
        if not is_request(message):
            params = message.get("params")
            if message.get("method") == "notifications/cancelled" and isinstance(params, dict):
                key = id_key(params.get("requestId"))
                self._given_up |= {place for place, own in self._open.items() if own == key}
            return
        self._open[index] = id_key(message["id"])
        params = message.get("params")
        meta = params.get("_meta") if isinstance(params, dict) else None
        # What runs as a task may report anywhere.
        if isinstance(meta, dict) and "progressToken" in meta and "task" not in (params or {}):
            self._owners.setdefault(id_key(meta["progressToken"]), []).append(index)

    def gave_up(self, index: int) -> None:
        """The client no longer waits for an answer."""
        self._given_up.add(index)

    def reply(self, reply: HttpReply) -> None:
        """Take note of a stream that opens, and of a session that begins or is over."""
        streams = reply.status == 200 and reply.content_type == _EVENTS
        if reply.carrier is None:
            self._listens = self._listens or streams
            return
        sent = self._entries[reply.carrier]
        if not isinstance(sent, Sent):
            return
        if sent.message.get("method") == "initialize" and reply.session_id not in (None, self._session):
            self._session = reply.session_id
            self._ids.clear()
            self._brought.clear()
        self._expired = self._expired or (reply.status == 404 and not sent.probe)
        if streams and reply.headers is not None and is_request(sent.message):
            alone = not sent.batched
            due = {id_key(sent.message["id"])} if alone else set()
            self._streams[reply.carrier] = _Stream(sent.message, bool(sent.probe), due=due)

    def event(self, entry: StreamEvent) -> None:
        """Judge what an event has beside its message."""
        place = _LISTENING if entry.carrier is None else entry.carrier
        self._begins(entry.carrier, primed=entry.event_id is not None and entry.empty)
        self._next_id = None
        if entry.event_id is None:
            return
        if place in self._streams:
            self._streams[place].numbered = True
        first = self._ids.get(entry.event_id)
        if first is None:
            self._ids[entry.event_id] = (place, None)
        if first is None or first[0] == place:
            # On one and the same stream it may be what a resumed stream repeats: the message tells.
            self._ledger.holds("http-event-ids-unique", True, "")
            self._next_id = None if entry.empty else (place, entry.event_id)
            return
        self._ledger.holds(
            "http-event-ids-unique",
            False,
            f"the event id {entry.event_id!r:.80} was used before, on {self._named(first[0])}",
            self._about(entry.carrier),
        )

    def received(self, entry: Received) -> None:
        """Take note of a frame, which may have an event id that stands before it."""
        self._begins(entry.carrier, primed=False)
        if entry.fault is not None and entry.carrier in self._streams:
            self._streams[entry.carrier].unread = True
        if self._next_id is None:
            return
        (place, event_id), self._next_id = self._next_id, None
        before = self._ids[event_id][1]
        self._ids[event_id] = (place, entry.value)
        if before is not None and entry.fault is None:
            self._ledger.holds(
                "http-event-ids-unique",
                before == entry.value,
                f"the event id {event_id!r:.80} was used before, for another message of the same stream",
                self._about(entry.carrier, entry.value),
            )

    def message(self, entry: Received, message: dict[str, Any]) -> None:
        """Judge on which stream a message came."""
        if entry.stream not in ("post", "get"):
            return
        place = _LISTENING if entry.carrier is None else entry.carrier
        if is_answer(message):
            self._answer(place, message, entry.at)
        elif is_request(message) and self._session is not None:
            # Without a session, every request may meet a server that counts anew.
            told = (id_key(message["id"]), message["method"], hash(repr(message.get("params"))))
            self._once(("request", told), place, message)
        elif message["method"] == "notifications/progress" and "id" not in message:
            self._progress(entry, place, message)

    def paused(self, entry: Paused) -> None:
        """Judge how a server closed a connection before the answer."""
        self._ledger.holds(
            "http-sse-retry-told",
            entry.retry is not None,
            "the connection was closed before the answer, and no event with retry said when to come back",
            self._about(entry.carrier),
        )

    def finished(self, entry: Finished) -> None:
        """Take note of how a stream ended."""
        if entry.carrier in self._streams:
            self._streams[entry.carrier].finished = entry

    def ended(self) -> None:
        """Judge what only the whole of a conversation shows."""
        if self._listens and self._brought:
            self._ledger.holds("http-message-one-stream", True, "")
        for place, stream in self._streams.items():
            if not stream.probed:
                self._brings_its_answer(place, stream)
        self._closed()
        self._primed()

    def _begins(self, carrier: int | None, *, primed: bool) -> None:
        stream = None if carrier is None else self._streams.get(carrier)
        if stream is not None and not stream.begun:
            stream.begun, stream.primed = True, primed

    def _primed(self) -> None:
        # Before the answer to initialize, no revision is agreed.
        begun = [
            stream
            for stream in self._streams.values()
            if stream.begun and not stream.probed and stream.request.get("method") != "initialize"
        ]
        numbered = [stream for stream in begun if stream.numbered]
        if len(numbered) < len(begun):
            self._ledger.undecided("http-sse-primed", _NO_IDS)
        if numbered:
            bare = [stream for stream in numbered if not stream.primed]
            self._ledger.holds(
                "http-sse-primed",
                not bare,
                f"{len(bare)} of {len(numbered)} event streams, whose events have ids, do not begin with one"
                " that has an id and no data",
                About(bare[0].request.get("method"), bare[0].request) if bare else About(),
            )

    def _answer(self, place: int, message: dict[str, Any], at: float) -> None:
        key = id_key(message.get("id"))
        stream = self._streams.get(place)
        if self._open.get(place) == key:
            owner: int | None = place
        else:
            owner = next((index for index, own in self._open.items() if own == key), None)
        if owner is None and stream is not None and place in self._open:
            # With an id that is nobody's, and that is another rule's.
            owner = place
        if stream is not None and owner == place:
            stream.due.clear()
            stream.answered_at = at
        if owner is not None:
            del self._open[owner]
            self._answered_on[owner] = place

    def _brings_its_answer(self, place: int, stream: _Stream) -> None:
        rule = "http-sse-answer-on-stream"
        if place in self._answered_on:
            on = self._answered_on[place]
            what = f"the answer came on {self._named(on)}"
            self._ledger.holds(rule, on == place, what, self._about(place))
        elif stream.ending == "whole" and stream.due:
            if self._expired:
                self._ledger.undecided(rule, "a stream ended without the answer, and the session was over")
            elif stream.unread:
                self._ledger.undecided(rule, "a message that could not be read may have been the answer")
            elif place not in self._given_up:
                what = "the stream ended without the answer, and could not be resumed"
                self._ledger.holds(rule, False, what, self._about(place))

    def _closed(self) -> None:
        """A single stream may be late for any reason; a habit has none."""
        rule = "http-sse-closed-after-answer"
        answered = [
            stream
            for place, stream in self._streams.items()
            if self._answered_on.get(place) == place and not stream.probed
        ]
        left = [stream for stream in answered if stream.stayed]
        if any(stream.ending == "whole" for stream in answered):
            self._ledger.holds(rule, True, "")
            if left:
                self._ledger.undecided(rule, f"{len(left)} of {len(answered)} streams stayed open for longer")
        elif len(left) >= _HABIT:
            self._ledger.holds(
                rule,
                False,
                f"the server ended none of {len(left)} streams after the answer",
                About(left[0].request.get("method"), left[0].request),
            )

    def _progress(self, entry: Received, place: int, message: dict[str, Any]) -> None:
        params = message.get("params")
        if not isinstance(params, dict) or "progressToken" not in params:
            return
        token = params["progressToken"]
        owners = self._owners.get(id_key(token))
        if owners is None:
            return
        about = About(message["method"], sent_at(self._entries, owners[-1]), message)
        self._once(("progress", id_key(token), repr(params.get("progress"))), place, message)
        if place == _LISTENING:
            if any(owner in self._open and owner not in self._given_up for owner in owners):
                self._ledger.holds(
                    "http-get-unrelated",
                    False,
                    f"progress of a running request (token {token!r:.80}) came on the stream of the GET",
                    about,
                    pointer="/params/progressToken",
                )
            return
        if self._listens:
            self._ledger.holds("http-get-unrelated", True, "")
        # A GET that a probe made may resume any stream.
        if entry.stream == "post" and sent_at(self._entries, entry.carrier):
            self._ledger.holds(
                "http-sse-related",
                place in owners,
                f"progress of another request (token {token!r:.80}) came on this request's stream",
                about,
                pointer="/params/progressToken",
            )

    def _once(self, what: Any, place: int, message: dict[str, Any]) -> None:
        before = self._brought.setdefault(what, place)
        if before != place:
            self._ledger.holds(
                "http-message-one-stream",
                False,
                f"the same {message['method']} came on {self._named(before)} and on {self._named(place)}",
                About(message["method"], response=message),
            )

    def _named(self, place: int) -> str:
        if place == _LISTENING:
            return "the stream of the GET"
        request = sent_at(self._entries, place) or {}
        return f"the stream of {request.get('method', 'a GET')!s:.80} (id {request.get('id')!r:.40})"

    def _about(self, place: int | None, message: Any = None) -> About:
        request = sent_at(self._entries, place) if place is not None and place >= 0 else None
        return About(None if not request else request.get("method"), request, message)
