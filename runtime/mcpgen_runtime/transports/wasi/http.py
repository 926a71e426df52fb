"""The `wasi:http/incoming-handler` export: the native HTTP transport, for hosts that know HTTP.

`HttpApp` is served as it is; what an ASGI server does elsewhere, is done here by `exchange`, on an event loop
that waits through `wasi:io/poll`. An instance serves one request at a time, and may be thrown away after
each: nothing is remembered between two of them. Sessions of older clients are sealed in their ids
(`transports.http.sealed_sessions`).

The environment says what must not be in a component: `MCPGEN_KEY` (32 bytes or more, the same for all
instances; older keys may follow after commas), `MCPGEN_ALLOWED_HOSTS`, `MCPGEN_ALLOWED_ORIGINS` and
`MCPGEN_STREAM_SECONDS`.
`docs/wasi-http.md` tells more.
"""

from __future__ import annotations

import asyncio
import logging
import os
from asyncio import events
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import time
from typing import Any

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.errors import InternalError, McpError
from mcpgen_runtime.frames import new_correlation_id
from mcpgen_runtime.lifetime import LifespanFailed
from mcpgen_runtime.sealing import Sealer
from mcpgen_runtime.servable import Servable, protocol_handler
from mcpgen_runtime.transports.asyncio_host import AsyncioHost
from mcpgen_runtime.transports.config import ConfigError, TransportConfig
from mcpgen_runtime.transports.http.app import HttpApp
from mcpgen_runtime.transports.http.refusal import Refusal
from mcpgen_runtime.transports.http.sealed_sessions import SealedSessions
from mcpgen_runtime.transports.wasi.bindings import Wasi
from mcpgen_runtime.transports.wasi.exchange import Exchange
from mcpgen_runtime.transports.wasi.loop import ComponentLoop, Stuck
from mcpgen_runtime.transports.wasi.pollables import Pollables
from mcpgen_runtime.transports.wasi.surroundings import install, reseed

log = logging.getLogger("mcpgen_runtime")

KEY = "MCPGEN_KEY"
ALLOWED_HOSTS = "MCPGEN_ALLOWED_HOSTS"
ALLOWED_ORIGINS = "MCPGEN_ALLOWED_ORIGINS"
STREAM_SECONDS = "MCPGEN_STREAM_SECONDS"

_INTERNAL_SERVER_ERROR = 500
_NO_KEY = bytes(32)


class CannotStart(McpError):
    """The server is not set up, or did not start: every request is told so."""

    code = InternalError.code


