"""What Streamable HTTP adds: content types, status codes, the session id, the GET stream.

Pages: basic/transports up to 2025-11-25, basic/transports/streamable-http since 2026-07-28.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcpgen.validate.correlate import is_request
from mcpgen.validate.journal import ERA, Entry, HttpReply, Received, Sent
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.numbers import is_integer

_ANSWER_TYPES = frozenset({"application/json", "text/event-stream"})
# Statuses with which HTTP itself, a proxy or an authority may refuse, with nothing of JSON-RPC in it.
_OUTSIDE_THE_PROTOCOL = frozenset({401, 402, 403, 404, 405, 408, 413, 429, 502, 503, 504})
_STATUS_OF_ERROR = {-32601: 404, -32020: 400, -32021: 400, -32022: 400}


class HttpRules:
    """Judges HTTP replies. The rules apply to no other transport, so the judge may ask always."""

    def __init__(self, ledger: Ledger, entries: Sequence[Entry], *, modern: bool) -> None:
        self._ledger = ledger
        self._entries = entries
        self._modern = modern

    def reply(self, reply: HttpReply) -> None:
        """Judge the head of a reply."""
        if reply.carrier is None:
            self._get(reply)
            return
        sent = self._entries[reply.carrier]
        if not isinstance(sent, Sent):
            return
        # What an old server makes of a question that came after its time, no page of its era says.
        if sent.probe == ERA and (reply.status >= 400 or not self._modern):
            return
        if sent.probe not in ("", ERA) and not is_request(sent.message):
            return
        told = About(sent.message.get("method"), sent.message)
        if is_request(sent.message):
            if reply.status < 300:
                self._ledger.holds(
                    "http-reply-type",
                    reply.content_type in _ANSWER_TYPES and reply.has_body,
                    f"status {reply.status} with "
                    + (_named(reply.content_type) if reply.has_body else "no body"),
                    told,
                )
            if reply.status < 300 and sent.message.get("method") == "tasks/get":
                self._ledger.holds(
                    "tasks-get-not-streamed",
                    reply.content_type != "text/event-stream",
                    "tasks/get was answered with an event stream",
                    told,
                )
        elif reply.status < 300:
            self._ledger.holds(
                "http-notification-accepted",
                reply.status == 202 and not reply.has_body,
                f"status {reply.status}" + (" with a body" if reply.has_body else ""),
                told,
            )
        if sent.message.get("method") == "initialize" and reply.session_id is not None:
            self._ledger.holds(
                "http-session-id-visible",
                reply.session_id != "" and all("\x21" <= one <= "\x7e" for one in reply.session_id),
                f"the session id is {reply.session_id!r}",
                told,
            )

    def answer(self, entry: Received, message: dict[str, Any], request: dict[str, Any] | None) -> None:
        """Judge where an answer came, and under which status."""
        if entry.stream == "get":
            self._ledger.holds(
                "http-get-no-answers",
                False,
                "a response came on the stream that a GET opened",
                About(
                    method=None if request is None else request.get("method"),
                    request=request,
                    response=message,
                ),
            )
        error = message.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        # A stream that began with 200 cannot take that back; only a JSON reply chose its status knowingly.
        if (
            is_integer(code)
            and code in _STATUS_OF_ERROR
            and entry.status is not None
            and self._is_json(entry)
        ):
            wanted = _STATUS_OF_ERROR[code]
            self._ledger.holds(
                "http-error-status",
                entry.status == wanted,
                f"error {code} came with HTTP status {entry.status}, not {wanted}",
                About(
                    method=None if request is None else request.get("method"),
                    request=request,
                    response=message,
                ),
                pointer="/error/code",
            )

    def excuses(self, reply: HttpReply) -> bool:
        """Whether HTTP itself refused the request, so that no JSON-RPC answer was due."""
        return reply.status in _OUTSIDE_THE_PROTOCOL or 300 <= reply.status < 400

    def _get(self, reply: HttpReply) -> None:
        if reply.status in _OUTSIDE_THE_PROTOCOL - {405} or 300 <= reply.status < 400:
            return
        streams = reply.status == 200 and reply.content_type == "text/event-stream"
        self._ledger.holds(
            "http-get-stream",
            streams or reply.status == 405,
            f"GET was answered with status {reply.status} and {_named(reply.content_type)}",
        )

    def _is_json(self, entry: Received) -> bool:
        return any(
            isinstance(other, HttpReply)
            and other.carrier == entry.carrier
            and other.content_type == "application/json"
            for other in self._entries
        )


def _named(content_type: str) -> str:
    return f"content type {content_type!r}" if content_type else "no content type"
