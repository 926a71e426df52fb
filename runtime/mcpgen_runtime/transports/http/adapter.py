"""The HTTP transport as an adapter: the ASGI app, served by uvicorn."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http.app import HttpApp
from mcpgen_runtime.transports.http.connections import close_silent, guarded
from mcpgen_runtime.transports.http.direct import direct
from mcpgen_runtime.transports.living import living
from mcpgen_runtime.transports.tcp import address_of

if TYPE_CHECKING:
    import uvicorn

#: How often it is asked whether what was written is sent: uvicorn does not tell.
_SENT_SECONDS = 0.02


class HttpAdapter:
    """Listens at `host`:`port`. `listening` is called with each address, once it does.

    Needs uvicorn (`pip install "mcpgen[http]"`); uses uvloop, where the loop that runs is one, and
    httptools where it is installed.
    """

    name: ClassVar[str] = "http"

    def __init__(self, *, listening: Callable[[str], object] | None = None) -> None:
        self._config = TransportConfig()
        self._listening = listening

    def configure(self, config: TransportConfig) -> None:
        """See `TransportAdapter.configure`."""
        self._config = config

    async def serve(self, handler: ProtocolHandler) -> None:
        """See `TransportAdapter.serve`."""
        async with living(handler):
            await self._serve(HttpApp(handler, self._config))

    async def _serve(self, app: HttpApp) -> None:
        config = self._config
        sockets = await _listeners(config)
        await app.start()
        server = _server(app, config)
        serving = asyncio.ensure_future(server.serve(sockets=sockets))
        watching = asyncio.ensure_future(
            close_silent(
                server.server_state.connections,
                config.message_seconds,
                idle_seconds=server.config.timeout_keep_alive,
            )
        )
        try:
            if self._listening is not None:
                for each in sockets:
                    self._listening(address_of(each.getsockname()))
            await asyncio.shield(serving)
        finally:
            watching.cancel()
            until = asyncio.get_running_loop().time() + config.drain_seconds
            try:
                for listener in getattr(server, "servers", ()):  # there once it has started
                    listener.close()
                await app.close()
                await _sent(server.server_state, until)
            finally:
                server.should_exit = server.force_exit = True
                await serving


async def _sent(state: uvicorn.server.ServerState, until: float) -> None:
    """Return when all that was written to the connections is sent; drop those that take it no sooner."""
    loop = asyncio.get_running_loop()
    while loop.time() < until and (
        state.tasks or any(each.transport.get_write_buffer_size() for each in tuple(state.connections))
    ):
        await asyncio.sleep(_SENT_SECONDS)
    for each in tuple(state.connections):
        if each.transport.get_write_buffer_size():
            each.transport.abort()


async def _listeners(config: TransportConfig) -> list[socket.socket]:
    """Sockets bound to every address of `host`. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    addresses = await loop.getaddrinfo(
        config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    sockets: list[socket.socket] = []
    port = config.port
    try:
        for family, kind, protocol, _, address in dict.fromkeys(addresses):
            listener = socket.socket(family, kind, protocol)
            sockets.append(listener)
            if os.name == "posix":  # elsewhere it would let two servers listen at once
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                # What is accepted inherits it: the system drops a peer that takes nothing for that long,
                # after uvicorn, which waits for what it has written, has closed the connection.
                milliseconds = int(config.limits.write_seconds * 1000)
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
            listener.bind((address[0], port, *address[2:]))
            port = listener.getsockname()[1]  # chosen by the system: the same for all
            listener.listen(config.backlog)
            listener.setblocking(False)
    except BaseException:
        for listener in sockets:
            listener.close()
        raise
    return sockets


def _server(app: HttpApp, config: TransportConfig) -> uvicorn.Server:
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=_protocol(app, config),
            ws="auto",
            ws_max_size=config.limits.max_message_bytes,
            ws_ping_interval=config.ping_seconds,
            ws_ping_timeout=config.ping_seconds,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=config.backlog,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=config.limits.max_headers_bytes,
        )
    )
    # Signals are the business of whoever runs the adapters.
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
    return server


def _protocol(app: HttpApp, config: TransportConfig) -> Any:
    """What uvicorn makes of a connection: by httptools where it is installed, else by h11."""
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    protocol: Any = guarded(AutoHTTPProtocol, config.limits)  # type: ignore[arg-type]
    # Only httptools calls back for each part of a request.
    return direct(protocol, app, config) if hasattr(protocol, "on_message_complete") else protocol
