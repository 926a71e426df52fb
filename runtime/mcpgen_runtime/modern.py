"""The modern era, 2026-07-28: every request says for itself what a session used to know.

The rules, as far as a server keeps them (spec pages: 2026-07-28 basic, basic/versioning, basic/patterns/*):

1.  A request carries `io.modelcontextprotocol/protocolVersion` and `…/clientCapabilities` in `_meta`.
    Without them it is malformed (-32602). A version not served here is refused with those that are (-32022).
2.  Nothing is remembered between two requests, not even on one connection.
3.  A request is answered once. An `InputRequiredResult` is an answer: the retry is a request of its own.
4.  A cancelled request gets no answer, and nothing else that belongs to it follows. Clients cancel by
    closing the response stream (HTTP) or with `notifications/cancelled`; other targets are ignored.
5.  The server sends no requests. Notifications of a request precede its answer; log messages only go to
    requests that named a level.
6.  `subscriptions/listen` is acknowledged first and stays open. Each of its messages carries its id, and
    only what was asked for and acknowledged is sent. Cancelling ends it silently; when the server
    ends it, it says so with `notifications/cancelled` and answers the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from mcpgen_runtime.changes import (
    PROMPTS_CHANGED,
    RESOURCE_UPDATED,
    RESOURCES_CHANGED,
    TOOLS_CHANGED,
)
from mcpgen_runtime.errors import (
    InvalidParams,
    InvalidRequest,
    LimitReached,
    McpError,
    UnsupportedProtocolVersion,
    params_of,
)
from mcpgen_runtime.host import Host
from mcpgen_runtime.in_flight import Call, InFlight, Nowhere, OpenStream
from mcpgen_runtime.jsonrpc import Error, Message, Notification, Request, RequestId, Result
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.protocol import Channel, ProtocolHandler
from mcpgen_runtime.questions import require
from mcpgen_runtime.results import COMPLETE
from mcpgen_runtime.revisions import NEUTRAL, REVISIONS
from mcpgen_runtime.rounds import METHODS, InputRequired, Rounds
from mcpgen_types.codec import DecodeError, escape
from mcpgen_types.v2026_07_28 import (
    InputRequiredResult,
    RequestMetaObject,
    SubscriptionFilter,
    decode_RequestMetaObject,
    decode_SubscriptionsListenRequestParams,
    encode_InputRequiredResult,
    encode_SubscriptionFilter,
)

VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
LISTEN = "subscriptions/listen"
CANCELLED = "notifications/cancelled"


class State(Enum):
    """The states of one request."""

    RECEIVED = "received"
    RUNNING = "running"
    LISTENING = "listening"
    ANSWERED = "answered"
    CANCELLED = "cancelled"


class Event(Enum):
    """What happens to one request."""

    MALFORMED = "refused (rule 1, a taken id, a limit)"
    STARTED = "given to the handler"
    ACKNOWLEDGED = "subscriptions/listen acknowledged"
    NOTIFIED = "a notification of this request"
    RESULT = "result or error"
    INPUT_REQUIRED = "InputRequiredResult"
    CHANGE = "a change that was asked for"
    CANCEL = "cancelled by the client"
    END = "the server ends the stream"


#: What may happen in which state, and the state after it. Whatever is not here does not happen.
TRANSITIONS: Mapping[State, Mapping[Event, State]] = {
    State.RECEIVED: {
        Event.MALFORMED: State.ANSWERED,
        Event.STARTED: State.RUNNING,
        Event.ACKNOWLEDGED: State.LISTENING,
    },
    State.RUNNING: {
        Event.NOTIFIED: State.RUNNING,
        Event.RESULT: State.ANSWERED,
        Event.INPUT_REQUIRED: State.ANSWERED,
        Event.CANCEL: State.CANCELLED,
    },
    State.LISTENING: {
        Event.CHANGE: State.LISTENING,
        Event.CANCEL: State.CANCELLED,
        Event.END: State.ANSWERED,
    },
    State.ANSWERED: {},
    State.CANCELLED: {},
}


def is_modern(params: Mapping[str, Any]) -> bool:
    """Whether the params of a request are those of this era: whether `_meta` names a version (rule 1)."""
    meta = params.get("_meta")
    return meta.__class__ is dict and VERSION in meta


class ModernEndpoint:
    """What a connection needs to serve the modern era; on HTTP one for each POST."""

    __slots__ = ("_in_flight", "_streams")

    def __init__(
        self,
        handler: ProtocolHandler,
        host: Host,
        *,
        limits: Limits,
        transport: str,
        principal: str | None = None,
        in_flight: InFlight | None = None,
    ) -> None:
        if in_flight is None:
            in_flight = InFlight(handler, host, limits=limits, transport=transport, principal=principal)
        self._in_flight = in_flight
        self._streams = in_flight.streams

    @property
    def listening(self) -> bool:
        """Whether a listen stream is open."""
        return bool(self._streams)

    def receive(
        self, message: Message, channel: Channel, *, headers: Mapping[str, str] | None = None
    ) -> None:
        """Serve one message. Responses are ignored: this era asks nothing (rule 5)."""
        if message.__class__ is Request:
            self.receive_request(message, channel, headers)
        elif message.__class__ is Notification:
            self._receive_notification(message)

    def close(self, *, graceful: bool = False) -> None:
        """Cancel every request; listen streams are answered first where the end is `graceful`."""
        if graceful:
            self.end_streams()
        for stream in tuple(self._streams.values()):
            stream.cancel()
        self._in_flight.close()

    def end_streams(self) -> None:
        """Answer every listen stream: the server is about to stop."""
        for stream in tuple(self._streams.values()):
            stream.end()

    def receive_request(
        self, request: Request, channel: Channel, headers: Mapping[str, str] | None = None
    ) -> None:
        """Serve a request."""
        params = request.params
        try:
            check_meta(params)
            self._in_flight.check(request.id)
            if request.method == LISTEN:
                self._listen(request, channel)
                return
            call = ModernCall(request, channel, self._in_flight, headers)
            if "requestState" in params or "inputResponses" in params:
                call.resume()
        except McpError as error:
            channel.refuse(Error.of(error, request.id))
            return
        call.start(request)

    def _receive_notification(self, notification: Notification) -> None:
        if notification.method == CANCELLED:
            self._in_flight.cancel(notification.params.get("requestId"))
        elif is_modern(notification.params):
            about = Request("", notification.method, notification.params)
            ModernCall(about, Nowhere(), self._in_flight, None).hear(notification)

    def _listen(self, request: Request, channel: Channel) -> None:
        wanted = params_of(decode_SubscriptionsListenRequestParams, request.params).notifications
        limits = self._in_flight.limits
        uris = wanted.resource_subscriptions or []
        changes = self._in_flight.handler.changes
        open_streams = [stream for stream in self._streams.values() if isinstance(stream, ListenStream)]
        self._in_flight.check_subscriptions(len(uris) + sum(map(changes.count, open_streams)))
        if any(len(uri) > limits.max_uri_length for uri in uris):
            raise LimitReached(
                f"A subscribed URI is longer than max_uri_length ({limits.max_uri_length})",
                limit="max_uri_length",
                value=limits.max_uri_length,
            )
        if len(self._streams) >= limits.max_concurrent_requests:
            raise LimitReached(
                f"There are max_concurrent_requests ({limits.max_concurrent_requests}) subscriptions open",
                limit="max_concurrent_requests",
                value=limits.max_concurrent_requests,
            )
        ListenStream(request.id, channel, self._in_flight.handler, self._streams).open(wanted)


def check_meta(params: Mapping[str, Any]) -> None:
    """Rule 1. Raises `InvalidParams` or `UnsupportedProtocolVersion`."""
    meta = params.get("_meta")
    if meta.__class__ is not dict:
        raise InvalidParams.at(
            "/params/_meta" if "_meta" in params else "/params",
            f"A request needs `_meta` with {VERSION} and {CAPABILITIES};"
            " before 2026-07-28, initialize comes first",
        )
    version = meta.get(VERSION)
    if version.__class__ is not str:
        raise InvalidParams.at("/params/_meta", f"`_meta` needs {VERSION}, a string")
    if version != NEUTRAL:
        raise UnsupportedProtocolVersion(version, REVISIONS)
    if meta.get(CAPABILITIES).__class__ is not dict:
        raise InvalidParams.at("/params/_meta", f"`_meta` needs {CAPABILITIES}, an object")


class ModernCall(Call):
    """A request of the modern era."""

    revision = NEUTRAL
    _numbers: dict[str, int] | None = None
    #: The numbers as they were when the handler first ran: layers may have asked before.
    _first: dict[str, int] | None = None
    _rounds: Rounds | None = None

    @property
    def session_number(self) -> int | None:
        return None if self.transport == "http" else super().session_number

    def _run(self) -> None:
        super()._run()
        if self._first is None:
            self._first = dict(self._numbers or {})
        else:
            self._numbers = dict(self._first)

    def _known(self) -> RequestMetaObject | None:
        if self.meta is None:
            try:
                self.meta = decode_RequestMetaObject(self._params["_meta"])  # there is one: rule 1
            except DecodeError as error:
                raise InvalidParams.of(error, at="/params/_meta") from None
        return self.meta

    def resume(self) -> None:
        """Take up what earlier rounds of the request left. Raises `InvalidParams`."""
        if self.method in METHODS:
            rounds = self._begin()
            self.request_state = rounds.state
            self.input_responses = rounds.answers

    def _begin(self) -> Rounds:
        if self._rounds is None:
            sealer = self._in_flight.handler.sealer
            self._rounds = Rounds(sealer, self.method, self._params, self.principal)
        return self._rounds

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        if not self._over:
            self._channel.send(Notification(method, params))

    def _log_threshold(self) -> str | None:
        return self.meta.log_level if self.meta is not None else None

    async def _ask(self, method: str, params: dict[str, Any], key: str | None) -> tuple[str, Any]:
        if self.method not in METHODS:
            raise InvalidRequest(f"{self.method} cannot ask its client for anything")
        rounds = self._begin()
        if key is None:
            self._numbers = self._numbers or {}
            number = self._numbers[method] = self._numbers.get(method, 0) + 1
            key = f"{method}-{number}"
        answer = rounds.answers.get(key)
        if answer is None:
            raise InputRequired({key: {"method": method, "params": params}})
        return f"/params/inputResponses/{escape(key)}", answer

    def _needed(self, needed: InputRequired) -> dict[str, Any]:
        return self._begin().result(needed.requests, self.request_state)

    async def _input_required(self, result: InputRequiredResult) -> dict[str, Any]:
        value = encode_InputRequiredResult(result)
        for question in (value.get("inputRequests") or {}).values():
            require(self.client_capabilities, question["method"], question.get("params", {}))
        sealed = self._begin().result(value.get("inputRequests"), value.get("requestState"))
        return {**value, **sealed}


class ListenStream:
    """An open `subscriptions/listen` (rule 6)."""

    __slots__ = ("_channel", "_handler", "_methods", "_others", "id")

    def __init__(
        self,
        id: RequestId,
        channel: Channel,
        handler: ProtocolHandler,
        others: dict[RequestId, OpenStream],
    ) -> None:
        self.id = id
        self._channel = channel
        self._handler = handler
        self._others = others
        self._methods: set[str] = set()

    def open(self, wanted: SubscriptionFilter) -> None:
        """Acknowledge what of `wanted` the server can tell, and tell it from now on."""
        able = self._handler.capabilities(NEUTRAL)
        granted = SubscriptionFilter()
        changes = self._handler.changes
        if wanted.tools_list_changed and able.tools and able.tools.list_changed:
            granted.tools_list_changed = True
            self._methods.add(TOOLS_CHANGED)
        if wanted.prompts_list_changed and able.prompts and able.prompts.list_changed:
            granted.prompts_list_changed = True
            self._methods.add(PROMPTS_CHANGED)
        if wanted.resources_list_changed and able.resources and able.resources.list_changed:
            granted.resources_list_changed = True
            self._methods.add(RESOURCES_CHANGED)
        if wanted.resource_subscriptions and able.resources and able.resources.subscribe:
            granted.resource_subscriptions = wanted.resource_subscriptions
            self._methods.add(RESOURCE_UPDATED)
        self._others[self.id] = self
        self._send(
            "notifications/subscriptions/acknowledged", {"notifications": encode_SubscriptionFilter(granted)}
        )
        changes.add(self)
        for uri in granted.resource_subscriptions or ():
            changes.subscribe(self, uri)

    def changed(self, method: str, params: dict[str, Any]) -> None:
        """Pass a change on, if it was asked for."""
        if method in self._methods:
            self._send(method, params)

    def cancel(self) -> None:
        """The client wants no more."""
        self._forget()
        self._channel.abandon()

    def end(self) -> None:
        """The server is about to stop: answer the request."""
        self._forget()
        # Two pages, two signs: "cancellation" demands the first, "subscriptions" recommends the second.
        self._send(CANCELLED, {"requestId": self.id})
        self._channel.answer(Result(self.id, {"resultType": COMPLETE, "_meta": {SUBSCRIPTION: self.id}}))

    def _forget(self) -> None:
        self._others.pop(self.id, None)
        self._handler.changes.remove(self)

    def _send(self, method: str, params: dict[str, Any]) -> None:
        meta = {**params.get("_meta", {}), SUBSCRIPTION: self.id}
        self._channel.send(Notification(method, {**params, "_meta": meta}))
