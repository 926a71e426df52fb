"""Gateways and proxies: servers that answer the protocol's requests themselves, one method for each.

    class Proxy(ServerHandler):
        def capabilities(self, revision):
            return ServerCapabilities(tools=ServerCapabilitiesTools())

        async def call_tool(self, params, ctx):
            ...

    gateway = Proxy(Server("proxy", "1.0.0"))

A `Server` without features says who it is and how long it lives; `GatewayCore` serves it like any other, on
every transport and in both eras. Params and results are neutral types, whatever the client speaks.
"""

from __future__ import annotations

import logging
import time as clock
from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar, get_args

from mcpgen_runtime.calls import BrokenResult, outcome_of
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import SERVER_INFO, Answering, Route, ServerCore, converters_of
from mcpgen_runtime.errors import DefinitionError, MethodNotFound, ToolError, params_of, shorten
from mcpgen_runtime.frames import new_correlation_id
from mcpgen_runtime.jsonrpc import Notification, Request, Response
from mcpgen_runtime.results import COMPLETE
from mcpgen_runtime.revisions import LEGACY, NEUTRAL, REVISIONS
from mcpgen_runtime.rounds import METHODS as ASKING
from mcpgen_runtime.server import Server
from mcpgen_types import revision as package_of
from mcpgen_types import server as methods
from mcpgen_types import v2025_11_25, v2026_07_28
from mcpgen_types.codec import DecodeError, Method
from mcpgen_types.v2026_07_28 import (
    CallToolResult,
    DiscoverResult,
    InputRequiredResult,
    ServerCapabilities,
    TextContent,
    decode_RequestParams,
    encode_CallToolResult,
    encode_Implementation,
    encode_ServerCapabilities,
)

log = logging.getLogger("mcpgen_runtime")

Json = dict[str, Any]
T = TypeVar("T")


