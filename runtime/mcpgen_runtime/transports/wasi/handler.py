"""The `handler` export: a message in, the messages that belong to it out, for a host that has the transport.

What a session knows, the host keeps. It asks the component in the words of the client's revision, and says
in `_meta` what a modern request would say there, in the words of 2026-07-28. What it leaves out is as in a
session whose client declared nothing. A handler that asks its client ends its run with an
`InputRequiredResult` in every revision, and is run again from the top once the host has the answers. What
changed meanwhile is among the messages of the call that changed it, in the words of 2026-07-28: who has
subscribed to it, the host knows.

Time stands still: who sleeps is woken at once. Nothing that goes wrong leaves `handle` as an exception, which
would end the instance.
"""

from __future__ import annotations

import logging
from asyncio import events
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.errors import InternalError, InvalidRequest, McpError
from mcpgen_runtime.frames import correlation_ids_from, parse
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import Error, InvalidMessage, Message, Notification, Request, message_of
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.revisions import REVISIONS
from mcpgen_runtime.sealing import Sealer
from mcpgen_runtime.servable import Servable, protocol_handler
from mcpgen_runtime.transports.asyncio_host import AsyncioHost
from mcpgen_runtime.transports.wasi.call import ComponentCall, Context, Replies, in_flight
from mcpgen_runtime.transports.wasi.loop import ComponentLoop, PassingTime
from mcpgen_runtime.transports.wasi.surroundings import install

log = logging.getLogger("mcpgen_runtime")

#: Nothing is sealed with it: the first message brings the key.
_NO_KEY = bytes(32)
#: So much of what was printed is kept for a host that does not fetch it.
_MAX_PRINTED = 64 * 1024


class Clock(Protocol):
    """What time it is for timers, and how one waits."""

    def now(self) -> float:
        """Seconds on a clock that never runs backwards."""

    def wait(self, seconds: float | None) -> None:
        """Wait for `seconds`, or for what else there is to wait for. Raises `Stuck`."""


