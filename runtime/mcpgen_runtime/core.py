"""The protocol core: one `Server`, ready to answer any client of any revision.

`ServerCore` keeps nothing between two requests. What a session must remember is kept by its era
(`mcpgen_runtime.legacy`, `mcpgen_runtime.modern`), what a transport must, by the transport.
"""

from __future__ import annotations

import logging
import secrets
import time as clock
from collections.abc import Callable, Coroutine, Mapping
from importlib import import_module
from typing import Any, TypeAlias

from mcpgen_runtime import calls, completing, lists, opening
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import (
    InternalError,
    InvalidParams,
    McpError,
    MethodNotFound,
    legacy_error,
    modern_error,
)
from mcpgen_runtime.frames import new_correlation_id
from mcpgen_runtime.jsonrpc import Error, Notification, Request, Response, Result
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.protocol import LEGACY, NEUTRAL, REVISIONS
from mcpgen_runtime.rounds import InputRequired
from mcpgen_runtime.sealing import Sealer
from mcpgen_runtime.server import Server
from mcpgen_types.codec import Converter, DecodeError
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
#: The requests that only one era has.
_OF_THE_MODERN: Mapping[str, Answering] = {"server/discover": opening.discover}
_OF_THE_LEGACY: Mapping[str, Answering] = {
    "initialize": opening.initialize,
    "ping": opening.ping,
    "logging/setLevel": opening.set_level,
    "resources/subscribe": opening.subscribe,
    "resources/unsubscribe": opening.unsubscribe,
}

_SERVER_INFO = "io.modelcontextprotocol/serverInfo"


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
        limits: Limits | None = None,
        time: Callable[[], float] = clock.time,
        correlation_id: Callable[[], str] = new_correlation_id,
    ) -> None:
        self.server = server
        self.changes = server.changes
        self.limits = limits or Limits()
        self.legacy = frozenset(LEGACY)
        self.sealer = Sealer(secrets.token_bytes(32) if key is None else key, now=time)
        self._correlation_id = correlation_id
        self._routes: dict[str, dict[str, Callable[[Json, RequestContext], Coroutine[Any, Any, Json]]]] = {}

    async def handle_request(self, request: Request, ctx: RequestContext) -> Response:
        """The answer to `request` in the words of `ctx.revision`. Raises nothing but cancellation."""
        try:
            routes = self._routes.get(ctx.revision)
            if routes is None:
                routes = self._routes[ctx.revision] = self._routes_of(ctx.revision)
            answer = routes.get(request.method)
            if answer is None:
                raise MethodNotFound(request.method)
            return Result(request.id, await answer(request.params, ctx))
        except McpError as error:
            return self._error(error, request, ctx)
        except DecodeError as error:
            return self._error(InvalidParams.of(error), request, ctx)
        except Exception as error:
            correlation_id = self._correlation_id()
            name = request.params.get("name") or request.params.get("uri") or ""
            log.exception("%s %s failed [%s]: %s", request.method, name, correlation_id, error)
            return self._error(InternalError(correlation_id), request, ctx)

    async def handle_notification(self, notification: Notification, ctx: RequestContext) -> None:
        """Nothing: those that mean something mean it to a session, and its era listens itself."""

    def capabilities(self, revision: str) -> ServerCapabilities:
        """What the server can do for a client of `revision`."""
        server = self.server
        completes = any(entry.completers for entry in (*server.prompts.values(), *server.templates.values()))
        return ServerCapabilities(
            # Up to 2024-11-05 a server that completes does not say so.
            completions={} if completes and revision != "2024-11-05" else None,
            logging={},
            tools=(
                ServerCapabilitiesTools(list_changed=True)
                if server.tools or "tools" in server.offers
                else None
            ),
            prompts=(
                ServerCapabilitiesPrompts(list_changed=True)
                if server.prompts or "prompts" in server.offers
                else None
            ),
            resources=(
                ServerCapabilitiesResources(list_changed=True, subscribe=True)
                if server.resources or server.templates or "resources" in server.offers
                else None
            ),
        )

    def info(self, revision: str) -> Json:
        """The server's name and version, and what else `revision` lets it say of itself."""
        info = encode_Implementation(self.server.info)
        if revision == NEUTRAL:
            return info
        known = {"name", "version"}
        if revision >= "2025-06-18":
            known.add("title")
        if revision >= "2025-11-25":
            known |= {"description", "icons", "websiteUrl"}
        return {key: value for key, value in info.items() if key in known}

    def _error(self, error: McpError, request: Request, ctx: RequestContext) -> Error:
        known = legacy_error(error, ctx.revision) if ctx.revision in self.legacy else modern_error(error)
        return Error.of(known, request.id)

    def _routes_of(
        self, revision: str
    ) -> dict[str, Callable[[Json, RequestContext], Coroutine[Any, Any, Json]]]:
        if revision == NEUTRAL:
            info = {_SERVER_INFO: self.info(revision)}
            methods = {**_FEATURES, **_OF_THE_MODERN}
            return {method: self._modern(answer, info) for method, answer in methods.items()}
        converters: Mapping[str, Converter] = import_module(
            f"mcpgen_types.v{revision.replace('-', '_')}.neutral"
        ).CONVERTERS
        return {
            **{method: self._legacy(answer, converters[method]) for method, answer in _FEATURES.items()},
            **{method: self._same(answer) for method, answer in _OF_THE_LEGACY.items()},
        }

    def _modern(
        self, answer: Answering, info: Json
    ) -> Callable[[Json, RequestContext], Coroutine[Any, Any, Json]]:
        async def answered(params: Json, ctx: RequestContext) -> Json:
            try:
                result = await answer(self, params, ctx)
            except InputRequired as needed:
                result = ctx._needed(needed)
            meta = result.get("_meta")
            # A new object: results may be shared, between requests and with the author's own.
            result["_meta"] = info if meta is None else {**info, **meta}
            return result

        return answered

    def _legacy(
        self, answer: Answering, converter: Converter
    ) -> Callable[[Json, RequestContext], Coroutine[Any, Any, Json]]:
        to_neutral, to_wire = converter.params_from_wire, converter.result_to_wire

        async def answered(params: Json, ctx: RequestContext) -> Json:
            if to_neutral is not None:
                params = to_neutral(params)
            meta = params.get("_meta")
            # What a modern request says of its client, a session says once: it is put in its place.
            params = {**params, "_meta": ctx.session_meta if meta is None else {**meta, **ctx.session_meta}}
            result = await answer(self, params, ctx)
            return result if to_wire is None else to_wire(result)

        return answered

    def _same(self, answer: Answering) -> Callable[[Json, RequestContext], Coroutine[Any, Any, Json]]:
        async def answered(params: Json, ctx: RequestContext) -> Json:
            return await answer(self, params, ctx)

        return answered


__all__ = ["LEGACY", "NEUTRAL", "REVISIONS", "ServerCore"]
