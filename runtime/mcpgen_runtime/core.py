"""The protocol core: one `Server`, ready to answer any client of any revision.

`ServerCore` keeps nothing between two requests. What a session must remember is kept by its era
(`mcpgen_runtime.legacy`, `mcpgen_runtime.modern`), what a transport must, by the transport.
"""

from __future__ import annotations

import logging
import os
import time as clock
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Any, TypeAlias

from mcpgen_runtime import calls, completing, lists, opening
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import (
    InternalError,
    InvalidRequest,
    McpError,
    MethodNotFound,
    ToolError,
    legacy_error,
    modern_error,
    shorten,
)
from mcpgen_runtime.features import ToolEntry
from mcpgen_runtime.frames import new_correlation_id
from mcpgen_runtime.host import Host
from mcpgen_runtime.jsonrpc import Error, Notification, Request, Response, Result
from mcpgen_runtime.layering import composed, stack
from mcpgen_runtime.lifetime import Lifetime
from mcpgen_runtime.mirrored_headers import NAMED
from mcpgen_runtime.revisions import LEGACY, NEUTRAL
from mcpgen_runtime.rounds import InputRequired, merged
from mcpgen_runtime.sealing import Sealer
from mcpgen_runtime.server import Server
from mcpgen_types.codec import Converter, TypeConverter
from mcpgen_types.v2026_07_28 import (
    ServerCapabilities,
    ServerCapabilitiesPrompts,
    ServerCapabilitiesResources,
    ServerCapabilitiesTools,
    encode_Implementation,
)

log = logging.getLogger("mcpgen_runtime")

Json: TypeAlias = dict[str, Any]
Answering: TypeAlias = Callable[["ServerCore", Json, RequestContext], Coroutine[Any, Any, Json]]
Route: TypeAlias = Callable[[Request, RequestContext], Coroutine[Any, Any, Response]]

#: The requests about features: in every revision, told apart by their converters.
_FEATURES: Mapping[str, Answering] = {
    "tools/call": calls.call_tool,
    "tools/list": lists.list_tools,
    "resources/read": calls.read_resource,
    "resources/list": lists.list_resources,
    "resources/templates/list": lists.list_templates,
    "prompts/get": calls.get_prompt,
    "prompts/list": lists.list_prompts,
    "completion/complete": completing.complete,
}
#: Those of them whose results have caching hints.
_HINTED = ("tools/list", "resources/read", "resources/list", "resources/templates/list", "prompts/list")
#: The requests that only one era has.
_OF_THE_MODERN: Mapping[str, Answering] = {"server/discover": opening.discover}
_OF_THE_LEGACY: Mapping[str, Answering] = {
    "initialize": opening.initialize,
    "ping": opening.ping,
    "logging/setLevel": opening.set_level,
    "resources/subscribe": opening.subscribe,
    "resources/unsubscribe": opening.unsubscribe,
}
#: All that a server answers, in one revision or another, but for what its era keeps to itself.
METHODS = frozenset({*_FEATURES, *_OF_THE_MODERN, *_OF_THE_LEGACY})

SERVER_INFO = "io.modelcontextprotocol/serverInfo"


