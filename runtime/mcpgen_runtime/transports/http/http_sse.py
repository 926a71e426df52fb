"""HTTP+SSE, the transport of 2024-11-05: one event stream for what the server sends, POSTs for the client.

The stream is the session: it opens with an event that names the URL for the POSTs, and when it ends, so does
the session.

Spec page: 2024-11-05 basic/transports, HTTP with SSE.
"""

from __future__ import annotations

import asyncio
import secrets
from functools import partial
from urllib.parse import parse_qs, quote

from mcpgen_runtime.errors import InvalidRequest, LimitReached, McpError
from mcpgen_runtime.frames import answer_text, parse
from mcpgen_runtime.host import Host
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import Error, InvalidMessage, Notification, Request, Response, message_of
from mcpgen_runtime.legacy import LegacySession
from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http.asgi import EMPTY, Receive, Scope, Send
from mcpgen_runtime.transports.http.batch import Answers
from mcpgen_runtime.transports.http.body import read_body
from mcpgen_runtime.transports.http.events import EventStream, break_off_when_gone, named_event, send_stream
from mcpgen_runtime.transports.http.headers import Headers
from mcpgen_runtime.transports.http.negotiation import Negotiation, check_get
from mcpgen_runtime.transports.http.refusal import (
    BAD_REQUEST,
    NOT_FOUND,
    SERVICE_UNAVAILABLE,
    Refusal,
    stopping,
)


class SseClient:
    """One client: its stream is the channel of every request and the outlet of its session."""

    def __init__(
        self, handler: ProtocolHandler, host: Host, config: TransportConfig, *, principal: str | None
    ) -> None:
        self.stream = EventStream(config.limits.max_unsent_bytes)
        self.principal = principal
        self.session = LegacySession(
            handler, host, self, limits=config.limits, transport="http", principal=principal
        )

    def send(self, message: Request | Notification) -> None:
        """See `Channel.send` and `Outlet.send`."""
        self.put(dumps(message.to_json()))

    def answer(self, response: Response) -> None:
        """See `Channel.answer`."""
        self.put(answer_text(response))

    def refuse(self, error: Error) -> None:
        """See `Channel.refuse`."""
        self.put(answer_text(error))

    def abandon(self) -> None:
        """See `Channel.abandon`."""

    def hang_up(self) -> None:
        """See `Channel.hang_up`: the stream is the session."""

    def put(self, text: bytes) -> None:
        """Send a message."""
        self.stream.put(named_event(b"message", text))


class SseBatch:
    """The channel of all requests of a batch: one array of their answers."""

    def __init__(self, client: SseClient) -> None:
        self.answers = Answers(self._complete)
        self._client = client
        self.send = client.send
        self.hang_up = client.hang_up

    def answer(self, response: Response) -> None:
        """See `Channel.answer`."""
        self.answers.add(answer_text(response))

    def refuse(self, error: Error) -> None:
        """See `Channel.refuse`."""
        self.answers.add(answer_text(error))

    def abandon(self) -> None:
        """See `Channel.abandon`."""
        self.answers.skip()

    def _complete(self) -> None:
        if self.answers.texts:
            self._client.put(self.answers.array())


class HttpSse:
    """The two endpoints: events at `sse_path`, messages at `messages` below it."""

    def __init__(self, handler: ProtocolHandler, host: Host, config: TransportConfig) -> None:
        self._handler = handler
        self._host = host
        self._config = config
        self._clients: dict[str, SseClient] = {}
        self._negotiation = Negotiation(accept=False)
        self._ending = False
        self._drained: asyncio.Future[None] | None = None

    @property
    def calls(self) -> int:
        """How many requests wait for their answer."""
        return sum(len(client.session.in_flight) for client in self._clients.values())

    async def events(
        self, scope: Scope, raw: dict[bytes, bytes], principal: str | None, receive: Receive, send: Send
    ) -> None:
        """Open a session and its stream, until the client goes away. Raises `Refusal`."""
        check_get(raw)
        if self._ending:
            raise stopping()
        limit = self._config.limits.max_sessions
        if len(self._clients) >= limit:
            error = LimitReached(
                f"There are max_sessions ({limit}) sessions", limit="max_sessions", value=limit
            )
            raise Refusal(SERVICE_UNAVAILABLE, error)
        client = SseClient(self._handler, self._host, self._config, principal=principal)
        key = secrets.token_urlsafe(32)
        url = f"{quote(scope.get('root_path', ''))}{self._config.sse_path}/messages?session={key}"
        client.stream.put(named_event(b"endpoint", url.encode()))
        self._clients[key] = client
        watching = asyncio.ensure_future(break_off_when_gone(client.stream, receive))
        try:
            await send_stream(
                client.stream,
                send,
                keep_alive_seconds=self._config.keep_alive_seconds,
                write_seconds=self._config.limits.write_seconds,
            )
        finally:
            watching.cancel()
            del self._clients[key]
            client.stream.break_off()
            client.session.close()
            if self._drained is not None and not self._clients and not self._drained.done():
                self._drained.set_result(None)

    async def message(
        self, scope: Scope, raw: dict[bytes, bytes], principal: str | None, receive: Receive, send: Send
    ) -> None:
        """Take one message, or a batch; what it leads to goes into the stream. Raises `Refusal`."""
        if self._ending:
            raise stopping()
        query = parse_qs(scope["query_string"].decode("latin-1"))
        client = self._clients.get(query.get("session", [""])[0])
        if client is None or client.principal != principal:
            raise Refusal(NOT_FOUND, InvalidRequest("Session not found: open an event stream first"))
        self._negotiation.check(raw)
        limits = self._config.limits
        text = read_body(receive, raw, limits=limits, seconds=self._config.message_seconds)
        if not isinstance(text, bytes):
            text = await text
        try:
            value = parse(text, limits)
            if value.__class__ is list:
                batch = SseBatch(client)
                batch.answers.expect(client.session.receive_batch(value, batch, headers=Headers(raw)))
            else:
                client.session.receive(message_of(value), client, headers=Headers(raw))
        except McpError as error:
            id = error.request_id if isinstance(error, InvalidMessage) else None
            null_id = (client.session.revision or "") < "2025-11-25"
            raise Refusal(BAD_REQUEST, error, id=id, null_id=null_id) from None
        await send({"type": "http.response.start", "status": 202, "headers": [EMPTY]})
        await send({"type": "http.response.body", "body": b""})

    async def drain(self) -> None:
        """End the streams, those with calls in flight once these have ended."""
        self._ending = True
        for client in self._clients.values():
            if len(client.session.in_flight):
                client.session.in_flight.on_idle = partial(_end_soon, client.stream)
            else:
                client.stream.end()
        if self._clients:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained

    def close(self) -> None:
        """End every session and its stream."""
        self._ending = True
        for client in self._clients.values():
            client.session.close()
            client.stream.break_off()


def _end_soon(stream: EventStream) -> None:
    # The last call is over, but its answer perhaps not written yet.
    asyncio.get_running_loop().call_soon(stream.end)
