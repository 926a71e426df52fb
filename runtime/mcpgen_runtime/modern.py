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
    only what was asked for and acknowledged is sent. Layers may refuse it or ask for less before that.
    Cancelling ends it silently; when the server ends it, it says so with `notifications/cancelled` and
    answers the request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from enum import Enum
from typing import Any

from mcpgen_runtime.errors import (
    InvalidParams,
    InvalidRequest,
    McpError,
    UnsupportedProtocolVersion,
    params_of,
)
from mcpgen_runtime.host import Host
from mcpgen_runtime.in_flight import Call, InFlight, Nowhere
from mcpgen_runtime.json_text import dumps, loads
from mcpgen_runtime.jsonrpc import Error, Message, Notification, Request
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.listening import CANCELLED, Vetted, open_stream
from mcpgen_runtime.listening import LISTEN as LISTEN
from mcpgen_runtime.protocol import Channel, ProtocolHandler
from mcpgen_runtime.questions import require
from mcpgen_runtime.revisions import NEUTRAL, REVISIONS
from mcpgen_runtime.rounds import METHODS, InputRequired, Rounds
from mcpgen_types.codec import DecodeError, escape
from mcpgen_types.v2026_07_28 import (
    InputRequiredResult,
    RequestMetaObject,
    decode_RequestMetaObject,
    decode_SubscriptionsListenRequestParams,
    encode_InputRequiredResult,
)

VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"


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
    STARTED = "given to the layers and the handler"
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
        Event.ACKNOWLEDGED: State.LISTENING,
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


#: The `_meta` that clients sent lately, where it was valid and said nothing but who they are: most requests
#: of a client say the same again. What is no object or array in them is a string, which equals nothing but
#: itself; 1 equals true.
_INTRODUCTIONS: deque[dict[str, Any]] = deque(maxlen=8)
_MOST_INTRODUCING = 3
_LONGEST_INTRODUCTION = 1_000


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
                self._listen(request, channel, headers)
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
            self._in_flight.cancel(notification.params)
        elif is_modern(notification.params):
            about = Request("", notification.method, notification.params)
            ModernCall(about, Nowhere(), self._in_flight, None).hear(notification)

    def _listen(self, request: Request, channel: Channel, headers: Mapping[str, str] | None) -> None:
        """Open a stream; where the handler vets it, once that agrees."""
        wanted = params_of(decode_SubscriptionsListenRequestParams, request.params).notifications
        if getattr(self._in_flight.handler, "vets_listening", False):
            vetted = Vetted(request.id, channel, self._in_flight)
            ModernCall(request, vetted, self._in_flight, headers).start(request)
        else:
            open_stream(request.id, channel, self._in_flight, wanted)


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

    def _vouches(self, meta: Any) -> bool:
        # Where a layer has put something else there, the context knows nothing of it.
        if meta is not self._params["_meta"] or len(meta) > _MOST_INTRODUCING:
            return False
        if meta in _INTRODUCTIONS:
            self._meta = None
            return True
        try:
            self._meta = decode_RequestMetaObject(meta)
        except DecodeError:
            return False
        text = dumps(meta)
        if len(text) <= _LONGEST_INTRODUCTION and _is_plain(meta):
            _INTRODUCTIONS.append(loads(text))  # no part of it is anybody else's
        return True

    def _known(self) -> RequestMetaObject | None:
        if self._meta is None:
            try:
                self._meta = decode_RequestMetaObject(self._params["_meta"])  # there is one: rule 1
            except DecodeError as error:
                raise InvalidParams.of(error, at="/params/_meta") from None
        return self._meta

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
        meta = self._known()
        return meta.log_level if meta is not None else None

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


def _is_plain(value: Any) -> bool:
    """Whether all that is in `value` is objects, arrays and strings."""
    if value.__class__ is dict:
        return all(map(_is_plain, value.values()))
    return value.__class__ is str or (value.__class__ is list and all(map(_is_plain, value)))
