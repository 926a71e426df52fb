"""The MCP endpoint: Streamable HTTP of 2025-03-26 to 2026-07-28 on one path, both eras side by side.

How a POST finds its era (spec page: 2026-07-28 basic/versioning, backward compatibility):

1.  `MCP-Protocol-Version: 2026-07-28`, a version in the request's `_meta`, or a method that only the
    modern era has: modern. It is served by itself; a session id is ignored.
2.  `initialize` without a session id opens a session. Its id is in the answer.
3.  Everything else belongs to the session that `Mcp-Session-Id` names: none named is 400, one that is unknown
    or has ended is 404.

GET and DELETE belong to sessions; without one they are 405.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from mcpgen_runtime.errors import HeaderMismatch, InvalidRequest, McpError, UnsupportedProtocolVersion
from mcpgen_runtime.frames import parse
from mcpgen_runtime.host import Host
from mcpgen_runtime.jsonrpc import InvalidMessage, Message, Notification, Request, RequestId, message_of
from mcpgen_runtime.modern import LISTEN, ModernEndpoint, is_modern
from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.revisions import LEGACY, NEUTRAL, REVISIONS
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http.asgi import EMPTY, JSON, Header, Receive, Scope, Send
from mcpgen_runtime.transports.http.body import read_body
from mcpgen_runtime.transports.http.events import EventStream, break_off_when_gone, send_stream, watch
from mcpgen_runtime.transports.http.exchange import BatchExchange, Exchange, LegacyExchange
from mcpgen_runtime.transports.http.headers import (
    LAST_EVENT_ID,
    PROTOCOL_VERSION,
    SESSION_ID,
    Headers,
    check_mirrored,
)
from mcpgen_runtime.transports.http.negotiation import Negotiation, check_get
from mcpgen_runtime.transports.http.refusal import (
    BAD_REQUEST,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    Refusal,
    stopping,
)
from mcpgen_runtime.transports.http.sessions import HttpSession, Sessions

_MODERN_VERSION = NEUTRAL.encode()
_LEGACY_VERSIONS = frozenset(revision.encode() for revision in LEGACY)
#: Requests that no legacy client sends.
_MODERN_METHODS = frozenset({"server/discover", LISTEN})
_NOTHING_LASTS = (
    "This server keeps no sessions: there is none to listen to, or to end. They are in their ids, and expire"
)
_ALLOW_POST: Header = (b"allow", b"POST")


class Endpoint:
    """Serves the requests at one path for one handler."""

    def __init__(
        self,
        handler: ProtocolHandler,
        host: Host,
        config: TransportConfig,
        sessions: Callable[[ProtocolHandler, Host, TransportConfig], Sessions] = Sessions,
    ) -> None:
        self._handler = handler
        self._host = host
        self._config = config
        self._limits = config.limits
        self._max_unsent_bytes = config.limits.max_unsent_bytes
        self._message_seconds = config.message_seconds
        self._negotiation = Negotiation()
        self.sessions = sessions(handler, host, config)
        #: Serves the requests of nobody in particular, until one of them waits.
        self._modern = self._new_modern(None)
        #: The POSTs that wait.
        self._waiting: set[Exchange] = set()
        self._drained: asyncio.Future[None] | None = None
        self._ending = False

    @property
    def calls(self) -> int:
        """How many POSTs wait for their answer."""
        return len(self._waiting)

    # POST.

    async def post(
        self, scope: Scope, raw: dict[bytes, bytes], principal: str | None, receive: Receive, send: Send
    ) -> None:
        """Serve a message. Raises `Refusal` before anything of an answer is sent, and `Disconnected`."""
        self.admit(raw)
        text = read_body(receive, raw, limits=self._limits, seconds=self._message_seconds)
        if not isinstance(text, bytes):
            text = await text
        await self.finish(self.begin(text, raw, principal), receive, send)

    def admit(self, raw: dict[bytes, bytes]) -> None:
        """Raise `Refusal` where a POST with these headers is not served, whatever its body is."""
        if self._ending:
            raise stopping()
        self._negotiation.check(raw)

    def begin(self, text: bytes, raw: dict[bytes, bytes], principal: str | None) -> Exchange:
        """Serve the message that is the body of a POST as far as it goes without waiting.

        What came of it is for `finish`. Raises `Refusal` before the message is served.
        """
        try:
            value = parse(text, self._limits)
            if value.__class__ is list:
                return self._begin_batch(value, raw, principal)
            message = message_of(value)
        except McpError as error:
            raise self._unreadable(error, raw, principal) from None
        is_request = message.__class__ is Request
        exchange: Exchange
        if raw.get(PROTOCOL_VERSION) == _MODERN_VERSION or (
            isinstance(message, Request) and (is_modern(message.params) or message.method in _MODERN_METHODS)
        ):
            if isinstance(message, Request):
                try:
                    check_mirrored(message, raw)
                except HeaderMismatch as error:
                    raise Refusal(BAD_REQUEST, error, id=message.id) from None
            elif not isinstance(message, Notification):
                raise Refusal(BAD_REQUEST, InvalidRequest(f"{NEUTRAL} has no responses from clients"))
            exchange = Exchange(self._max_unsent_bytes)
            modern = self._modern if principal is None else self._new_modern(principal)
            modern.receive(message, exchange, headers=Headers(raw))
            if is_request and exchange.body is None:
                exchange.modern = modern
                if modern is self._modern:
                    self._modern = self._new_modern(None)
        else:
            session = self._session(raw, principal, message)
            exchange = LegacyExchange(session, self._max_unsent_bytes)
            session.session.receive(message, exchange, headers=Headers(raw))
        exchange.expected = is_request
        if is_request and exchange.body is None:
            self._waiting.add(exchange)
        return exchange

    def _begin_batch(self, values: list[Any], raw: dict[bytes, bytes], principal: str | None) -> Exchange:
        if raw.get(PROTOCOL_VERSION) == _MODERN_VERSION:
            raise Refusal(
                BAD_REQUEST, InvalidRequest("Batches exist in 2025-03-26 alone: send each message by itself")
            )
        session = self._session(raw, principal, None)
        exchange = BatchExchange(session, self._max_unsent_bytes)
        try:
            answers = session.session.receive_batch(values, exchange, headers=Headers(raw))
        except InvalidRequest as error:
            raise Refusal(BAD_REQUEST, error, null_id=session.null_id) from None
        exchange.expected = answers > 0
        if answers:
            exchange.expect(answers)
            if exchange.body is None:
                self._waiting.add(exchange)
        return exchange

    async def finish(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        """Send what came of a message that has begun, once it is there."""
        if not exchange.expected:
            await send({"type": "http.response.start", "status": 202, "headers": [EMPTY]})
            await send({"type": "http.response.body", "body": b""})
        elif exchange.body is not None:
            await self._reply(exchange, exchange.body, send)
        else:
            await self._wait(exchange, receive, send)

    def _new_modern(self, principal: str | None) -> ModernEndpoint:
        return ModernEndpoint(
            self._handler, self._host, limits=self._limits, transport="http", principal=principal
        )

    def _unreadable(self, error: McpError, raw: dict[bytes, bytes], principal: str | None) -> Refusal:
        """The refusal of a body that is no message."""
        session = self.sessions.find(raw.get(SESSION_ID, b""), principal)
        null_id = session is not None and session.null_id and raw.get(PROTOCOL_VERSION) != _MODERN_VERSION
        id = error.request_id if isinstance(error, InvalidMessage) else None
        return Refusal(BAD_REQUEST, error, id=id, null_id=null_id)

    def _session(
        self, raw: dict[bytes, bytes], principal: str | None, message: Message | None
    ) -> HttpSession:
        """The session that a POST belongs to: the one it names, or for `initialize` a new one."""
        id = raw.get(SESSION_ID)
        version = raw.get(PROTOCOL_VERSION)
        session = None if id is None else self.sessions.find(id, principal)
        if session is not None and version == session.version:
            return session
        request_id = message.id if isinstance(message, Request) else None
        if id is not None and session is None:
            raise Refusal(NOT_FOUND, InvalidRequest("Session not found: send initialize"), id=request_id)
        if version is not None:
            _check_version(version, request_id, in_session=session is not None)
        if session is not None:
            return session
        if not (isinstance(message, Request) and message.method == "initialize"):
            raise Refusal(
                BAD_REQUEST,
                InvalidRequest(
                    f"Mcp-Session-Id is missing: send initialize first, or what {NEUTRAL} wants in _meta"
                ),
                id=request_id,
            )
        return self.sessions.open(principal)

    def _open(self, session: HttpSession, headers: list[Header]) -> None:
        """Keep a session whose `initialize` was answered, if it agreed on a revision."""
        if session.session.revision is None:
            session.close()
        else:
            self.sessions.add(session)
            headers.append((SESSION_ID, session.id))

    async def _reply(self, exchange: Exchange, body: bytes, send: Send) -> None:
        headers = [JSON, (b"content-length", b"%d" % len(body))]
        session = exchange.session
        if session is not None and session.unnamed:
            self._open(session, headers)
        await send({"type": "http.response.start", "status": exchange.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _wait(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        """Send a reply that is not there yet, or that is an event stream."""
        session = exchange.session
        watching = asyncio.ensure_future(_leave_when_gone(exchange, receive))
        try:
            if session is not None and session.version:
                # A connection on which nothing happens is cut off by somebody sooner or later.
                timer = self._host.call_later(self._config.keep_alive_seconds, exchange.open_stream)
                try:
                    await exchange.wait()
                finally:
                    timer.cancel()
            else:
                await exchange.wait()
            if exchange.body is not None:
                await self._reply(exchange, exchange.body, send)
                return
            headers: list[Header] = []
            if session is not None and session.unnamed:
                self._open(session, headers)
            if exchange.stream is not None:
                await self._send_stream(exchange.stream, send, headers)
            elif self._ending:
                await stopping().send(send)
            elif not exchange.left:  # cancelled: the client wants no answer, HTTP does
                await self._send_stream(_ended_stream(), send, headers)
        finally:
            watching.cancel()
            exchange.leave()
            if exchange.modern is not None:
                exchange.modern.close()
            if session is not None:
                session.release()
            self._waiting.discard(exchange)
            if self._drained is not None and not self._waiting and not self._drained.done():
                self._drained.set_result(None)

    async def _send_stream(self, stream: EventStream, send: Send, headers: list[Header]) -> bool:
        return await send_stream(
            stream,
            send,
            keep_alive_seconds=self._config.keep_alive_seconds,
            write_seconds=self._limits.write_seconds,
            headers=tuple(headers),
        )

    # GET and DELETE.

    async def get(
        self, scope: Scope, raw: dict[bytes, bytes], principal: str | None, receive: Receive, send: Send
    ) -> None:
        """Open an event stream, or resume one. Raises `Refusal`."""
        if self._ending:
            raise stopping()
        session = self._named_session(raw, principal)
        check_get(raw)
        last = raw.get(LAST_EVENT_ID)
        reader = EventStream(self._max_unsent_bytes)
        if last is None:
            stream = session.listen()
            stream.attach(reader)
            session.prime(stream)
        else:
            found = session.record.find(last.decode("latin-1").strip())
            if found is None:
                raise Refusal(
                    BAD_REQUEST, InvalidRequest("Last-Event-ID: that event is not known here any more")
                )
            stream, after = found
            stream.attach(reader, after=after)
        watching = asyncio.ensure_future(break_off_when_gone(reader, receive))
        try:
            await self._send_stream(reader, send, [])
        finally:
            watching.cancel()
            stream.detach(reader)
            session.release()

    async def delete(
        self, scope: Scope, raw: dict[bytes, bytes], principal: str | None, receive: Receive, send: Send
    ) -> None:
        """End a session. Raises `Refusal`."""
        self.sessions.end(self._named_session(raw, principal))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def _named_session(self, raw: dict[bytes, bytes], principal: str | None) -> HttpSession:
        id = raw.get(SESSION_ID)
        version = raw.get(PROTOCOL_VERSION)
        if id is None or version == _MODERN_VERSION:
            raise Refusal(
                METHOD_NOT_ALLOWED,
                InvalidRequest("GET and DELETE are for sessions: this request names none"),
                headers=(_ALLOW_POST,),
            )
        session = self.sessions.find(id, principal)
        if session is None:
            raise Refusal(NOT_FOUND, InvalidRequest("Session not found: send initialize"))
        if version is not None and version != session.version:
            _check_version(version, None, in_session=True)
        if not self.sessions.lasting:
            raise Refusal(METHOD_NOT_ALLOWED, InvalidRequest(_NOTHING_LASTS), headers=(_ALLOW_POST,))
        return session

    # The end.

    def end_listen_streams(self) -> None:
        """Answer every listen stream of 2026-07-28: its client may open another."""
        for modern in self._moderns():
            modern.end_streams()

    async def drain(self) -> None:
        """Take nothing new, end what would never end by itself, and return when nothing is in flight."""
        self._ending = True
        for modern in self._moderns():
            if modern.listening:
                modern.close(graceful=True)
        if self._waiting:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained

    def close(self) -> None:
        """Cancel what is left."""
        self._ending = True
        self.sessions.close()
        for modern in self._moderns():
            modern.close()
        for exchange in tuple(self._waiting):
            exchange.leave()

    def _moderns(self) -> list[ModernEndpoint]:
        return [exchange.modern for exchange in self._waiting if exchange.modern is not None]


async def _leave_when_gone(exchange: Exchange, receive: Receive) -> None:
    await watch(receive)
    exchange.leave()


def _check_version(version: bytes, request_id: RequestId | None, *, in_session: bool) -> None:
    """Raise `Refusal` for a version that no legacy revision has.

    Spec pages: 2025-06-18 basic/transports; where there is no session, 2026-07-28 basic/versioning.
    """
    if version.strip() not in _LEGACY_VERSIONS:
        error: McpError = UnsupportedProtocolVersion(version.decode("latin-1").strip(), REVISIONS)
        if in_session:  # which knows no such error
            error = InvalidRequest(error.message, data=error.data)
        raise Refusal(BAD_REQUEST, error, id=request_id)


def _ended_stream() -> EventStream:
    stream = EventStream(1)
    stream.end()
    return stream
