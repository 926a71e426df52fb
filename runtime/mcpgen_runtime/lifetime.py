"""A server's life: what begins before it serves, and ends once it has served. No event loop of its own.

Whoever serves a core holds its `Lifetime`: every adapter, `serve_all` around several of them, an ASGI app.

1.  The first to hold it has the server's `lifespan` entered. Those who come meanwhile wait for that too.
2.  What the lifespan yields is the state, which handlers get from `ctx.state`, as long as anybody holds on.
3.  The last to let go, its calls drained, ends it: background tasks are cancelled and waited for, then the
    lifespan is left. Each gets `shutdown_seconds`.
4.  Who comes now waits for that end, and begins with 1.

The lifespan runs in a coroutine of its own, from its first line to its last. So it makes no difference who
was first and who is last, and what must end in the task where it began, such as a task group, does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mcpgen_runtime.background import BackgroundTasks
from mcpgen_runtime.host import Host, Promise, Running, Timer

if TYPE_CHECKING:
    from mcpgen_runtime.server import Server

log = logging.getLogger("mcpgen_runtime")

Lifespan: TypeAlias = Callable[["Server"], AbstractAsyncContextManager[Any]]
Phase: TypeAlias = Literal["start", "run", "end"]

_WORDS = {
    "start": "did not start",
    "run": "ended before the server did",
    "end": "failed as it ended",
}
#: What was cancelled has so long to end.
_LAST_SECONDS = 1.0


class LifespanFailed(Exception):
    """A server's lifespan raised `cause`: as it started, before it was to end, or as it ended (`phase`)."""

    def __init__(self, phase: Phase, cause: BaseException | None) -> None:
        because = "" if cause is None else f": {type(cause).__name__}: {cause}"
        super().__init__(f"the server's lifespan {_WORDS[phase]}{because}")
        self.phase = phase
        self.cause = cause


class Absent:
    """What there is instead of a state, and why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


_NO_LIFESPAN = Absent("the server has no lifespan")
_NOT_BEGUN = Absent("the server's lifespan has not begun, or is over: whoever serves it must enter it")


class Lifetime:
    """Of one core: `state` is what its server's lifespan yielded, or an `Absent`."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.state: Any = _NO_LIFESPAN if server.lifespan is None else _NOT_BEGUN
        self._life: _Life | None = None

    def hold(self, host: Host) -> AbstractAsyncContextManager[None]:
        """Have the server live as long as this is entered. Raises `LifespanFailed`, on the way in or out."""
        return _Hold(self, host)

    async def _join(self, host: Host) -> _Life:
        while self._life is not None and self._life.phase == "end":
            await self._life.change(host)
        life = self._life
        if life is None:
            life = self._life = _Life(self, host)
            life.begin()
        life.holders += 1
        try:
            while life.phase == "start" and not life.over:
                await life.change(host)
            if life.failure is not None:
                raise life.failure
        except BaseException:
            await self._leave(life, host)
            raise
        return life

    async def _leave(self, life: _Life, host: Host) -> None:
        life.holders -= 1
        if not life.holders:
            await life.end(host)

    def _over(self, life: _Life) -> None:
        if self._life is life:
            self._life = None
            self.state = _NO_LIFESPAN if self.server.lifespan is None else _NOT_BEGUN


class _Hold(AbstractAsyncContextManager[None]):
    """One of those who hold a lifetime.

    No generator: an event loop that ends would close it, on top of what it does to what is inside.
    """

    def __init__(self, lifetime: Lifetime, host: Host) -> None:
        self._lifetime = lifetime
        self._host = host

    async def __aenter__(self) -> None:
        self._life = await self._lifetime._join(self._host)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        life = self._life
        await self._lifetime._leave(life, self._host)
        if life.failure is not None:
            if not isinstance(error, Exception):  # rather than a cancellation: somebody must hear of it
                raise life.failure
            log.error("%s", life.failure, exc_info=life.failure.cause)


class _Life:
    """From one beginning to its end."""

    def __init__(self, lifetime: Lifetime, host: Host) -> None:
        self.phase: Phase = "start"
        self.over = False
        self.failure: LifespanFailed | None = None
        self.holders = 0
        self._lifetime = lifetime
        self._host = host
        self._seconds = lifetime.server.shutdown_seconds
        self._background = BackgroundTasks(host, seconds=self._seconds)
        self._stop: Promise[None] = host.promise()
        self._waiting: list[Promise[None]] = []
        self._running: Running | None = None
        self._timer: Timer | None = None

    def begin(self) -> None:
        """Enter the lifespan."""
        self._lifetime.server.lives.append(self._background)
        running = self._host.start(self._keep(), self._kept)
        if not self.over:
            self._running = running

    async def change(self, host: Host) -> None:
        """Until it is something else than it is now."""
        promise = host.promise()
        self._waiting.append(promise)
        await promise

    async def end(self, host: Host) -> None:
        """Leave the lifespan, and wait for that. Where the waiting is cancelled, so is the lifespan."""
        if self.over:
            return
        started, self.phase = self.phase == "run", "end"
        if not self._stop.done():
            self._stop.set_result(None)
        if not started:  # and nobody waits for it any more
            self._limit()
            self._cancel()
        try:
            while not self.over:
                await self.change(host)
        except BaseException:
            self._cancel()
            raise

    async def _keep(self) -> None:
        """Everything between the lifespan's first line and its last."""
        server = self._lifetime.server
        lifespan = nullcontext() if server.lifespan is None else server.lifespan(server)
        try:
            async with lifespan as state:
                if self.phase == "start":
                    if server.lifespan is not None:
                        self._lifetime.state = state
                    self.phase = "run"
                    self._tell()
                await self._stop
                await self._background.end()
                self._limit()
        finally:
            await self._background.end()

    def _kept(self, nothing: None, error: BaseException | None) -> None:
        if self.over:  # given up already
            return
        # Cancelled as it ends, it does as it was told. Cancelled while it runs, its event loop is at its end,
        # and whoever held it never let go: an ASGI app that nobody closed.
        cancelled = error is not None and not isinstance(error, Exception | SystemExit | KeyboardInterrupt)
        if self.phase == "start" or (self.phase == "run" and not cancelled) or isinstance(error, Exception):
            self.failure = LifespanFailed(self.phase, error)
            self.failure.__cause__ = error
            if self.phase == "run":
                log.error("%s", self.failure, exc_info=error)
        self._finish()

    def _limit(self) -> None:
        self._timer = self._host.call_later(self._seconds, self._time_out)

    def _time_out(self) -> None:
        log.error(
            "the lifespan took longer than shutdown_seconds (%g) to end, and was cancelled", self._seconds
        )
        self._cancel()
        self._timer = self._host.call_later(_LAST_SECONDS, self._finish)

    def _cancel(self) -> None:
        if self._running is not None and not self.over:
            self._running.cancel()

    def _finish(self) -> None:
        self.over = True
        if self._timer is not None:
            self._timer.cancel()
        self._lifetime.server.lives.remove(self._background)
        self._lifetime._over(self)
        self._tell()

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for promise in waiting:
            if not promise.done():  # whoever waited may have been cancelled
                promise.set_result(None)
