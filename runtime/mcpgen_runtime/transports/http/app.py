"""The ASGI app: Streamable HTTP, HTTP+SSE and WebSocket on one server.

It can stand alone under any ASGI server, or be mounted in a Starlette or FastAPI app, which lends it its
lifespan: `Starlette(routes=[Mount("/", app)], lifespan=app.lifespan)`. Where it gets none, the server's own
lifespan is entered with the first request, and left by `close`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from traceback import format_exception
from typing import TypeAlias

from mcpgen_runtime.errors import InvalidRequest
from mcpgen_runtime.host import Host
from mcpgen_runtime.lifetime import LifespanFailed
from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.asyncio_host import AsyncioHost
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http.admission import Admission
from mcpgen_runtime.transports.http.asgi import (
    Asgi,
    Disconnected,
    Header,
    Receive,
    Scope,
    Send,
    principal_of,
)
from mcpgen_runtime.transports.http.endpoint import Endpoint
from mcpgen_runtime.transports.http.http_sse import HttpSse
from mcpgen_runtime.transports.http.refusal import BAD_REQUEST, METHOD_NOT_ALLOWED, NOT_FOUND, Refusal
from mcpgen_runtime.transports.http.sessions import Sessions
from mcpgen_runtime.transports.living import living
from mcpgen_runtime.transports.websocket import SUBPROTOCOL, WebSockets

log = logging.getLogger("mcpgen_runtime")

Principal: TypeAlias = Callable[[Scope], str | None]
Serve: TypeAlias = Callable[[Scope, dict[bytes, bytes], str | None, Receive, Send], Awaitable[None]]


class HttpApp:
    """Serves `handler` as an ASGI app.

    `principal` says who sends a request: what it returns for the scope is `ctx.principal`, and a session
    serves only the one who opened it. By default that is `scope["user"]`, where an authentication
    middleware has set it. `sessions` makes what keeps the sessions of older clients: `Sessions`, or a
    `SealedSessions` with a key, which keeps nothing.
    """

    def __init__(
        self,
        handler: ProtocolHandler,
        config: TransportConfig | None = None,
        *,
        principal: Principal = principal_of,
        sessions: Callable[[ProtocolHandler, Host, TransportConfig], Sessions] = Sessions,
    ) -> None:
        self._handler = handler
        self._sessions = sessions
        self._config = config or TransportConfig()
        self._principal = principal
        self._admission = Admission(self._config)
        self._served: _Served | None = None
        self._starting = asyncio.Lock()
        self._life = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See https://asgi.readthedocs.io."""
        kind = scope["type"]
        if kind == "http":
            try:
                served = self._served or await self.start()
                path = _path(scope)
                serve = served.routes.get((path, scope["method"]))
                raw = self._admission.headers(scope["headers"])
                if serve is not None:
                    await serve(scope, raw, self._principal(scope), receive, send)
                else:
                    await served.refuse(path, scope["method"], send)
            except Refusal as refusal:
                await refusal.send(send)
            except Disconnected:
                pass
        elif kind == "websocket":
            await self._serve_websocket(scope, receive, send)
        elif kind == "lifespan":
            await self._serve_lifespan(receive, send)
        else:
            raise RuntimeError(f"an MCP server has no use for ASGI scopes of type {kind!r}")

    async def start(self, *, anew: bool = False) -> _Served:
        """Enter the server's lifespan, which the first request does otherwise. Raises `LifespanFailed`."""
        async with self._starting:
            if self._served is None or anew:
                await self._life.enter_async_context(living(self._handler))
                self._served = _Served(self._handler, self._config, self._sessions)
            return self._served

    def post(self, headers: Sequence[Header], text: bytes) -> bytes | Asgi:
        """Serve a POST to the endpoint, all of which is there, as far as it goes without waiting.

        Returns the JSON of the reply, whose status is 200, or who sends another reply or waits for it. For a
        server with nothing before the app, which has been started: nobody says who the client is.
        """
        assert self._served is not None
        endpoint = self._served.endpoint
        try:
            raw = self._admission.headers(headers)
            endpoint.admit(raw)
            exchange = endpoint.begin(text, raw, None)
        except Refusal as refusal:
            return _refusing(refusal)
        if exchange.plain:
            assert exchange.body is not None
            return exchange.body

        async def finish(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await endpoint.finish(exchange, receive, send)
            except Refusal as refusal:
                await refusal.send(send)

        return finish

    def end_listen_streams(self) -> None:
        """Answer every listen stream, as if the server were about to end; it goes on."""
        if self._served is not None:
            self._served.endpoint.end_listen_streams()

    async def close(self, *, drain_seconds: float | None = None) -> None:
        """End gracefully: take nothing new, answer what is in flight within `drain_seconds`, cancel the rest.

        Listen streams end with their result, and then the server's lifespan. `drain_seconds` is the
        configuration's unless given. For whoever mounts the app where no lifespan reaches it; may be
        repeated. Cancelled, it ends at once. Raises `LifespanFailed`.
        """
        served = self._served
        if served is None:
            return
        seconds = self._config.drain_seconds if drain_seconds is None else drain_seconds
        try:
            await asyncio.wait_for(served.drain(), seconds)  # see stream.py, on `asyncio.timeout`
        except TimeoutError:
            if served.calls:
                log.warning("http: %d calls took longer than drain_seconds (%g)", served.calls, seconds)
        finally:
            served.close()
            await self._life.aclose()

    @asynccontextmanager
    async def lifespan(self, around: object = None) -> AsyncIterator[None]:
        """Start, and end as `close` does. For the app around this one to use as its lifespan, or in it.

        Frameworks give a lifespan the app `around`, and do not pass theirs on to what is mounted. Raises
        `LifespanFailed`.
        """
        await self.start(anew=True)
        try:
            yield
        finally:
            await self.close()

    async def _serve_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._admission.headers(scope["headers"])
            if _path(scope) != self._config.path:
                raise Refusal(NOT_FOUND, InvalidRequest(f"The endpoint is at {self._config.path}"))
            if SUBPROTOCOL not in scope.get("subprotocols", ()):
                raise Refusal(BAD_REQUEST, InvalidRequest(f"Sec-WebSocket-Protocol must list {SUBPROTOCOL}"))
        except Refusal as refusal:
            await receive()
            await refusal.send_instead_of_websocket(scope, send)
        else:
            served = self._served or await self.start()
            await served.websockets.serve(receive, send, principal=self._principal(scope))

    async def _serve_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        phase = "startup"
        try:
            async with self.lifespan():
                await send({"type": "lifespan.startup.complete"})
                phase = "shutdown"
                await receive()
        except LifespanFailed as failed:
            # The ASGI server prints the message, as much as it is, and ends.
            message = "".join(format_exception(failed.cause or failed))
            await send({"type": f"lifespan.{phase}.failed", "message": message})
        else:
            await send({"type": "lifespan.shutdown.complete"})


class _Served:
    """What exists while an event loop runs."""

    def __init__(
        self,
        handler: ProtocolHandler,
        config: TransportConfig,
        sessions: Callable[[ProtocolHandler, Host, TransportConfig], Sessions],
    ) -> None:
        self.host = AsyncioHost()
        self.endpoint = Endpoint(handler, self.host, config, sessions)
        self.sse = HttpSse(handler, self.host, config)
        self.websockets = WebSockets(handler, config)
        self.routes: dict[tuple[str, str], Serve] = {
            (config.path, "POST"): self.endpoint.post,
            (config.path, "GET"): self.endpoint.get,
            (config.path, "DELETE"): self.endpoint.delete,
        }
        if config.sse_path is not None:
            self.routes[config.sse_path, "GET"] = self.sse.events
            self.routes[f"{config.sse_path}/messages", "POST"] = self.sse.message

    @property
    def calls(self) -> int:
        """How many requests wait for their answer."""
        return self.endpoint.calls + self.sse.calls + self.websockets.calls

    async def refuse(self, path: str, method: str, send: Send) -> None:
        """Answer a request that is for none of the routes."""
        allowed = [each for known, each in self.routes if known == path]
        if allowed:
            header = (b"allow", ", ".join(allowed).encode())
            raise Refusal(METHOD_NOT_ALLOWED, InvalidRequest(f"No {method[:20]} here"), headers=(header,))
        # No JSON-RPC error: that would say that an MCP endpoint is here (2026-07-28, backward compatibility).
        body = b"Not Found"
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": NOT_FOUND, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def drain(self) -> None:
        """Take nothing new, and return when all that was taken has ended."""
        await asyncio.gather(self.endpoint.drain(), self.sse.drain(), self.websockets.close())

    def close(self) -> None:
        """Cancel what is left."""
        self.endpoint.close()
        self.sse.close()
        self.host.close()


def _refusing(refusal: Refusal) -> Asgi:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await refusal.send(send)

    return refuse


def _path(scope: Scope) -> str:
    """The path below the place where the app is mounted."""
    path: str = scope["path"]
    root = scope.get("root_path")
    # Older servers and frameworks leave out of the path what is in the root.
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path
