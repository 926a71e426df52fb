"""Layers as a component of their own, in front of a server that is another component.

The layers are those of `mcpgen_runtime.layering`, the same as in a server's own process. What they pass on
goes to the handler that the component imports; what that sends on its way, and its answer, come back through
here.

A round that the server asks for becomes a round of this component's, with the server's state sealed in its
own, and the server's questions have a prefix to their names: a layer may ask too, under any name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from mcpgen_runtime.changes import PROMPTS_CHANGED, RESOURCE_UPDATED, RESOURCES_CHANGED, TOOLS_CHANGED
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import (
    Error,
    InvalidMessage,
    Message,
    Notification,
    Request,
    Response,
    Result,
    message_of,
)
from mcpgen_runtime.layering import Layer
from mcpgen_runtime.rounds import METHODS
from mcpgen_runtime.server import Server
from mcpgen_runtime.transports.wasi.call import SAID_BY_SESSION, ComponentCall, Context
from mcpgen_types.codec import DecodeError
from mcpgen_types.v2026_07_28 import decode_RequestMetaObject

#: The handler that the component imports: the messages that belong to a message, None for `not-mine`.
Inner: TypeAlias = Callable[[bytes, Context], "list[bytes] | None"]
Json: TypeAlias = dict[str, Any]

_LISTS = (TOOLS_CHANGED, PROMPTS_CHANGED, RESOURCES_CHANGED)
_CHANGES = (*_LISTS, RESOURCE_UPDATED)
_PROGRESS = "notifications/progress"
#: Before the names of the questions that the server asks.
_OF_THE_SERVER = "server/"
#: It seals nothing: the first message brings the key.
_NO_KEY = bytes(32)


class MiddlewareCore(ServerCore):
    """The `ProtocolHandler` of a middleware component: every request goes through `layers` to `inner`."""

    def __init__(self, layers: Iterable[Layer], inner: Inner) -> None:
        """Raises `DefinitionError` for what is no layer."""
        super().__init__(Server("middleware", "0", layers=tuple(layers)), key=_NO_KEY)
        self._inner = inner

    async def handle_request(self, request: Request, ctx: RequestContext) -> Response:
        """See `ProtocolHandler.handle_request`. Layers see what the client said, not what its session did."""
        ctx._lifetime = self.lifetime
        if ctx.session_meta:
            request = Request(request.id, request.method, _without_session(request.params))
        return await self._otherwise(request, ctx)

    async def handle_notification(self, notification: Notification, ctx: RequestContext) -> None:
        """Pass it on: no layer sees it. What it changes behind, is announced; all else is said to nobody."""
        assert isinstance(ctx, ComponentCall)
        for message in self._inner(dumps(notification.to_json()), ctx.context) or ():
            read = _read(message)
            if isinstance(read, Notification) and read.method in _CHANGES:
                self._hear(read, ctx)

    async def _unknown(self, request: Request, ctx: RequestContext) -> Response:
        """What is innermost: the other component."""
        assert isinstance(ctx, ComponentCall)
        ctx._run()
        try:
            params = _passed_on(request, ctx)
            messages = self._inner(dumps(Request(request.id, request.method, params).to_json()), ctx.context)
            if messages is None:
                return await super()._unknown(request, ctx)
            answer: Response | None = None
            for message in messages:
                read = _read(message)
                if isinstance(read, Notification):
                    self._hear(read, ctx)
                elif isinstance(read, Result | Error):
                    answer = read
            if answer is None:
                raise ValueError("the component behind this one gave no answer")
            return _with_round(answer, ctx) if request.method in METHODS else answer
        except Exception as error:
            return self._failed(error, request, ctx)

    def _raised(self, error: BaseException, request: Request, ctx: RequestContext) -> Response:
        response = super()._raised(error, request, ctx)
        # Who asks is the server, as clients see it, and what that is called is not known here.
        if isinstance(response, Result):
            return Result(
                response.id, {key: response.result[key] for key in response.result if key != "_meta"}
            )
        return response

    def _hear(self, notification: Notification, ctx: ComponentCall) -> None:
        method, params = notification.method, notification.params
        if method in _LISTS:
            self.changes.announce(method)
        elif method == RESOURCE_UPDATED:
            self.changes.announce_update(params["uri"])
        elif method != _PROGRESS:
            ctx.replies.send(notification)
        elif ctx._told_progress is None or params["progress"] > ctx._told_progress:
            # A layer may call on twice: what the client knows, it is not told again.
            ctx._last_progress = ctx._told_progress = params["progress"]
            ctx.replies.send(notification)


def _read(message: bytes) -> Message:
    try:
        return message_of(json.loads(message))
    except InvalidMessage as error:  # the client has done nothing wrong
        raise ValueError(f"the component behind this one sent what is no message: {error}") from None


def _without_session(params: Json) -> Json:
    meta = params.get("_meta")
    if not isinstance(meta, dict):
        return params
    said = {key: value for key, value in meta.items() if key not in SAID_BY_SESSION}
    rest = {key: value for key, value in params.items() if key != "_meta"}
    return {**rest, "_meta": said} if said else rest


def _passed_on(request: Request, ctx: ComponentCall) -> Json:
    """The params as the component behind gets them: with what the session says, and its own answers."""
    params = request.params
    if ctx.session_meta:
        meta = params.get("_meta", {})
        if isinstance(meta, dict):  # whatever else it is, the server refuses
            params = {**params, "_meta": {**meta, **ctx.session_meta}}
    _know(params.get("_meta"), ctx)
    if request.method not in METHODS:
        return params
    params = {key: value for key, value in params.items() if key not in ("inputResponses", "requestState")}
    if answers := {
        key.removeprefix(_OF_THE_SERVER): answer
        for key, answer in ctx.input_responses.items()
        if key.startswith(_OF_THE_SERVER)
    }:
        params["inputResponses"] = answers
    if ctx.request_state is not None:
        params["requestState"] = ctx.request_state
    return params


def _know(meta: Any, ctx: RequestContext) -> None:
    try:
        ctx._know(decode_RequestMetaObject(meta))
    except DecodeError:  # the server says what is wrong with it
        return


def _with_round(answer: Response, ctx: ComponentCall) -> Response:
    """`answer`, which carries this component's state where it asks the client for something."""
    if not isinstance(answer, Result):
        return answer
    result = answer.result
    if result.get("resultType") != "input_required":
        if "ttlMs" in result:
            ctx.caching = (result["ttlMs"], result["cacheScope"])
        return answer
    questions: Mapping[str, Any] = result.get("inputRequests") or {}
    asked = {f"{_OF_THE_SERVER}{key}": question for key, question in questions.items()}
    return Result(answer.id, {**result, **ctx._begin().result(asked, result.get("requestState"))})