class ComponentHandler:
    """Answers messages with `servable`, one at a time; `clock` is that of a host that gives one."""

    def __init__(
        self, servable: Servable, *, limits: Limits | None = None, clock: Clock | None = None
    ) -> None:
        self._limits = limits or Limits()
        self._clock: Clock = PassingTime() if clock is None else clock
        #: When the latest message came.
        self._began = 0.0
        self._loop = ComponentLoop(self._clock.now, self._clock.wait)
        self._key = _NO_KEY
        self._context: Context | None = None
        self._printed: list[str] = []
        self._handler = protocol_handler(servable, key=_NO_KEY)
        self._handler.changes.watch(self._changed)
        #: What changed while no request was served.
        self._changes: list[bytes] = []
        #: Those of the request that is served.
        self._replies: Replies | None = None
        self._host: AsyncioHost | None = None
        self._life: AbstractAsyncContextManager[None] | None = None

    def install(self) -> None:
        """Have Python use the clock and the output of this component from now on."""
        install(_Surroundings(self))
        correlation_ids_from(self._correlation_id)

    def handle(self, message: bytes, context: Context) -> list[bytes] | None:
        """See `handler.handle` in `wit/mcp.wit`; None stands for `not-mine`. Raises nothing."""
        self._context = context
        if isinstance(self._clock, PassingTime):
            self._clock.reach(context.time / 1000)
        self._began = self._clock.now()
        replies = Replies(self._loop, null_id=context.revision < "2025-11-25")
        received: Message | None = None
        try:
            received = message_of(parse(bytes(message), self._limits))
            if isinstance(received, Request | Notification):
                self._take(context)
                self._replies = replies if isinstance(received, Request) else None
                self._serve(received, context, replies)
        except McpError as error:
            id = error.request_id if isinstance(error, InvalidMessage) else getattr(received, "id", None)
            replies.refuse(Error.of(error, id))
        except BaseException as error:  # of a lifespan, a callback of the loop, the memory
            self._fail(received, error, replies)
        self._replies = None
        if replies.refused:
            return None
        if self._changes and replies.answered:
            replies.messages[-1:-1] = self._changes
            self._changes.clear()
        return replies.messages

    def close(self) -> None:
        """End what the first message began: for who knows when the instance ends, as its host does not."""
        if self._life is not None:
            self._loop.complete(self._life.__aexit__(None, None, None))
        if self._host is not None:
            self._host.close()
        self._loop.settle()
        self._loop.close()

    def printed(self) -> str:
        """What was printed and logged since the last time."""
        text = "".join(self._printed)
        self._printed.clear()
        return text if len(text) <= _MAX_PRINTED else f"[...] {text[-_MAX_PRINTED:]}"

    def _take(self, context: Context) -> None:
        """Go by what the host says. Raises `InvalidRequest`."""
        if context.revision not in REVISIONS:
            raise InvalidRequest(f"The host asks in {context.revision[:40]}, which is not served here")
        if context.key != self._key:
            key = bytes(context.key)
            if isinstance(self._handler, ServerCore):
                self._handler.sealer = Sealer(key, now=self._time)
            self._key = key

    def _serve(self, received: Request | Notification, context: Context, replies: Replies) -> None:
        if self._host is None:
            self._host = self._loop.complete(self._begin())
        call = ComponentCall(
            received,
            replies,
            in_flight(self._handler, self._host, limits=self._limits, context=context),
            context,
        )
        # What never waits needs no turn of the loop.
        events._set_running_loop(self._loop)
        try:
            if isinstance(received, Notification):
                call.hear(received)
            else:
                call.begin(received)
        finally:
            events._set_running_loop(None)
        if not replies.complete:
            self._loop.complete(replies.completed())
        self._loop.settle()

    async def _begin(self) -> AsyncioHost:
        host = AsyncioHost()
        if getattr(self._handler, "lifespan", None) is not None:
            self._life = self._handler.lifespan(host)
            await self._life.__aenter__()  # it ends with the instance, which nobody announces
        return host

    def _fail(self, received: Message | None, error: BaseException, replies: Replies) -> None:
        """Answer what ended in an error of ours."""
        assert self._context is not None
        correlation_id = self._context.correlation_id
        try:
            method = getattr(received, "method", "a message")
            log.error("%s ended without an answer [%s]", method, correlation_id, exc_info=error)
        except BaseException:  # no memory for a traceback
            self._printed[:] = [f"a message ended without an answer [{correlation_id}]\n"]
        if isinstance(received, Request) and not replies.answered:
            replies.answer(Error.of(InternalError(correlation_id), received.id))

    def _changed(self, method: str, params: dict[str, Any]) -> None:
        notification = Notification(method, params)
        if self._replies is None or self._replies.complete:
            self._changes.append(dumps(notification.to_json()))
        else:
            self._replies.send(notification)

    def _time(self) -> float:
        return 0.0 if self._context is None else self._context.time / 1000

    def _correlation_id(self) -> str:
        assert self._context is not None
        return self._context.correlation_id


class _Surroundings:
    """What Python gets here: the host's time, as of the latest message, and nothing random."""

    def __init__(self, component: ComponentHandler) -> None:
        self._component = component
        self._size = 0

    def now(self) -> float:
        return self._component._clock.now()

    def time(self) -> float:
        component = self._component
        return component._time() + component._clock.now() - component._began

    def sleep(self, seconds: float) -> None:
        self._component._clock.wait(max(seconds, 0.0))

    def random(self, size: int) -> bytes:
        raise NotImplementedError(
            "a component that imports nothing has no randomness: build it with --target wasi-http"
        )

    def write(self, text: str) -> None:
        printed = self._component._printed
        if not printed:
            self._size = 0
        self._size += len(text)
        printed.append(text)
        if self._size > 2 * _MAX_PRINTED:
            printed[:] = ["".join(printed)[-_MAX_PRINTED:]]
            self._size = _MAX_PRINTED