class ServerHandler(methods.ServerMethods[RequestContext]):
    """Who answers the requests of clients, method by method. Override those that this server answers.

    `server` says its name, version and instructions; its own features are not asked. A request whose
    method is not overridden goes to `other_request`, and so does one that the protocol does not know.
    `subscriptions/listen` has no method: its era keeps the stream, grants what `capabilities` declares, and
    passes on what `server.changes` announces; `watched` tells what clients want to hear of.

    A method may raise `McpError` and its kin to answer with an error, as any handler may, and ask the
    client with `ctx`.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        server.changes.on_interest = self._interest

    @abstractmethod
    def capabilities(self, revision: str) -> ServerCapabilities:
        """What clients of `revision` may ask for."""

    async def other_request(self, method: str, params: Json, ctx: RequestContext) -> Json:
        """Answer what no method is overridden for, in JSON: neutral, where the protocol knows the method.

        Raises `MethodNotFound`, unless overridden.
        """
        raise MethodNotFound(method)

    async def other_notification(self, method: str, params: Json, ctx: RequestContext) -> None:
        """Hear what no method is overridden for, in JSON; does nothing, unless overridden."""

    def watched(self, uri: str) -> None:
        """Called when the first client wants to hear of the resource at `uri`. Must not wait.

        `server.resource_updated(uri)` tells those who do.
        """

    def unwatched(self, uri: str) -> None:
        """Called when no client wants to hear of the resource at `uri` any more. Must not wait."""

    # What a server needs no author for.

    async def initialize(
        self, params: v2025_11_25.InitializeRequestParams, ctx: RequestContext
    ) -> v2025_11_25.InitializeResult:
        """Open a session: agree on the revision asked for, or on the newest where that is unknown."""
        asked = params.protocol_version
        agreed = asked if asked in LEGACY else LEGACY[0]
        capabilities = encode_ServerCapabilities(_capabilities(self, agreed))
        info = encode_Implementation(self.server.info)
        return v2025_11_25.InitializeResult(
            protocol_version=agreed,
            capabilities=v2025_11_25.decode_ServerCapabilities(
                _to_wire("ServerCapabilities", capabilities, LEGACY[0])
            ),
            server_info=v2025_11_25.decode_Implementation(_to_wire("Implementation", info, LEGACY[0])),
            instructions=self.server.instructions,
        )

    async def discover(self, params: v2026_07_28.RequestParams, ctx: RequestContext) -> DiscoverResult:
        """Say what this server can do and speaks."""
        return DiscoverResult(
            supported_versions=list(REVISIONS),
            capabilities=_capabilities(self, NEUTRAL),
            instructions=self.server.instructions,
            result_type=COMPLETE,
            ttl_ms=self.server.ttl_ms,
            cache_scope="public" if self.server.cache_scope == "public" else "private",
        )

    async def ping(self, params: v2025_11_25.RequestParams, ctx: RequestContext) -> None:
        """Nothing, as a sign of life."""

    async def set_logging_level(self, params: v2025_11_25.SetLevelRequestParams, ctx: RequestContext) -> None:
        """Accept the level: the session remembers it, and `ctx.log` keeps to it."""

    async def subscribe_resource(
        self, params: v2025_11_25.SubscribeRequestParams, ctx: RequestContext
    ) -> None:
        """Accept the subscription: the session remembers it."""

    async def unsubscribe_resource(
        self, params: v2025_11_25.UnsubscribeRequestParams, ctx: RequestContext
    ) -> None:
        """Accept its end."""

    # The rest.

    async def _answer(self, method: str, params: Any, ctx: RequestContext) -> Any:
        codecs = _codecs(methods.REQUESTS[method], method)
        assert codecs.params is not None and codecs.result is not None
        result = await self.other_request(method, codecs.params.encode(params), ctx)
        return codecs.result.decode(_checked(result, (dict,), "other_request", method))

    async def _hear(self, method: str, params: Any, ctx: RequestContext) -> None:
        codecs = _codecs(methods.NOTIFICATIONS[method], method)
        assert codecs.params is not None
        await self.other_notification(method, codecs.params.encode(params), ctx)

    def _interest(self, uri: str, wanted: bool) -> None:
        try:
            self.watched(uri) if wanted else self.unwatched(uri)
        except Exception:
            log.exception("watching %s failed", shorten(repr(uri)))


class GatewayCore(ServerCore):
    """The `ProtocolHandler` of a `ServerHandler`; the options are those of `ServerCore`."""

    def __init__(
        self,
        handler: ServerHandler,
        *,
        key: bytes | None = None,
        time: Callable[[], float] = clock.time,
        correlation_id: Callable[[], str] = new_correlation_id,
    ) -> None:
        server = getattr(handler, "server", None)
        if not isinstance(server, Server):
            name = type(handler).__name__
            raise DefinitionError(
                f"{name} has no server: its __init__ must call super().__init__(Server(name, version))"
            )
        super().__init__(server, key=key, time=time, correlation_id=correlation_id)
        self.handler = handler

    def capabilities(self, revision: str) -> ServerCapabilities:
        """What the handler can do for a client of `revision`."""
        return _capabilities(self.handler, revision)

    async def handle_notification(self, notification: Notification, ctx: RequestContext) -> None:
        """Have the handler hear it; one that is not what it should be is logged and dropped."""
        method, params = notification.method, notification.params
        known = methods.NOTIFICATIONS.get(method)
        if known is None or not known.since <= ctx.revision <= known.revision:
            await self.handler.other_notification(method, params, ctx)
            return
        codecs = _codecs(known, method)
        assert codecs.params is not None
        try:
            typed = codecs.params.decode(params)
        except DecodeError as error:
            log.warning("%s was dropped: %s", method, error)
            return
        await getattr(self.handler, known.attribute)(typed, ctx)

    async def _unknown(self, request: Request, ctx: RequestContext) -> Response:
        return await self._route(_other, ctx.revision)(request, ctx)

    def _bare_routes_of(self, revision: str, features: Mapping[str, Answering]) -> dict[str, Route]:
        routes: dict[str, Route] = {}
        for method, known in methods.REQUESTS.items():
            if not known.since <= revision <= known.revision:
                continue
            if method == "initialize":
                routes[method] = self._session(_initialize)
            elif known.revision == NEUTRAL != revision:
                converter = converters_of(revision).CONVERTERS[method]
                routes[method] = self._legacy(_answering(method, known), converter)
            else:
                routes[method] = self._route(_answering(method, known), revision)
        return routes

    def _route(self, answer: Answering, revision: str) -> Route:
        """How a request is answered whose params need no converting."""
        if revision != NEUTRAL:
            return self._session(answer)
        return self._modern(answer, {SERVER_INFO: self.info(revision)})


def _answering(method: str, known: methods.Answering) -> Answering:
    """How a method of the handler answers: decoded, called, encoded."""
    codecs = _codecs(known, method)
    assert codecs.params is not None and codecs.result is not None
    decode, encode = codecs.params.decode, codecs.result.encode
    # What returns nothing is answered with nothing: where there is something to say, it was forgotten.
    empty = codecs.result.name == "EmptyResult"
    kinds = get_args(codecs.result.type) or (codecs.result.type,)

    async def answer(core: ServerCore, params: Json, ctx: RequestContext) -> Json:
        assert isinstance(core, GatewayCore)
        call = getattr(core.handler, known.attribute)
        while True:
            typed = params_of(decode, _with_answers(params, ctx) if method in ASKING else params)
            if known.revision == NEUTRAL:
                ctx._know(typed.meta)
            else:
                _know(params, ctx)
            try:
                outcome = await outcome_of(partial(call, typed, ctx), ctx)
            except ToolError as error:
                if method != "tools/call":
                    raise
                text = TextContent(text=str(error))
                return encode_CallToolResult(
                    CallToolResult(content=[text], is_error=True, result_type=COMPLETE)
                )
            if outcome is None and empty:
                return {}
            _checked(outcome, kinds, known.attribute, method)
            if outcome.__class__ is not InputRequiredResult:
                result: Json = encode(outcome)
                if "ttlMs" in result:
                    ctx.caching = (result["ttlMs"], result["cacheScope"])
                return result
            ended = await ctx._input_required(outcome)
            if ended is not None:
                return ended

    return answer


async def _other(core: ServerCore, params: Json, ctx: RequestContext) -> Json:
    """How a method is answered that the client's revision does not know."""
    assert isinstance(core, GatewayCore)
    _know(params, ctx)
    outcome = await outcome_of(partial(core.handler.other_request, ctx.method, params, ctx), ctx)
    result: Json = _checked(outcome, (dict,), "other_request", ctx.method)
    return {"resultType": COMPLETE, **result} if ctx.revision == NEUTRAL else result


