"""The `handler` export: a message in, the messages that belong to it out, for a host that has the transport.

What a session knows, the host keeps. It asks the component in the words of the client's revision, and says in
`_meta` what a modern request would say there. A handler that asks its client ends its run with an
`InputRequiredResult` in every revision, and is run again from the top once the host has the answers.

Time stands still: who sleeps is woken at once.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import events
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore, converters_of
from mcpgen_runtime.errors import InternalError, McpError, MethodNotFound
from mcpgen_runtime.frames import answer_text, correlation_ids_from, parse
from mcpgen_runtime.host import Host
from mcpgen_runtime.in_flight import InFlight
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import Error, InvalidMessage, Notification, Request, Response, Result, message_of
from mcpgen_runtime.lifetime import LifespanFailed
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.modern import ModernCall
from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.revisions import NEUTRAL
from mcpgen_runtime.rounds import InputRequired, merged
from mcpgen_runtime.sealing import Sealer
from mcpgen_runtime.servable import Servable, protocol_handler
from mcpgen_runtime.transports.asyncio_host import AsyncioHost
from mcpgen_runtime.transports.wasi.loop import ComponentLoop, PassingTime, Stuck
from mcpgen_runtime.transports.wasi.surroundings import install
from mcpgen_types.v2026_07_28 import InputRequiredResult, ServerCapabilities

log = logging.getLogger("mcpgen_runtime")

#: Nothing is sealed with it: the first message brings the key.
_NO_KEY = bytes(32)
_META = "io.modelcontextprotocol/"
_SAID_BY_SESSION = tuple(
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


class ComponentHandler:
    """Answers messages with `servable`, one at a time."""

    def __init__(self, servable: Servable, *, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._clock = PassingTime()
        self._loop = ComponentLoop(self._clock.now, self._clock.wait)
        self._key = _NO_KEY
        self._context: Context | None = None
        self._printed: list[str] = []
        self._handler = protocol_handler(servable, key=_NO_KEY)
        self._host: AsyncioHost | None = None

    def install(self) -> None:
        """Have Python use the clock and the output of this component from now on."""
        install(_Surroundings(self))
        correlation_ids_from(self._correlation_id)

    def handle(self, message: bytes, context: Context) -> list[bytes] | None:
        """See `handler.handle` in `wit/mcp.wit`; None stands for `not-mine`."""
        self._context = context
        if context.key != self._key:
            self._key = bytes(context.key)
            if isinstance(self._handler, ServerCore):
                self._handler.sealer = Sealer(self._key, now=self._time)
        try:
            received = message_of(parse(message, self._limits))
        except McpError as error:
            id = error.request_id if isinstance(error, InvalidMessage) else None
            return [answer_text(Error.of(error, id))]
        if isinstance(received, Request | Notification):
            replies = _Replies(self._loop)
            try:
                self._serve(received, context, replies)
            except (LifespanFailed, Stuck) as error:
                replies.fail(received, error, context.correlation_id)
            return None if replies.refused else replies.messages
        return []

    def printed(self) -> str:
        """What was printed and logged since the last time."""
        text = "".join(self._printed)
        self._printed.clear()
        return text

    def _serve(self, received: Request | Notification, context: Context, replies: _Replies) -> None:
        if self._host is None:
            self._host = self._loop.run_until_complete(self._begin())
        call = _ComponentCall(received, replies, self._in_flight(context), context)
        # What never waits needs no turn of the loop.
        events._set_running_loop(self._loop)
        try:
            if isinstance(received, Notification):
                call.hear(received)
            else:
                call.begin(received)
        finally:
            events._set_running_loop(None)
        if isinstance(received, Request) and not replies.complete:
            self._loop.run_until_complete(replies.completed())

    async def _begin(self) -> AsyncioHost:
        host = AsyncioHost()
        await self._handler.lifespan(host).__aenter__()  # it ends with the instance, which nobody announces
        return host

    def _in_flight(self, context: Context) -> InFlight:
        assert self._host is not None
        return InFlight(
            _Asking(self._handler),
            self._host,
            limits=self._limits,
            transport=context.transport,
            principal=context.principal,
        )

    def _time(self) -> float:
        return 0.0 if self._context is None else self._context.time / 1000

    def _correlation_id(self) -> str:
        assert self._context is not None
        return self._context.correlation_id


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
            return Result(request.id, ctx._needed(needed))
        except BaseExceptionGroup as group:
            wanted = merged(group)
            if wanted is None:
                raise
            return Result(request.id, ctx._needed(wanted))
        except _Ended as ended:
            return Result(request.id, ended.result)

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


class _ComponentCall(ModernCall):
    """A request of any revision, which says for itself what a session would know."""

    def __init__(
        self, received: Request | Notification, replies: _Replies, in_flight: InFlight, context: Context
    ) -> None:
        request = received if isinstance(received, Request) else Request("", received.method, received.params)
        headers = dict(context.headers) if context.transport == "http" else None
        super().__init__(request, replies, in_flight, headers)
        self._revision = context.revision
        if self._revision != NEUTRAL:
            meta = received.params.get("_meta", {})
            # Converting drops them: an older revision does not know them.
            self.session_meta = {key: meta[key] for key in _SAID_BY_SESSION if key in meta}
        self._replies = replies

    @property
    def revision(self) -> str:  # type: ignore[override]
        return self._revision

    @property
    def session_number(self) -> int | None:
        return None

    def begin(self, request: Request) -> None:
        """Start, or take up what earlier rounds left."""
        try:
            if "requestState" in request.params or "inputResponses" in request.params:
                self.resume()
        except McpError as error:
            self._replies.refuse(Error.of(error, request.id))
        else:
            self.start(request)

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        if self._revision != NEUTRAL:
            convert = converters_of(self._revision).CONVERTERS[method].params_to_wire
            params = params if convert is None else convert(params)
        super()._notify(method, params)

    async def _input_required(self, result: InputRequiredResult) -> dict[str, Any]:
        value = await super()._input_required(result)
        if self._revision != NEUTRAL:
            raise _Ended(value)
        return value


class _Replies:
    """The channel of a call: what it sends is kept, for the host to carry."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.messages: list[bytes] = []
        self.complete = False
        self.refused = False
        self._loop = loop
        self._waiter: asyncio.Future[None] | None = None

    async def completed(self) -> None:
        """Return once there is an answer, or will be none."""
        if not self.complete:
            self._waiter = self._loop.create_future()
            await self._waiter

    def send(self, message: Request | Notification) -> None:
        """See `Channel.send`."""
        self.messages.append(dumps(message.to_json()))

    def answer(self, response: Response) -> None:
        """See `Channel.answer`."""
        if isinstance(response, Error) and response.code == MethodNotFound.code:
            self.refused = True
        self.messages.append(answer_text(response))
        self._complete()

    refuse = answer

    def fail(self, received: Request | Notification, error: Exception, correlation_id: str) -> None:
        """Answer what a handler could not."""
        log.error("%s ended without an answer [%s]", received.method, correlation_id, exc_info=error)
        if isinstance(received, Request) and not self.complete:
            self.answer(Error.of(InternalError(correlation_id), received.id))

    def abandon(self) -> None:
        """See `Channel.abandon`."""
        self._complete()

    def hang_up(self) -> None:
        """See `Channel.hang_up`: there is no connection."""

    def _complete(self) -> None:
        self.complete = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Surroundings:
    """What Python gets here: the host's time, as of the latest message, and nothing random."""

    def __init__(self, component: ComponentHandler) -> None:
        self._component = component

    def now(self) -> float:
        return self._component._clock.now()

    def time(self) -> float:
        return self._component._time() + self._component._clock.now()

    def random(self, size: int) -> bytes:
        raise NotImplementedError(
            "a component that imports nothing has no randomness: build it with --target wasi-http"
        )

    def write(self, text: str) -> None:
        self._component._printed.append(text)
