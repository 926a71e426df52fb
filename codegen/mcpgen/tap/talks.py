"""Whose conversation an HTTP exchange belongs to, and what it adds to it.

Several clients may talk through one tap, each over several connections. A conversation is what shares a
session id. Without sessions it is what comes from one address with one `User-Agent` in one revision, and
begins anew with every `initialize`; over HTTP+SSE it is a stream, and what is sent to the address that it
names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from mcpgen.tap.conversation import Conversation
from mcpgen.tap.exchanges import EVENTS, Exchange
from mcpgen.tap.masking import Masks
from mcpgen.tap.rows import Row, frame, unread

_JSON = "application/json"
_SESSION = "mcp-session-id"
_VERSION = "mcp-protocol-version"
#: So many are kept; the one that has been silent longest makes way.
_MOST = 50
_EVENTS_KNOWN = 10_000
_LONGEST_EVENT_ID = 1000


class Talk:
    """A conversation, and how its exchanges are known."""

    def __init__(self, conversation: Conversation, client: tuple[str, str]) -> None:
        self.conversation = conversation
        self.client = client
        self.masks = Masks()
        self.session: str | None = None
        self.revision: str | None = None
        #: The path of an HTTP+SSE server's messages.
        self.endpoint: str | None = None
        #: Whether more was asked than for the era.
        self.begun = False
        self.moved = 0.0
        #: Of the events that a client may resume after, whose reply they were of.
        self.carriers: dict[str, int | None] = {}

    def add(self, row: Row, at: float) -> int:
        """Add a row; its number."""
        self.moved = at
        return self.conversation.add(row, at)


class Talks:
    """Makes conversations of exchanges. `begin` makes the conversation of a transport and a number."""

    def __init__(self, endpoint: str, begin: Callable[[str, int], Conversation]) -> None:
        self._endpoint = _path(endpoint)
        self._begin = begin
        self._count = 0
        self._talks: list[Talk] = []

    @property
    def conversations(self) -> list[Conversation]:
        """Those that are watched."""
        return [talk.conversation for talk in self._talks]

    def asked(self, exchange: Exchange, at: float) -> None:
        """A request is complete."""
        method = exchange.request.start[0]
        target = exchange.request.start[1]
        by_stream = next((talk for talk in self._talks if talk.endpoint == target), None)
        if by_stream is None and _path(target) != self._endpoint:
            # What else the server offers, and what authorities are asked there, is nobody's conversation.
            return
        if method == "POST":
            self._posted(exchange, by_stream, at)
        elif method in ("GET", "DELETE"):
            talk = by_stream or self._talk_of(exchange, None)
            if talk is not None and talk.begun:
                exchange.known = talk
                talk.add(_head(talk, exchange, None), at)

    def replied(self, exchange: Exchange, at: float) -> None:
        """The head of its reply has come."""
        if exchange.request.start[0] == "GET":
            self._stream_opened(exchange, at)
        elif exchange.carrier is not None and exchange.events is not None:
            self._add(exchange, _reply(exchange, has_body=True), at)
            self._named(exchange)

    def event(self, exchange: Exchange, kind: str, data: bytes, event_id: str | None, at: float) -> None:
        """An event of the reply's stream has come."""
        talk = exchange.known
        if kind == "endpoint" and exchange.request.start[0] == "GET" and not isinstance(talk, Talk):
            begun = self._new(exchange, "http+sse")
            begun.endpoint = _target(data.decode("utf-8", "replace").strip())
            begun.begun = True
            exchange.known = begun
            begun.add({"entry": "http_reply", **_members(exchange, has_body=True)}, at)
            return
        if not isinstance(talk, Talk):
            return
        if event_id is not None and len(event_id) <= _LONGEST_EVENT_ID:
            talk.carriers[event_id] = exchange.carrier
            if len(talk.carriers) > _EVENTS_KNOWN:
                del talk.carriers[next(iter(talk.carriers))]
        if kind == "message" and data.strip():
            self._received(talk, exchange, data, at)

    def unread(self, exchange: Exchange, why: str, at: float) -> None:
        """The reply's stream brought something that cannot be read."""
        self._add(exchange, unread("received", why, **_where(exchange)), at)

    def ended(self, exchange: Exchange, at: float, *, by_server: bool) -> None:
        """The reply is over."""
        talk, body = exchange.known, exchange.reply_body
        if (
            isinstance(talk, Talk)
            and by_server
            and exchange.last_id is not None
            and exchange.retry is not None
        ):
            paused = {"entry": "paused", "event_id": exchange.last_id, "retry": exchange.retry}
            talk.add(paused, at)
        if not isinstance(talk, Talk) or exchange.carrier is None or body is None:
            return
        reason = "its event stream ended without one"
        if exchange.events is None:
            has_body = bool(body.data.strip()) or body.why is not None
            self._add(exchange, _reply(exchange, has_body=has_body), at)
            self._named(exchange)
            reason = f"HTTP status {exchange.status}, " + (
                "no body" if not has_body else exchange.content_type
            )
            if exchange.content_type == _JSON and has_body:
                if body.why is not None:
                    self.unread(exchange, body.why, at)
                else:
                    self._received(talk, exchange, body.data, at)
            body.data = b""
        # Whose fault it is that nothing more comes is clear only where the server ended what it had begun
        # well, and nobody can take it up again.
        taken_up = exchange.resumable or talk.endpoint is not None or 400 <= exchange.status < 500
        if by_server and body.why is None and not taken_up:
            self._add(exchange, {"entry": "finished", "carrier": exchange.carrier, "reason": reason}, at)

    def _posted(self, exchange: Exchange, by_stream: Talk | None, at: float) -> None:
        body = exchange.body
        row = unread("sent", body.why) if body.why is not None else frame("sent", body.data)
        message = row.get("message")
        talk = by_stream or self._talk_of(exchange, message) or self._new(exchange, "http")
        exchange.known = talk
        talk.begun = talk.begun or _method(message) != "server/discover"
        if talk.revision is None and _method(message) != "initialize":
            talk.revision = exchange.request.header(_VERSION)
        exchange.carrier = talk.add(row, at)
        talk.add(_head(talk, exchange, exchange.carrier), at)

    def _stream_opened(self, exchange: Exchange, at: float) -> None:
        talk = exchange.known
        if not isinstance(talk, Talk):
            return
        resumed = exchange.request.header("last-event-id")
        if resumed is not None:
            # It goes on with the reply that was broken off; of what we know nothing of, we say nothing.
            exchange.carrier = talk.carriers.get(resumed)
        elif (
            EVENTS in exchange.request.joined("accept") and exchange.request.header(_SESSION) == talk.session
        ):
            talk.add(_reply(exchange, has_body=exchange.events is not None), at)

    def _received(self, talk: Talk, exchange: Exchange, data: bytes, at: float) -> None:
        row = frame("received", data, **_where(exchange))
        talk.add(row, at)
        message = row.get("message")
        if talk.revision is None and isinstance(message, dict) and isinstance(message.get("result"), dict):
            version = message["result"].get("protocolVersion")
            talk.revision = version if isinstance(version, str) else None

    def _named(self, exchange: Exchange) -> None:
        """The reply may have named the session."""
        talk, reply = exchange.known, exchange.reply
        if isinstance(talk, Talk) and reply is not None and talk.session is None:
            talk.session = reply.header(_SESSION) or None

    def _add(self, exchange: Exchange, row: Row, at: float) -> None:
        if isinstance(exchange.known, Talk):
            exchange.known.add(row, at)

    def _talk_of(self, exchange: Exchange, message: Any) -> Talk | None:
        session = exchange.request.header(_SESSION)
        if session is not None:
            return next((talk for talk in self._talks if talk.session == session), None)
        own = [talk for talk in self._talks if talk.client == _client(exchange) and talk.endpoint is None]
        latest = max(own, key=lambda talk: talk.moved, default=None)
        if _method(message) == "initialize":
            # What came before was the question whether there is another era.
            return latest if latest is not None and not latest.begun else None
        version = exchange.request.header(_VERSION)
        fitting = [talk for talk in own if version is None or talk.revision in (version, None)]
        # One that has a session and does not name it is at fault, but is still itself.
        free = [talk for talk in fitting if talk.session is None] or fitting
        return max(free, key=lambda talk: talk.moved, default=None)

    def _new(self, exchange: Exchange, transport: str) -> Talk:
        if len(self._talks) >= _MOST:
            silent = min(self._talks, key=lambda talk: talk.moved)
            silent.conversation.end()
            self._talks.remove(silent)
        self._count += 1
        talk = Talk(self._begin(transport, self._count), _client(exchange))
        talk.session = exchange.request.header(_SESSION)
        self._talks.append(talk)
        return talk


