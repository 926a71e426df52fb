"""A component behind every native transport: the `ProtocolHandler` that asks it.

What `mcpgen:mcp/handler` leaves to its host is done here: a session's `_meta` goes into each message, the
questions of an `InputRequiredResult` to a client of an older revision, changes to whoever wants to hear of
them; and whatever goes wrong in a component is the error of that one request.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any

from mcpgen.hosting.instance import Call, HandlerInstance, Slices, Trapped
from mcpgen.hosting.library import WasmError
from mcpgen.hosting.loading import Loaded, tried
from mcpgen.hosting.pool import Pool
from mcpgen.hosting.replies import (
    INPUT_REQUIRED,
    LOG_MESSAGE,
    PROGRESS,
    Asked,
    Garbage,
    Replies,
    announced,
    judged,
)
from mcpgen.hosting.values import Context, Unexpected
from mcpgen_runtime.changes import Changes
from mcpgen_runtime.context import SEVERITY, RequestContext
from mcpgen_runtime.errors import (
    InternalError,
    InvalidParams,
    InvalidRequest,
    McpError,
    MethodNotFound,
    ToolError,
    legacy_error,
    modern_error,
    shorten,
)
from mcpgen_runtime.frames import new_correlation_id
from mcpgen_runtime.host import Host
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import Error, Notification, Request, Response, Result
from mcpgen_runtime.legacy_call import MAX_ROUNDS
from mcpgen_runtime.revisions import LEGACY, NEUTRAL
from mcpgen_runtime.sealing import Sealer
from mcpgen_types.codec import DecodeError
from mcpgen_types.v2026_07_28 import (
    ServerCapabilities,
    decode_ServerCapabilities,
    encode_ClientCapabilities,
    encode_Implementation,
)

log = logging.getLogger("mcpgen.hosting")

Json = dict[str, Any]
_META = "io.modelcontextprotocol/"
_INTRODUCING = ("server/discover", "initialize")
_OF_A_ROUND = ("inputResponses", "requestState")
_ABOVE_ALL = len(SEVERITY)
#: A longer message takes a while to be passed alone.
_BRIEF_BYTES = 16 * 1024
_NOTHING: Replies = ([], None)


class ComponentServer:
    """Serves a component, or a server component behind its middleware, as loaded by `loading.load`.

    Raises `UsageError` where no instance can be made.

    `key` (32 bytes or more) is what the component's own key is derived from, by the name of its file:
    processes that serve the same clients need the same. Without one, each makes its own.
    """

    #: See `ProtocolHandler`.
    opens_later = True

    def __init__(self, loaded: Loaded, *, key: bytes | None = None) -> None:
        self.loaded = loaded
        self.changes = Changes()
        self._key = derived(os.urandom(32) if key is None else key, loaded.name)
        self.sealer: Sealer = _Unopened(self._key, now=time.time)
        self._capabilities = ServerCapabilities()
        #: Whether it said so yet.
        self._introduced = False
        self._lives = 0
        hosting = loaded.hosting
        # Now, so that what cannot be linked or does not fit into its limits is told before it is served.
        first = tried(self._instance, loaded.name, hosting.limits)
        self._pool = Pool(self._instance, limits=hosting.limits, isolation=hosting.isolation, first=first)

    async def handle_request(self, request: Request, ctx: RequestContext) -> Response:
        """See `ProtocolHandler.handle_request`."""
        correlation_id = ctx.correlation_id or new_correlation_id()
        try:
            return await self._answer(request, ctx, correlation_id)
        except (Trapped, WasmError, Garbage, Unexpected) as error:
            method = shorten(repr(request.method))
            log.error("%s of %s failed [%s]: %s", method, self.loaded.name, correlation_id, error)
            failure: McpError = InternalError(correlation_id)
        except McpError as error:
            failure = error
        except ToolError as error:  # the client refused to answer
            failure = InvalidRequest(str(error))
        known = modern_error(failure) if ctx.revision == NEUTRAL else legacy_error(failure, ctx.revision)
        return Error.of(known, request.id)

    async def handle_notification(self, notification: Notification, ctx: RequestContext) -> None:
        """See `ProtocolHandler.handle_notification`."""
        correlation_id = new_correlation_id()
        message = notification.to_json()
        message["params"] = _with_meta(notification.params, ctx)
        context = _context(ctx, None, correlation_id)
        try:
            asked = Asked(None, notification.method, ctx.revision)
            for each in (await self._ask(dumps(message), context, asked) or _NOTHING)[0]:
                announced(each, self.changes)
        except (Trapped, WasmError, Garbage, Unexpected) as error:
            method = shorten(repr(notification.method))
            log.error("%s of %s failed [%s]: %s", method, self.loaded.name, correlation_id, error)

    def capabilities(self, revision: str) -> ServerCapabilities:
        """What the component said that it can do, as it was first asked."""
        return self._capabilities

    def lifespan(self, host: Host) -> AbstractAsyncContextManager[None]:
        """See `ProtocolHandler.lifespan`: asks the component what it can do, and frees it at the end."""
        return _Life(self)

    async def _answer(self, request: Request, ctx: RequestContext, correlation_id: str) -> Response:
        params = _with_meta(request.params, ctx)
        context = _context(ctx, json.dumps(request.id, ensure_ascii=False), correlation_id)
        meta = params.get("_meta")
        if meta.__class__ is not dict:
            meta = {}
        asked = Asked(request.id, request.method, ctx.revision, meta.get("progressToken"))
        threshold = _severity(meta.get(f"{_META}logLevel"), of_none=_ABOVE_ALL)
        told: float | None = None
        for _ in range(MAX_ROUNDS):
            message = {"jsonrpc": "2.0", "id": request.id, "method": request.method, "params": params}
            context.time = _now()
            replies = await self._ask(dumps(message), context, asked)
            if replies is None:
                if request.method == "ping" and ctx.revision != NEUTRAL:
                    return Result(request.id, {})
                raise MethodNotFound(request.method)
            notifications, response = replies
            for each in notifications:
                if each.method == PROGRESS:
                    # Run again with an answer, the component was further the last time.
                    progress = each.params["progress"]
                    if told is not None and progress <= told:
                        continue
                    told = progress
                elif each.method == LOG_MESSAGE and _severity(each.params["level"]) < threshold:
                    continue  # more than the client wants to hear
                if not announced(each, self.changes):
                    _send(ctx, each)
            assert response is not None
            if ctx.revision == NEUTRAL or not _asks(response):
                if not self._introduced and request.method in _INTRODUCING and isinstance(response, Result):
                    self._know(response.result)
                return response
            # A client sends back what the latest result asked for, and nothing of those before.
            params = {key: value for key, value in params.items() if key not in _OF_A_ROUND}
            params |= await _asked(response, ctx)
        raise Garbage(f"it wanted input {MAX_ROUNDS} times")

    async def _ask(self, message: bytes, context: Context, asked: Asked) -> Replies | None:
        """What the component says to a message; None where it is not for it. Raises `Garbage` too."""

        def call(instance: HandlerInstance, call: Call) -> Slices[Replies | None]:
            messages = yield from instance.answer(message, context, call)
            # As part of the call: who answers garbage is not called again.
            return None if messages is None else judged(messages, asked)

        return await self._pool.run(call, brief=len(message) <= _BRIEF_BYTES)

    def _instance(self, call: Call) -> HandlerInstance:
        behind: HandlerInstance | None = None
        limits = self.loaded.hosting.limits
        for each in reversed(self.loaded.chain):
            assert each.handler is not None
            behind = HandlerInstance(
                each.code,
                each.linker,
                limits,
                handler=each.handler,
                key=self._key,
                behind=behind,
                call=call,
            )
        assert behind is not None
        return behind

    async def _begin(self) -> None:
        """Learn what the component can do: listen streams are granted by it.

        Where that fails, the first client that asks for it is not the only one to learn it.
        """
        if self._lives == 1:
            try:
                await self._discover()
            except Exception as error:
                log.error("%s does not say what it can do: %s", self.loaded.name, error)

    async def _discover(self) -> None:
        meta = {f"{_META}protocolVersion": NEUTRAL, f"{_META}clientCapabilities": {}}
        result = await self._asked_by_host("server/discover", NEUTRAL, {"_meta": meta})
        if result is None:  # one of the older revisions alone
            client = {"name": "mcpgen", "version": "0"}
            opening = {"protocolVersion": LEGACY[0], "capabilities": {}, "clientInfo": client}
            result = await self._asked_by_host("initialize", LEGACY[0], opening)
        if result is not None:
            self._know(result)

    def _know(self, introduction: Json) -> None:
        """Learn what it can do. Raises `Garbage`."""
        try:
            self._capabilities = decode_ServerCapabilities(introduction.get("capabilities", {}))
        except DecodeError as error:
            raise Garbage(f"its capabilities are none: {error}") from None
        self._introduced = True

    async def _asked_by_host(self, method: str, revision: str, params: Json) -> Json | None:
        message = {"jsonrpc": "2.0", "id": 0, "method": method, "params": params}
        context = Context(revision, "host", "0", None, (), _now(), new_correlation_id())
        replies = await self._ask(dumps(message), context, Asked(0, None, revision))
        if replies is None:
            return None
        response = replies[1]
        return response.result if isinstance(response, Result) else None


def derived(key: bytes, name: str) -> bytes:
    """The key of the component in the file `name`: no component learns the key of its host."""
    return hmac.new(key, b"mcpgen:mcp/handler\0" + name.encode(), hashlib.sha256).digest()


class _Unopened(Sealer):
    """What clients carry about, the component made and opens: nothing of it is for the host to judge."""

    __slots__ = ()

    def open(self, purpose: str, token: str, *, bound_to: Any = ()) -> Any:
        """Nothing that would be of use here."""
        return {}


class _Life(AbstractAsyncContextManager[None]):
    def __init__(self, server: ComponentServer) -> None:
        self._server = server

    async def __aenter__(self) -> None:
        self._server._lives += 1
        await self._server._begin()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server._lives -= 1
        if not self._server._lives:
            self._server._pool.close()


def _context(ctx: RequestContext, request_id: str | None, correlation_id: str) -> Context:
    headers: Mapping[str, str] | None = ctx.headers
    return Context(
        ctx.revision,
        ctx.transport,
        request_id,
        ctx.principal,
        tuple(headers.items()) if headers else (),
        _now(),
        correlation_id,
    )


def _with_meta(params: Json, ctx: RequestContext) -> Json:
    """The params of a message, `_meta` saying what a session knows, in the keys of 2026-07-28."""
    if ctx.revision == NEUTRAL:
        return params
    known: Json = {
        f"{_META}protocolVersion": ctx.revision,
        f"{_META}clientCapabilities": encode_ClientCapabilities(ctx.client_capabilities),
    }
    if ctx.client_info is not None:
        known[f"{_META}clientInfo"] = encode_Implementation(ctx.client_info)
    level = ctx._log_threshold()
    if level is not None:
        known[f"{_META}logLevel"] = level
    given = params.get("_meta", {})
    if given.__class__ is not dict:
        raise InvalidParams.at("/params/_meta", "`_meta` must be an object")
    return {**params, "_meta": {**given, **known}}


def _send(ctx: RequestContext, notification: Notification) -> None:
    """Send what belongs to a request, in the words that it is in: nothing once that is over."""
    channel = getattr(ctx, "_channel", None)
    if channel is None:
        ctx._notify(notification.method, notification.params)
    elif not getattr(ctx, "_over", False):
        channel.send(notification)


def _asks(response: Response) -> bool:
    return isinstance(response, Result) and response.result.get("resultType") == INPUT_REQUIRED


async def _asked(response: Response, ctx: RequestContext) -> Json:
    """What a request is repeated with: the client's answers to what an `InputRequiredResult` asks.

    Raises `Garbage` for a result that asks nothing, `McpError` and `ToolError` for what the client answers.
    """
    assert isinstance(response, Result)
    questions = response.result.get("inputRequests") or {}
    state = response.result.get("requestState")
    if not isinstance(questions, dict) or not (questions or state):
        raise Garbage("an InputRequiredResult that asks nothing")
    answers: Json = {}
    for key, question in questions.items():
        method = question.get("method") if isinstance(question, dict) else None
        if method not in ("elicitation/create", "sampling/createMessage", "roots/list"):
            raise Garbage(f"an InputRequiredResult that asks {str(method)[:100]!r}")
        params = question.get("params")
        _, answers[key] = await ctx._asked(method, params if isinstance(params, dict) else {}, key)
    again: Json = {"inputResponses": answers}
    if state is not None:
        again["requestState"] = state
    return again


def _severity(level: Any, *, of_none: int = 0) -> int:
    """How severe a log level is; `of_none` for what is none."""
    return SEVERITY.get(level, of_none) if isinstance(level, str) else of_none


def _now() -> int:
    return int(time.time() * 1000)


__all__: Sequence[str] = ("ComponentServer", "derived")
