"""Sessions that nobody keeps: all there is to know of one is sealed in its `Mcp-Session-Id`.

Any instance that has the key serves any request: behind a load balancer, or in a component that lives for one
request. What would need a memory, is not offered, and refused where it is asked for:

1.  `initialize` announces neither `listChanged` nor `resources.subscribe`, and `resources/subscribe` is
    refused: who subscribed would have to be remembered, and told on another connection.
2.  The client is asked nothing during a call: its answer would come in a POST of its own, to any instance.
3.  No stream can be resumed, and none is opened by GET; nor is there anything to DELETE: both are 405.
4.  `notifications/cancelled` cancels nothing: the call may run elsewhere.
5.  A session ends after `lifetime` seconds, used or not, whatever ids it has had.

The answer to `logging/setLevel` brings a new id, with the level in it. A client that keeps its old one keeps
its old level.

Spec pages: basic/transports of 2025-03-26 to 2025-11-25, session management.
"""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager
from typing import Any

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import LimitReached, McpError, MethodNotFound
from mcpgen_runtime.host import Host
from mcpgen_runtime.jsonrpc import Error, Request, Response, Result
from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.sealing import SealBroken, Sealer
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http.events import EventStream, event
from mcpgen_runtime.transports.http.refusal import BAD_REQUEST, Refusal
from mcpgen_runtime.transports.http.resuming import Budget, Record, Resumable
from mcpgen_runtime.transports.http.sessions import HttpSession, Sessions
from mcpgen_types.v2026_07_28 import (
    decode_ClientCapabilities,
    decode_Implementation,
    encode_ClientCapabilities,
    encode_Implementation,
)

#: How long a session lasts.
LIFETIME_SECONDS = 24 * 3600.0

_PURPOSE = "session"
_CANNOT_ASK = (
    "The client cannot be asked during a call: this server keeps no sessions, and the answer might come to"
    " another instance of it. 2026-07-28 can be asked"
)
_CANNOT_SUBSCRIBE = (
    "{} needs a server that keeps sessions, which this one does not; 2026-07-28 has subscriptions/listen"
)
_SUBSCRIBING = frozenset({"resources/subscribe", "resources/unsubscribe"})


class SealedSessions(Sessions):
    """The sessions of one app, which are in their ids. `sealer` makes and opens these."""

    lasting = False

    def __init__(
        self,
        handler: ProtocolHandler,
        host: Host,
        config: TransportConfig,
        *,
        sealer: Sealer,
        lifetime: float = LIFETIME_SECONDS,
    ) -> None:
        super().__init__(_Forgetful(handler), host, config)
        self._sealer = sealer
        self._lifetime = lifetime

    def open(self, principal: str | None) -> HttpSession:
        """See `Sessions.open`: there is always room."""
        return SealedSession(self._handler, self._host, self._config, self.budget, principal=principal)

    def add(self, session: HttpSession) -> None:
        """Seal what is known of a session as its id. Raises `Refusal` where that is too much for a header."""
        assert isinstance(session, SealedSession)
        legacy = session.session
        capabilities, info = legacy.client
        known = [
            legacy.revision,
            encode_ClientCapabilities(capabilities),
            None if info is None else encode_Implementation(info),
            legacy.log_level,
            os.urandom(12).hex(),  # no two sessions have the same id
        ]
        id = self._sealer.seal(
            _PURPOSE,
            known,
            # A new id does not renew it: who has got hold of one would keep the session for ever.
            lifetime=self._lifetime,
            until=session.until,
            bound_to=_bound_to(session.principal),
        ).encode()
        most = self._config.limits.max_header_bytes
        if len(id) > most:
            session.close()
            error = LimitReached(
                f"What the client says of itself needs an Mcp-Session-Id over max_header_bytes ({most})",
                limit="max_header_bytes",
                value=most,
            )
            raise Refusal(BAD_REQUEST, error)
        session.id = id
        session.close()

    def find(self, id: bytes, principal: str | None) -> HttpSession | None:
        """The session that is in `id`, where it is not too old, and belongs to `principal`."""
        try:
            known, until = self._sealer.opened(_PURPOSE, id.decode("latin-1"), bound_to=_bound_to(principal))
        except SealBroken:
            return None
        revision, capabilities, info, level, _ = known
        session = SealedSession(self._handler, self._host, self._config, self.budget, principal=principal)
        client = (
            decode_ClientCapabilities(capabilities),
            None if info is None else decode_Implementation(info),
        )
        session.session.resume(revision, client, log_level=level, deaf=_CANNOT_ASK)
        session.version = revision.encode()
        session.level = level
        session.until = until
        session.id = id
        return session


class SealedSession(HttpSession):
    """A session for the time of one request."""

    __slots__ = ("level", "until")

    def __init__(
        self,
        handler: ProtocolHandler,
        host: Host,
        config: TransportConfig,
        budget: Budget,
        *,
        principal: str | None,
    ) -> None:
        super().__init__(handler, host, config, budget, principal=principal)
        #: The level that its id says.
        self.level: str | None = None
        #: When it ends, by the clock of its sealer; that is known once it has an id.
        self.until: float | None = None

    @property
    def unnamed(self) -> bool:
        """Whether what its id says is not, or no more, what is known of it."""
        return self.session.log_level != self.level

    @property
    def record(self) -> Record:
        if self._record is None:
            self._record = _NoRecord(self._config, self._budget, self._host.now)
        return self._record

    @property
    def polls(self) -> bool:
        return False

    def release(self) -> None:
        """See `HttpSession.release`: who is gone cannot come back for the rest."""
        self.close()


class _NoRecord(Record):
    """Streams that cannot be resumed: their events have no ids."""

    __slots__ = ()

    def open(self) -> Resumable:
        return _Passing(self, 0)


class _Passing(Resumable):
    __slots__ = ()

    def put(self, text: bytes) -> None:
        if self.reader is not None:
            self.reader.put(event(text))

    def attach(self, reader: EventStream, *, after: int | None = None) -> None:
        self.reader = reader


class _Forgetful:
    """The handler, as sessions see it that remember nothing: it does not offer what they cannot do."""

    def __init__(self, handler: ProtocolHandler) -> None:
        self._handler = handler
        self.changes = handler.changes
        self.sealer = handler.sealer
        self.handle_notification = handler.handle_notification
        self.capabilities = handler.capabilities

    async def handle_request(self, request: Request, ctx: RequestContext) -> Response:
        """See `ProtocolHandler.handle_request`."""
        if request.method in _SUBSCRIBING:
            error = McpError(_CANNOT_SUBSCRIBE.format(request.method), code=MethodNotFound.code)
            return Error.of(error, request.id)
        response = await self._handler.handle_request(request, ctx)
        if request.method == "initialize" and isinstance(response, Result):
            offered = response.result.get("capabilities")
            if isinstance(offered, dict):
                return Result(request.id, {**response.result, "capabilities": _kept(offered)})
        return response

    def lifespan(self, host: Host) -> AbstractAsyncContextManager[None]:
        """See `ProtocolHandler.lifespan`."""
        return self._handler.lifespan(host)


def _kept(capabilities: dict[str, Any]) -> dict[str, Any]:
    """Of what a server can do, what it can do without memory."""
    return {
        name: {key: able for key, able in each.items() if key not in ("listChanged", "subscribe")}
        if name in ("tools", "prompts", "resources") and isinstance(each, dict)
        else each
        for name, each in capabilities.items()
    }


def _bound_to(principal: str | None) -> tuple[str, ...]:
    return () if principal is None else (principal,)