def _head(talk: Talk, exchange: Exchange, carrier: int | None) -> Row:
    row: Row = {"entry": "http_request", "method": exchange.request.start[0]}
    return (
        row
        | ({} if carrier is None else {"carrier": carrier})
        | {"headers": talk.masks.headers(exchange.request)}
    )


def _reply(exchange: Exchange, *, has_body: bool) -> Row:
    row: Row = {"entry": "http_reply", **_members(exchange, has_body=has_body)}
    talk, session = exchange.known, exchange.reply.header(_SESSION) if exchange.reply is not None else None
    if isinstance(talk, Talk) and session is not None:
        row["session_id"] = talk.masks.session(session)
    return row


def _members(exchange: Exchange, *, has_body: bool) -> Row:
    carrier = {} if exchange.carrier is None else {"carrier": exchange.carrier}
    return carrier | {"status": exchange.status, "content_type": exchange.content_type, "has_body": has_body}


def _where(exchange: Exchange) -> Row:
    """The members of a `received` row that say where it came."""
    got = exchange.request.start[0] == "GET" and not exchange.resumable
    where: Row = {"channel": "get" if got else "post", "status": exchange.status}
    return where | ({} if exchange.carrier is None else {"carrier": exchange.carrier})


def _client(exchange: Exchange) -> tuple[str, str]:
    return exchange.peer, exchange.request.header("user-agent") or ""


def _method(message: Any) -> str | None:
    method = message.get("method") if isinstance(message, dict) else None
    return method if isinstance(method, str) else None


def _target(url: str) -> str:
    """What a request to `url` names, without scheme and host."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _path(target: str) -> str:
    return urlsplit(target).path.rstrip("/") or "/"