class HttpComponent:
    """Serves `servable` as a component that exports `wasi:http/incoming-handler`."""

    def __init__(self, servable: Servable, *, config: TransportConfig | None = None) -> None:
        # HTTP+SSE needs two requests to meet in one instance.
        self._config = config or TransportConfig(sse_path=None)
        self._handler = protocol_handler(servable, key=_NO_KEY)
        self._wasi: Wasi | None = None
        self._pollables = Pollables(self._imports)
        self._loop = ComponentLoop(self._now, self._pollables.wait)
        self._host: AsyncioHost | None = None
        self._app: HttpApp | None = None
        self._failure: CannotStart | None = None
        #: How long a listen stream may stay open; None for as long as the host lets it.
        self._stream_seconds: float | None = None

    def handle(self, request: Any, response_out: Any) -> None:
        """See `wasi:http/incoming-handler`. Raises nothing."""
        try:
            if self._wasi is None:
                self._begin()
            self._complete(self._serve(request, response_out))
            self._loop.settle()
        except BaseException as error:
            self._log("a request was not answered", error)

    def _begin(self) -> None:
        """Be at home: once for each instance, with its first request. What keeps it from that, is kept."""
        self._wasi = Wasi()
        try:
            install(_Lines(self._wasi))
            reseed()
            os.environ.update(self._wasi.environment())
            self._set_up()
        except CannotStart as failure:
            self._failure = failure
            log.error("error: %s", failure.message)
        except BaseException as error:
            self._failure = _did_not_start()
            self._log("the server did not start", error)

    def _set_up(self) -> None:
        """Do as the environment says. Raises `CannotStart`."""
        keys = _keys(os.environ.get(KEY, ""))
        config = _allowing(self._config)
        self._stream_seconds = _stream_seconds(os.environ.get(STREAM_SECONDS, ""))
        sealer = Sealer(keys[0], previous=keys[1:], now=time)
        if isinstance(self._handler, ServerCore):
            self._handler.sealer = sealer
        self._app = HttpApp(self._handler, config, sessions=partial(SealedSessions, sealer=sealer))

    def _complete(self, serving: Coroutine[Any, Any, None]) -> None:
        """Run `serving` to its end. What never waits needs no turn of the loop. Raises what it raises."""
        over = _Over()
        events._set_running_loop(self._loop)
        try:
            if self._host is None:
                self._host = AsyncioHost()
            running = self._host.start(serving, over)
        finally:
            events._set_running_loop(None)
        if running is None:
            if self._loop.has_timers:  # of tasks that outlive requests
                self._loop.turn()
        else:
            ending: asyncio.TimerHandle | None = None
            if self._stream_seconds is not None and self._app is not None:
                ending = self._loop.call_later(self._stream_seconds, self._app.end_listen_streams)
            try:
                self._loop.complete(over.wait())
            except Stuck:
                running.cancel()
                with suppress(Stuck):
                    self._loop.complete(over.wait())
                raise
            finally:
                if ending is not None:
                    ending.cancel()
        if over.error is not None:
            raise over.error

    async def _serve(self, request: Any, response_out: Any) -> None:
        exchange = Exchange(self._imports(), self._pollables, request, response_out)
        try:
            try:
                if self._failure is not None:
                    raise self._failure
                assert self._app is not None
                await self._app(exchange.scope, exchange.receive, exchange.send)
            except CannotStart as failure:
                await Refusal(_INTERNAL_SERVER_ERROR, failure).send(exchange.send)
            except LifespanFailed as failed:
                self._log("the server did not start", failed.cause or failed)
                await Refusal(_INTERNAL_SERVER_ERROR, _did_not_start()).send(exchange.send)
            except BaseException as error:
                correlation_id = new_correlation_id()
                self._log(f"a request was not answered [{correlation_id}]", error)
                if not exchange.begun:
                    refusal = Refusal(_INTERNAL_SERVER_ERROR, InternalError(correlation_id))
                    await refusal.send(exchange.send)
        finally:
            exchange.close()

    def _imports(self) -> Wasi:
        assert self._wasi is not None
        return self._wasi

    def _now(self) -> float:
        return self._imports().now()

    def _log(self, message: str, error: BaseException) -> None:
        try:
            log.error(message, exc_info=error)
        except BaseException:  # no memory for a traceback, or nothing of this instance works
            with suppress(BaseException):
                self._imports().write(f"{message}\n")


class _Over:
    """Whether a request is over, and what it raised."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self._over = False
        self._waiter: asyncio.Future[None] | None = None

    def __call__(self, nothing: None, error: BaseException | None) -> None:
        self.error = error
        self._over = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> None:
        """Return once it is."""
        if not self._over:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter


class _Lines:
    """The host's surroundings, with what is printed written line by line."""

    def __init__(self, wasi: Wasi) -> None:
        self._wasi = wasi
        self._waiting = ""
        self.now, self.time, self.sleep, self.random = wasi.now, wasi.time, wasi.sleep, wasi.random

    def write(self, text: str) -> None:
        lines, newline, rest = (self._waiting + text).rpartition("\n")
        self._waiting = rest
        if newline:
            self._wasi.write(lines + newline)


def _keys(text: str) -> list[bytes]:
    keys = [each.strip().encode() for each in text.split(",") if each.strip()]
    if not keys:
        raise CannotStart(
            f"The environment variable {KEY} is not set: it must hold a key of at least 32 bytes, the same"
            " for all instances, such as `openssl rand -hex 32` prints"
        )
    for key in keys:
        if len(key) < 32:
            raise CannotStart(
                f"A key in the environment variable {KEY} has {len(key)} bytes: it must have 32 or more"
            )
    return keys


def _allowing(config: TransportConfig) -> TransportConfig:
    """`config`, with the names that the environment lets in."""
    settings: dict[str, Any] = {}
    for variable, setting in ((ALLOWED_HOSTS, "allowed_hosts"), (ALLOWED_ORIGINS, "allowed_origins")):
        names = tuple(each.strip() for each in os.environ.get(variable, "").split(",") if each.strip())
        if names:
            settings[setting] = names
    try:
        return replace(config, **settings)
    except ConfigError as error:
        raise CannotStart(f"The environment is wrong: {error}") from None


def _stream_seconds(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise CannotStart(f"The environment variable {STREAM_SECONDS} must be a number of seconds above 0")
    return seconds


def _did_not_start() -> CannotStart:
    return CannotStart("The server did not start; its log says why")