class ServerCore:
    """The `ProtocolHandler` of a `Server`.

    `key` (32 bytes or more) seals what clients carry about: cursors and request states. Processes that
    serve the same clients need the same key; without one, each makes its own. `time` gives seconds since
    1970, for expiry; `correlation_id` a new id for an error that only the log explains.
    """

    def __init__(
        self,
        server: Server,
        *,
        key: bytes | None = None,
        time: Callable[[], float] = clock.time,
        correlation_id: Callable[[], str] = new_correlation_id,
    ) -> None:
        self.server = server
        self.changes = server.changes
        self.lifetime = Lifetime(server)
        self.legacy = frozenset(LEGACY)
        self.sealer = Sealer(os.urandom(32) if key is None else key, now=time)
        self._correlation_id = correlation_id
        self._routes: dict[str, dict[str, Route]] = {}
        self._layer()
        server.on_layers.append(self._layer)

    def handle_request(self, request: Request, ctx: RequestContext) -> Coroutine[Any, Any, Response]:
        """The answer to `request` in the words of `ctx.revision`. Raises nothing but cancellation."""
        ctx._lifetime = self.lifetime
        revision = ctx.revision
        routes = self._routes.get(revision)
        if routes is None:
            routes = self._routes[revision] = self._routes_of(revision)
        route = routes.get(request.method)
        return self._otherwise(request, ctx) if route is None else route(request, ctx)

    @property
    def vets_listening(self) -> bool:
        """See `ProtocolHandler`: layers see every request."""
        return bool(self.server.layers)

    async def handle_notification(self, notification: Notification, ctx: RequestContext) -> None:
        """Nothing: a `Server` has no use for any that its era leaves to it."""

    def lifespan(self, host: Host) -> AbstractAsyncContextManager[None]:
        """See `ProtocolHandler.lifespan`."""
        return self.lifetime.hold(host)

    def capabilities(self, revision: str) -> ServerCapabilities:
        """What the server can do for a client of `revision`, disabled features included."""
        server = self.server
        return ServerCapabilities(
            # Up to 2024-11-05 a server that completes does not say so.
            completions={} if server.completes and revision != "2024-11-05" else None,
            logging={},
            tools=(
                ServerCapabilitiesTools(list_changed=True)
                if server.tools.all or "tools" in server.offers
                else None
            ),
            prompts=(
                ServerCapabilitiesPrompts(list_changed=True)
                if server.prompts.all or "prompts" in server.offers
                else None
            ),
            resources=(
                ServerCapabilitiesResources(list_changed=True, subscribe=True)
                if server.resources.all or server.templates.all or "resources" in server.offers
                else None
            ),
        )

    def info(self, revision: str) -> Json:
        """The server's name and version, and what else `revision` lets it say of itself."""
        info = encode_Implementation(self.server.info)
        if revision == NEUTRAL:
            return info
        types: Mapping[str, TypeConverter] = converters_of(revision).TYPES
        to_wire = types["Implementation"].to_wire
        return info if to_wire is None else to_wire(info)

    async def _unknown(self, request: Request, ctx: RequestContext) -> Response:
        return self._failed(MethodNotFound(request.method), request, ctx)

    def _failed(self, error: Exception, request: Request, ctx: RequestContext) -> Error:
        """The answer to a request that ended in `error`."""
        if isinstance(error, ToolError):  # for a tool it would be a result
            error = InvalidRequest(str(error))
        elif not isinstance(error, McpError):
            correlation_id = ctx.correlation_id or self._correlation_id()
            # repr, for the name is the client's: no line break of it gets into the log.
            name = shorten(repr(request.params.get(NAMED.get(request.method, ""))))
            what = f"{type(error).__name__}: {error}"
            log.error("%s %s failed [%s]: %s", request.method, name, correlation_id, what, exc_info=error)
            error = InternalError(correlation_id)
        known = legacy_error(error, ctx.revision) if ctx.revision in self.legacy else modern_error(error)
        return Error.of(known, request.id)

    def _layer(self) -> None:
        """Take up the server's layers: decided once, not with every request."""
        self._routes.clear()
        self._otherwise = self._layered(self._unknown)
        if log.isEnabledFor(logging.DEBUG) and (shown := stack(self.server)):
            log.debug("layers, outermost first:\n%s", shown)

    def _layered(self, route: Route) -> Route:
        """`route` inside the server's layers; as it is, where there are none."""
        layers = self.server.layers
        return composed(layers, route, self._raised) if layers else route

    def _routes_of(self, revision: str) -> dict[str, Route]:
        by_tool = any(tool.layers for tool in self.server.tools.all.values())
        if not (self.server.layers or by_tool):
            return self._bare_routes_of(revision, _FEATURES)
        hinted = {method: _hinted(_FEATURES[method]) for method in _HINTED}
        routes = self._bare_routes_of(revision, {**_FEATURES, **hinted})
        routes = {method: _begun(route) for method, route in routes.items()}
        if revision == NEUTRAL:
            routes["subscriptions/listen"] = self._modern(opening.listen, {SERVER_INFO: self.info(revision)})
        if by_tool:
            routes["tools/call"] = self._by_tool(routes["tools/call"])
        return {method: self._layered(route) for method, route in routes.items()}

    def _by_tool(self, route: Route) -> Route:
        """How tools are called where some have layers of their own."""
        tools = self.server.tools
        # The ways through the layers of tools. A layer that is added makes routes, and so these, begin anew.
        chains: dict[ToolEntry, Route] = {}

        def call(request: Request, ctx: RequestContext) -> Coroutine[Any, Any, Response]:
            name = request.params.get("name")
            tool = tools.get(name) if name.__class__ is str else None
            if tool is None or not tool.layers:
                return route(request, ctx)
            chain = chains.get(tool)
            if chain is None:
                chain = chains[tool] = composed(tool.layers, route, self._raised)
            return chain(request, ctx)

        return call

    def _raised(self, error: BaseException, request: Request, ctx: RequestContext) -> Response:
        """The answer to a request for which a layer raised `error`."""
        if isinstance(error, BaseExceptionGroup):
            error = merged(error) or error
        if isinstance(error, InputRequired):  # a layer asked the client itself
            try:
                result = {**ctx._needed(error), "_meta": {SERVER_INFO: self.info(ctx.revision)}}
                return Result(request.id, result)
            except Exception as refused:
                error = refused
        if not isinstance(error, Exception):
            raise error
        return self._failed(error, request, ctx)

    def _bare_routes_of(self, revision: str, features: Mapping[str, Answering]) -> dict[str, Route]:
        """How each method of `revision` is answered, without layers."""
        if revision == NEUTRAL:
            info = {SERVER_INFO: self.info(revision)}
            methods = {**features, **_OF_THE_MODERN}
            return {method: self._modern(answer, info) for method, answer in methods.items()}
        converters: Mapping[str, Converter] = converters_of(revision).CONVERTERS
        return {
            **{method: self._legacy(answer, converters[method]) for method, answer in features.items()},
            **{method: self._session(answer) for method, answer in _OF_THE_LEGACY.items()},
        }

    def _modern(self, answer: Answering, info: Json) -> Route:
        """How a request of the modern era is answered: every result says who gives it."""

        async def route(request: Request, ctx: RequestContext) -> Response:
            try:
                try:
                    result = await answer(self, request.params, ctx)
                except InputRequired as needed:
                    result = ctx._needed(needed)
                except BaseExceptionGroup as group:  # of an asyncio.TaskGroup
                    wanted = merged(group)
                    if wanted is None:
                        raise
                    result = ctx._needed(wanted)
            except Exception as error:
                return self._failed(error, request, ctx)
            meta = result.get("_meta")
            # `info` goes into a result as it is: encoders share, and nobody changes, what they are given.
            result["_meta"] = info if meta is None else {**info, **meta}
            return Result(request.id, result)

        return route

    def _legacy(self, answer: Answering, converter: Converter) -> Route:
        """How a request about features is answered in an older revision: converted, there and back."""
        to_neutral, to_wire = converter.params_from_wire, converter.result_to_wire

        async def route(request: Request, ctx: RequestContext) -> Response:
            params = request.params
            try:
                if to_neutral is not None:
                    params = to_neutral(params)
                # What a modern request says of its client, a session said once.
                if "_meta" not in params:
                    params = {**params, "_meta": ctx.session_meta}
                elif params["_meta"].__class__ is dict:  # whatever else it is, the decoder refuses
                    params = {**params, "_meta": {**params["_meta"], **ctx.session_meta}}
                result = await answer(self, params, ctx)
                return Result(request.id, result if to_wire is None else to_wire(result))
            except Exception as error:
                return self._failed(error, request, ctx)

        return route

    def _session(self, answer: Answering) -> Route:
        """How a request about a session is answered: it is in the words of its revision."""

        async def route(request: Request, ctx: RequestContext) -> Response:
            try:
                return Result(request.id, await answer(self, request.params, ctx))
            except Exception as error:
                return self._failed(error, request, ctx)

        return route


def _hinted(answer: Answering) -> Answering:
    """`answer`, its caching hints told to the context: older revisions have no words for them."""

    async def run(core: ServerCore, params: Json, ctx: RequestContext) -> Json:
        result = await answer(core, params, ctx)
        if "ttlMs" in result:
            ctx.caching = (result["ttlMs"], result["cacheScope"])
        return result

    return run


def _begun(route: Route) -> Route:
    """`route`, told to the context: a layer may call on more than once."""

    def run(request: Request, ctx: RequestContext) -> Coroutine[Any, Any, Response]:
        ctx._run()
        return route(request, ctx)

    return run


def converters_of(revision: str) -> Any:
    """The module that converts between `revision` and the neutral types."""
    return import_module(f"mcpgen_types.v{revision.replace('-', '_')}.neutral")
