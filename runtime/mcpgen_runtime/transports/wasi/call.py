"""One request of any revision inside a component, and the messages that belong to it."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import converters_of
from mcpgen_runtime.errors import McpError, MethodNotFound
from mcpgen_runtime.frames import answer_text
from mcpgen_runtime.host import Host
from mcpgen_runtime.in_flight import InFlight
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import Error, Notification, Request, Response, Result
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.modern import CAPABILITIES, VERSION, ModernCall, check_meta
from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.revisions import NEUTRAL
from mcpgen_runtime.rounds import InputRequired, merged
from mcpgen_types.v2026_07_28 import InputRequiredResult, ServerCapabilities

_META = "io.modelcontextprotocol/"
#: What a host says in `_meta` that the client has said for its session.
SAID_BY_SESSION = tuple(
    f"{_META}{key}" for key in ("protocolVersion", "clientCapabilities", "clientInfo", "logLevel")
)


class Context(Protocol):
    """The record `context` of the WIT interface, as its bindings have it."""

    revision: str
    transport: str
    request_id: str | None
    principal: str | None
    headers: list[tuple[str, str]]
    time: int
    correlation_id: str
    key: bytes


def in_flight(handler: ProtocolHandler, host: Host, *, limits: Limits, context: Context) -> InFlight:
    """What one message needs: nothing of it outlives the message."""
    return InFlight(
        _Asking(handler), host, limits=limits, transport=context.transport, principal=context.principal
    )


class ComponentCall(ModernCall):
    """A request of any revision, which says for itself what a session would know."""

    def __init__(
        self, received: Request | Notification, replies: Replies, in_flight: InFlight, context: Context
    ) -> None:
        request = received if isinstance(received, Request) else Request("", received.method, received.params)
        headers = dict(context.headers) if context.transport == "http" else None
        super().__init__(request, replies, in_flight, headers)
        self.context = context
        self.replies = replies
        self._revision = context.revision
        if self._revision != NEUTRAL:
            self.session_meta = _of_session(received.params.get("_meta"), self._revision)
            # Converting drops them: an older revision does not know them.
            self._params = {**received.params, "_meta": self.session_meta}

    @property
    def revision(self) -> str:  # type: ignore[override]
        return self._revision

    @property
    def session_number(self) -> int | None:
        return None

    def begin(self, request: Request) -> None:
        """Start, or take up what earlier rounds left. Raises `McpError`."""
        if self._revision == NEUTRAL:
            check_meta(request.params)
        if "requestState" in request.params or "inputResponses" in request.params:
            self.resume()
        self.start(request)

    def _heard(self, nothing: None, error: BaseException | None) -> None:
        super()._heard(nothing, error)
        self.replies.abandon()

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        if self._revision != NEUTRAL:
            convert = converters_of(self._revision).CONVERTERS[method].params_to_wire
            params = params if convert is None else convert(params)
        super()._notify(method, params)

    async def _ask(self, method: str, params: dict[str, Any], key: str | None) -> tuple[str, Any]:
        pointer, answer = await super()._ask(method, params, key)
        # An older client was asked in a request of its own, and has answered with a result.
        return pointer if self._revision == NEUTRAL else "/result", answer

    async def _input_required(self, result: InputRequiredResult) -> dict[str, Any]:
        value = await super()._input_required(result)
        if self._revision != NEUTRAL:
            raise _Ended(value)
        return value


def _of_session(meta: Any, revision: str) -> dict[str, Any]:
    """What the host says of a session; for the rest, what holds where a client has said nothing."""
    said = {key: meta[key] for key in SAID_BY_SESSION if key in meta} if isinstance(meta, dict) else {}
    return {VERSION: revision, CAPABILITIES: {}, f"{_META}logLevel": "info", **said}


class _Asking:
    """The handler, as its calls see it: what it asks ends the request in every revision."""

    def __init__(self, handler: ProtocolHandler) -> None:
        self._handler = handler
        self.changes = handler.changes
        self.sealer = handler.sealer

    async def handle_request(self, request: Request, ctx: RequestContext) -> Response:
        """See `ProtocolHandler.handle_request`."""
        try:
            return await self._handler.handle_request(request, ctx)
        except InputRequired as needed:
            return self._needed(request, ctx, needed)
        except BaseExceptionGroup as group:
            wanted = merged(group)
            if wanted is None:
                raise
            return self._needed(request, ctx, wanted)
        except _Ended as ended:
            return Result(request.id, ended.result)

    def _needed(self, request: Request, ctx: RequestContext, needed: InputRequired) -> Response:
        try:
            return Result(request.id, ctx._needed(needed))
        except McpError as error:  # too much to carry
            return Error.of(error, request.id)

    async def handle_notification(self, notification: Notification, ctx: RequestContext) -> None:
        """See `ProtocolHandler.handle_notification`."""
        await self._handler.handle_notification(notification, ctx)

    def capabilities(self, revision: str) -> ServerCapabilities:
        """See `ProtocolHandler.capabilities`."""
        return self._handler.capabilities(revision)

    def lifespan(self, host: Host) -> AbstractAsyncContextManager[None]:
        """See `ProtocolHandler.lifespan`."""
        return self._handler.lifespan(host)


class _Ended(BaseException):
    """Carries an `InputRequiredResult` past what would convert it for an older revision."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__("the client has to answer first")
        self.result = result


class Replies:
    """The channel of a call: what it sends is kept, for the host to carry."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, null_id: bool) -> None:
        self.messages: list[bytes] = []
        #: Nothing more will come.
        self.complete = False
        self.answered = False
        #: The answer is that nobody here knows the method.
        self.refused = False
        self._null_id = null_id
        self._loop = loop
        self._waiter: asyncio.Future[None] | None = None

    async def completed(self) -> None:
        """Return once there is an answer, or will be none."""
        if not self.complete:
            self._waiter = self._loop.create_future()
            await self._waiter

    def send(self, message: Request | Notification) -> None:
        """See `Channel.send`."""
        if not self.complete:
            self.messages.append(dumps(message.to_json()))

    def answer(self, response: Response) -> None:
        """See `Channel.answer`."""
        if isinstance(response, Error) and response.code == MethodNotFound.code:
            self.refused = response.message.startswith(_UNKNOWN)
        self.messages.append(answer_text(response, null_id=self._null_id))
        self.answered = True
        self._complete()

    refuse = answer

    def abandon(self) -> None:
        """See `Channel.abandon`."""
        self._complete()

    def hang_up(self) -> None:
        """See `Channel.hang_up`: there is no connection."""

    def _complete(self) -> None:
        self.complete = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


#: How `MethodNotFound` begins; a layer that forbids a method has words of its own.
_UNKNOWN = MethodNotFound("").message
