"""The legacy era, up to 2025-11-25: a session, from `initialize` until its transport ends.

The rules, as far as a server keeps them (spec pages: basic/lifecycle, basic/utilities/*, client/*):

1.  `initialize` comes first, alone, and once. It settles the revision and what the client can do.
2.  Before it, only `ping` is answered. After it, the server waits for `notifications/initialized`
    with whatever belongs to no request, and with questions.
3.  A request is answered once, unless it was cancelled: then nothing more is sent for it.
    `initialize` cannot be cancelled; other unknown or finished targets are ignored.
4.  The server may ask the client while it works on a request, for what the client declared it can do.
    When it stops waiting, it cancels its question.
5.  2025-03-26 has batches, answered by one batch. `initialize` is never part of one. No other
    revision has them.
6.  What the answer to `initialize` did not announce is never sent.
7.  Log messages go to sessions that set a level; before that, to none below "info".
8.  `resources/updated` goes to sessions that subscribed to that resource.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import Enum
from functools import cache
from importlib import import_module
from os import urandom
from typing import Any

from mcpgen_runtime.changes import PROMPTS_CHANGED, RESOURCE_UPDATED, RESOURCES_CHANGED, TOOLS_CHANGED
from mcpgen_runtime.errors import ClientRefused, InvalidRequest, McpError
from mcpgen_runtime.host import Host, Promise
from mcpgen_runtime.in_flight import InFlight, Nowhere
from mcpgen_runtime.jsonrpc import (
    Error,
    InvalidMessage,
    Message,
    Notification,
    Request,
    RequestId,
    Response,
    Result,
    message_of,
)
from mcpgen_runtime.legacy_call import LegacyCall
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.protocol import Channel, Outlet, ProtocolHandler
from mcpgen_runtime.revisions import LEGACY
from mcpgen_types.codec import Converter, Inexpressible
from mcpgen_types.v2026_07_28 import (
    ClientCapabilities,
    Implementation,
    decode_ClientCapabilities,
    decode_Implementation,
)

log = logging.getLogger("mcpgen_runtime")

BATCHING = "2025-03-26"
_CANCELLED = "notifications/cancelled"
_INITIALIZED = "notifications/initialized"
_META = "io.modelcontextprotocol/"
_NO_ANSWER = "The client has ended its input: it cannot answer"


class State(Enum):
    """The states of a session."""

    __hash__ = object.__hash__  # that of Enum is written in Python, and this is asked for with every request

    OPENING = "opening"
    INITIALIZING = "initializing"
    INITIALIZED = "initialize answered"
    READY = "ready"
    CLOSED = "closed"


class Event(Enum):
    """What happens to a session."""

    __hash__ = object.__hash__  # as above

    INITIALIZE = "initialize"
    AGREED = "initialize succeeded"
    REFUSED = "initialize failed"
    READY = "notifications/initialized"
    PING = "ping"
    REQUEST = "any other request"
    CLOSE = "the transport ends"


#: What may happen in which state, and the state after it. A request that is not here is refused.
TRANSITIONS: Mapping[State, Mapping[Event, State]] = {
    State.OPENING: {
        Event.INITIALIZE: State.INITIALIZING,
        Event.PING: State.OPENING,
        Event.CLOSE: State.CLOSED,
    },
    State.INITIALIZING: {
        Event.AGREED: State.INITIALIZED,
        Event.REFUSED: State.OPENING,
        Event.PING: State.INITIALIZING,
        Event.CLOSE: State.CLOSED,
    },
    State.INITIALIZED: {
        Event.READY: State.READY,
        Event.PING: State.INITIALIZED,
        Event.REQUEST: State.INITIALIZED,
        Event.CLOSE: State.CLOSED,
    },
    State.READY: {
        Event.READY: State.READY,
        Event.PING: State.READY,
        Event.REQUEST: State.READY,
        Event.CLOSE: State.CLOSED,
    },
    State.CLOSED: {},
}
_EVENTS = {"initialize": Event.INITIALIZE, "ping": Event.PING}
_LISTS = {"tools": TOOLS_CHANGED, "prompts": PROMPTS_CHANGED, "resources": RESOURCES_CHANGED}
_WHY_NOT = {
    State.OPENING: "The session is not open: send initialize first",
    State.INITIALIZING: "The session is not open: wait for the answer to initialize",
    State.INITIALIZED: "The session is open: initialize is sent once",
    State.READY: "The session is open: initialize is sent once",
    State.CLOSED: "The session has ended",
}


class LegacySession:
    """One client, from `initialize` on. `outlet` takes what belongs to no request."""

    __slots__ = (
        "__weakref__",
        "_announced",
        "_converters",
        "_deaf",
        "_in_flight",
        "_log_level",
        "_next_id",
        "_outlet",
        "_questions",
        "client",
        "revision",
        "state",
    )

    def __init__(
        self,
        handler: ProtocolHandler,
        host: Host,
        outlet: Outlet,
        *,
        limits: Limits,
        transport: str,
        principal: str | None = None,
        in_flight: InFlight | None = None,
    ) -> None:
        self.state = State.OPENING
        #: The revision that was agreed on; None before.
        self.revision: str | None = None
        if in_flight is None:
            in_flight = InFlight(handler, host, limits=limits, transport=transport, principal=principal)
        self._in_flight = in_flight
        self._outlet = outlet
        #: What the client said of itself.
        self.client: tuple[ClientCapabilities, Implementation | None] = (ClientCapabilities(), None)
        self._log_level = "info"
        self._converters: Mapping[str, Converter] = {}
        self._announced: frozenset[str] = frozenset()
        self._questions: dict[RequestId, Promise[Response]] | None = None
        #: Why the client cannot answer, where it cannot.
        self._deaf: str | None = None
        self._next_id = 1

    @property
    def in_flight(self) -> InFlight:
        """The requests that wait."""
        return self._in_flight

    def receive(
        self, message: Message, channel: Channel, *, headers: Mapping[str, str] | None = None
    ) -> None:
        """Serve one message; what belongs to it goes through `channel`."""
        if isinstance(message, Request):
            self._receive_request(message, channel, headers)
        elif isinstance(message, Notification):
            self._receive_notification(message)
        else:
            self._receive_response(message)

    def receive_batch(
        self, values: list[Any], channel: Channel, *, headers: Mapping[str, str] | None = None
    ) -> int:
        """Serve a batch (rule 5); returns how many answers come through `channel`, some perhaps already.

        Raises `InvalidRequest` where this session has no batches, or the batch is empty.
        """
        if self.revision != BATCHING:
            raise InvalidRequest("Batches exist in 2025-03-26 alone: send each message by itself")
        if not values:
            raise InvalidRequest("A batch holds at least one message")
        answers = 0
        for value in values:
            try:
                message = message_of(value)
            except InvalidMessage as error:
                answers += 1
                channel.refuse(Error.of(error, error.request_id))
                continue
            if message.__class__ is Request:
                answers += 1
            self.receive(message, channel, headers=headers)
        return answers

    def changed(self, method: str, params: dict[str, Any]) -> None:
        """Pass a change on to the client, once it is ready for it."""
        if self.state is State.READY and method in self._announced:
            self._outlet.send(Notification(method, self.to_wire(method, params)))

    def resume(
        self,
        revision: str,
        client: tuple[ClientCapabilities, Implementation | None],
        *,
        log_level: str,
        deaf: str,
    ) -> None:
        """Go on with a session from elsewhere, which hears of no changes; `deaf` is why it asks nothing."""
        for event in (Event.INITIALIZE, Event.AGREED, Event.READY):
            self._move(event)
        self.revision = revision
        self.client = client
        self._log_level = log_level
        self._converters = _neutral(revision).CONVERTERS
        self._deaf = deaf

    def hear_no_more(self) -> None:
        """The client sends nothing any more: fail the questions it has not answered, and later ones."""
        self._deaf = _NO_ANSWER
        questions, self._questions = self._questions or {}, None
        for promise in questions.values():
            if not promise.done():
                promise.set_exception(InvalidRequest(_NO_ANSWER))

    def close(self) -> None:
        """Cancel everything; nothing more is sent."""
        if self.state is not State.CLOSED:
            self._move(Event.CLOSE)
            self._in_flight.handler.changes.remove(self)
            self._in_flight.close()

    # Requests of the client.

    def _receive_request(self, request: Request, channel: Channel, headers: Mapping[str, str] | None) -> None:
        event = _EVENTS.get(request.method, Event.REQUEST)
        try:
            if event not in TRANSITIONS[self.state]:
                raise InvalidRequest(_WHY_NOT[self.state])
            self._in_flight.check(request.id)
            if request.method == "resources/subscribe":
                self._in_flight.check_subscriptions(self._in_flight.handler.changes.count(self) + 1)
        except McpError as error:
            channel.refuse(Error.of(error, request.id))
            return
        if event is Event.INITIALIZE:
            self._move(event)
        call = LegacyCall(request, channel, self._in_flight, headers)
        call.session = self
        if self.revision is not None:
            call.revision = self.revision
        call.session_meta = _session_meta(self.revision)
        call.start(request)

    def settle(self, method: str, params: Mapping[str, Any], response: Response) -> None:
        """Take note of what an answer settles for the session."""
        if method == "initialize":
            if response.__class__ is not Result:
                self._move(Event.REFUSED)
                return
            try:
                self._agree(params, response.result)
            except Exception:  # no core answers like that, but a layer may
                self._move(Event.REFUSED)
                raise
        elif response.__class__ is Result:
            changes = self._in_flight.handler.changes
            if method == "logging/setLevel":
                self._log_level = params["level"]
            elif method == "resources/subscribe":
                changes.subscribe(self, params["uri"])
            elif method == "resources/unsubscribe":
                changes.unsubscribe(self, params["uri"])

    def _agree(self, params: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        revision: str = result["protocolVersion"]
        neutral = _neutral(revision)

        def known(type: str, value: dict[str, Any]) -> dict[str, Any]:
            # What the revision does not know may be anything there, and means nothing.
            from_wire = neutral.TYPES[type].from_wire
            return value if from_wire is None else from_wire(value)

        self.client = (
            decode_ClientCapabilities(known("ClientCapabilities", params["capabilities"])),
            decode_Implementation(known("Implementation", params["clientInfo"])),
        )
        self._announced = _announced(result["capabilities"])
        self._converters = neutral.CONVERTERS
        self.revision = revision
        self._move(Event.AGREED)
        self._in_flight.handler.changes.add(self)

    # Notifications and responses of the client.

    def _receive_notification(self, notification: Notification) -> None:
        if notification.method == _INITIALIZED:
            if Event.READY in TRANSITIONS[self.state]:
                self._move(Event.READY)
        elif notification.method == _CANCELLED:
            self._in_flight.cancel(notification.params)
        elif self.revision is not None:
            about = Request("", notification.method, notification.params)
            call = LegacyCall(about, Nowhere(), self._in_flight, None)
            call.session = self
            call.revision = self.revision
            call.hear(notification)

    def _receive_response(self, response: Response) -> None:
        questions = self._questions
        promise = questions.pop(response.id, None) if questions and response.id is not None else None
        if promise is not None and not promise.done():
            promise.set_result(response)

    # Requests of the server.

    async def ask(self, channel: Channel, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The client's answer to a question that belongs to one of its requests (rule 4), in neutral JSON."""
        converter = self._converters[method]  # it is there: the client was found to have declared it
        if params.get("mode") == "url" and "elicitationId" not in params:
            params = {**params, "elicitationId": urandom(16).hex()}
        if converter.params_to_wire is not None:
            try:
                params = converter.params_to_wire(params)
            except Inexpressible as error:  # a mode of elicitation that came later, whatever was declared
                raise InvalidRequest(f"The client cannot be asked that: {error}") from None
        if self._deaf is not None:
            raise InvalidRequest(self._deaf)
        if self.state is not State.READY:
            raise InvalidRequest(f"The client cannot be asked before it sends {_INITIALIZED}")
        if self._questions is None:
            self._questions = {}
        id = self._next_id
        self._next_id += 1
        promise = self._questions[id] = self._in_flight.host.promise()
        channel.send(Request(id, method, params))
        try:
            response = await promise
        finally:
            if self._questions and self._questions.pop(id, None) is not None:  # cancelled, or out of time
                self._outlet.send(Notification(_CANCELLED, {"requestId": id}))
        if isinstance(response, Error):
            raise ClientRefused(method, response.code, response.message, response.data)
        result = response.result
        return result if converter.result_from_wire is None else converter.result_from_wire(result)

    def to_wire(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The params of a notification in the words of the session's revision."""
        convert = self._converters[method].params_to_wire
        return params if convert is None else convert(params)

    @property
    def log_level(self) -> str:
        """The least severe level of log messages that the client wants (rule 7)."""
        return self._log_level

    def _move(self, event: Event) -> None:
        self.state = TRANSITIONS[self.state][event]


def _neutral(revision: str) -> Any:
    """The module that converts between `revision` and the neutral types."""
    return import_module(f"mcpgen_types.v{revision.replace('-', '_')}.neutral")


def _announced(capabilities: Mapping[str, Any]) -> frozenset[str]:
    """The notifications of changes that a server with these capabilities sends; no other may be sent."""
    found = {method for feature, method in _LISTS.items() if capabilities.get(feature, {}).get("listChanged")}
    if capabilities.get("resources", {}).get("subscribe"):
        found.add(RESOURCE_UPDATED)
    return frozenset(found)


@cache
def _session_meta(revision: str | None) -> dict[str, Any]:
    """What a modern request has to say in `_meta`; the rest `LegacyCall` adds once that is decoded."""
    return {f"{_META}protocolVersion": revision or LEGACY[0], f"{_META}clientCapabilities": {}}
