"""A server's own requests while they are under way: withdrawn too late, or under one progress token.

Pages: basic/utilities/cancellation, basic/utilities/progress, schema (CancelledNotification), up to
2025-11-25. A message that is on its way when another is sent is a race, and no finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mcpgen.validate.correlate import id_key, is_answer, is_request
from mcpgen.validate.journal import Entry, HttpReply, Received, Sent
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.probes.exchanges import params_of

_Key = tuple[str, Any]


class _Requests:
    """The server's requests, as far as they are known at a place of the journal."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        # Progress tokens of those that are not answered, and where the others were.
        self._open: dict[_Key, _Key | None] = {}
        self._answered: dict[_Key, int] = {}
        self._asked: dict[_Key, int] = {}
        # The last place at which we had asked what is answered by now.
        self._proof = -1

    def sent(self, place: int, message: dict[str, Any]) -> None:
        if is_request(message):
            self._asked[id_key(message["id"])] = place
        elif is_answer(message) and id_key(message.get("id")) in self._open:
            own = id_key(message["id"])
            del self._open[own]
            self._answered[own] = place

    def received(self, carrier: int | None, message: Any) -> None:
        if is_answer(message):
            self._proof = max(self._proof, self._asked.pop(id_key(message.get("id")), -1))
        elif is_request(message):
            self._request(message)
        elif isinstance(message, dict) and message.get("method") == "notifications/cancelled":
            self._withdrawn(carrier, message)

    def _request(self, message: dict[str, Any]) -> None:
        own = id_key(message["id"])
        meta = params_of(message).get("_meta")
        token = meta.get("progressToken") if isinstance(meta, dict) else None
        key = None if token is None else id_key(token)
        if key is not None:
            self._ledger.holds(
                "progress-token-unique",
                # A stream that is resumed may bring a request again.
                all(known != key for other, known in self._open.items() if other != own),
                f"two requests under way have the progress token {token!r:.80}",
                About(message["method"], response=message),
                pointer="/params/_meta/progressToken",
            )
        self._open[own] = key
        self._answered.pop(own, None)

    def _withdrawn(self, carrier: int | None, message: dict[str, Any]) -> None:
        own = id_key(params_of(message).get("requestId"))
        if own in self._open:
            self._ledger.holds("cancellation-still-open", True, "")
            # It is under way no more; its answer may be yet to come.
            self._open[own] = None
        if own not in self._answered:
            return
        answered = self._answered[own]
        # Over HTTP streams overtake each other; one that was opened after the answer did not.
        late = carrier > answered if carrier is not None else self._proof > answered
        if carrier is None and self._ledger.transport == "http":
            late = False
        if late:
            self._ledger.holds(
                "cancellation-still-open",
                False,
                "the server withdraws a request that the client had answered before",
                About(message["method"], response=message),
                pointer="/params/requestId",
            )
        else:
            self._ledger.undecided("cancellation-still-open", "the answer may have been on its way")


def judge_withdrawals(entries: Sequence[Entry], ledger: Ledger) -> None:
    """Judge what becomes of a server's own requests in one conversation."""
    if not ledger.applies("cancellation-still-open"):
        return
    # Without a session, what seems one server to one client may be several conversations.
    if ledger.transport == "http" and not any(
        isinstance(entry, HttpReply) and entry.session_id is not None for entry in entries
    ):
        return
    requests = _Requests(ledger)
    for place, entry in enumerate(entries):
        if isinstance(entry, Sent):
            requests.sent(place, entry.message)
        elif isinstance(entry, Received):
            for message in _messages(entry.value):
                requests.received(entry.carrier, message)


def _messages(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else (value,)