async def _initialize(core: ServerCore, params: Json, ctx: RequestContext) -> Json:
    """Open a session. The handler sees the newest words of its era, the client those it asked for."""
    assert isinstance(core, GatewayCore)
    asked = params.get("protocolVersion")
    if asked in LEGACY:
        params_of(package_of(asked).decode_InitializeRequestParams, params)
    if asked in LEGACY[1:]:
        known = converters_of(asked).TYPES
        for key, name in (("capabilities", "ClientCapabilities"), ("clientInfo", "Implementation")):
            params = {**params, key: _converted(known[name].from_wire, params[key])}
    typed = params_of(v2025_11_25.decode_InitializeRequestParams, params)
    result = v2025_11_25.encode_InitializeResult(await core.handler.initialize(typed, ctx))
    agreed = result["protocolVersion"]
    if agreed not in LEGACY:
        raise ValueError(f"a session cannot be opened in {agreed!r}")
    if agreed != LEGACY[0]:
        newest = converters_of(LEGACY[0]).TYPES
        for key, name in (("capabilities", "ServerCapabilities"), ("serverInfo", "Implementation")):
            neutral = _converted(newest[name].from_wire, result[key])
            result[key] = _to_wire(name, neutral, agreed)
    return result


def _capabilities(handler: ServerHandler, revision: str) -> ServerCapabilities:
    return _checked(handler.capabilities(revision), (ServerCapabilities,), "capabilities", revision)


def _checked(outcome: T, kinds: tuple[type, ...], attribute: str, what: str) -> T:
    """`outcome`, which `attribute` returned for `what`. Raises `BrokenResult` where it is of no such kind."""
    if not isinstance(outcome, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise BrokenResult(f"{attribute} returned {type(outcome).__name__} for {what}, and not {wanted}")
    return outcome


def _with_answers(params: Json, ctx: RequestContext) -> Json:
    """The params with what earlier rounds of the request left: as whoever asked has to get them."""
    params = {key: value for key, value in params.items() if key not in ("inputResponses", "requestState")}
    if ctx.input_responses:
        params["inputResponses"] = dict(ctx.input_responses)
    if ctx.request_state is not None:
        params["requestState"] = ctx.request_state
    return params


def _know(params: Json, ctx: RequestContext) -> None:
    """Tell the context what the request says of its client, or the session said."""
    meta = params.get("_meta", {})
    if meta.__class__ is dict:
        ctx._know(params_of(decode_RequestParams, {"_meta": {**meta, **ctx.session_meta}}).meta)


def _codecs(known: methods.Answering, method: str) -> Method:
    found: Method = package_of(known.revision).METHODS[method]
    return found


def _to_wire(name: str, value: Json, revision: str) -> Json:
    return _converted(converters_of(revision).TYPES[name].to_wire, value)


def _converted(convert: Callable[[Json], Json] | None, value: Json) -> Json:
    return value if convert is None else convert(value)
