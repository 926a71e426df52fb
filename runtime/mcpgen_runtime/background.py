"""What runs beside the requests, as long as the server is served."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from typing import Any

from mcpgen_runtime.host import Host, Promise, Running

log = logging.getLogger("mcpgen_runtime")


class BackgroundTask:
    """A coroutine that runs in the background, by `name` in the log."""

    __slots__ = ("_cancelled", "_running", "_tasks", "name", "over")

    def __init__(self, tasks: BackgroundTasks, name: str) -> None:
        self.name = name
        #: Whether it has ended.
        self.over = False
        self._tasks = tasks
        self._running: Running | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """Have it end where it waits. May be repeated."""
        if not self.over and self._running is not None:
            self._cancelled = True
            self._running.cancel()

    def _start(self, host: Host, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._running = host.start(coroutine, self._ended)

    def _ended(self, value: Any, error: BaseException | None) -> None:
        self.over = True
        self._tasks._forget(self)
        # Cancelled, it may end in the host's kind of cancellation: that is no failure.
        if error is not None and (isinstance(error, Exception) or not self._cancelled):
            log.error("the background task %s failed: %s", self.name, error, exc_info=error)


class BackgroundTasks:
    """Those of one life of a server, run by `host`. They have `seconds` to end."""

    def __init__(self, host: Host, *, seconds: float) -> None:
        self._host = host
        self._seconds = seconds
        self._tasks: set[BackgroundTask] = set()
        self._none_left: Promise[None] | None = None
        self._ending = False

    def start(self, coroutine: Coroutine[Any, Any, Any], *, name: str | None = None) -> BackgroundTask:
        """Run `coroutine`: at once as far as it goes, from there on beside everything else.

        Raises `RuntimeError` where the server is about to end, and `TypeError` for what is no coroutine.
        """
        if not isinstance(coroutine, Coroutine):
            name = getattr(coroutine, "__qualname__", None) or type(coroutine).__name__
            raise TypeError(f"{name} is no coroutine: call the function, as in server.background(poll())")
        if self._ending:
            coroutine.close()  # never awaited: Python would warn
            raise RuntimeError("the server ends: nothing new is started in the background")
        task = BackgroundTask(self, name or str(getattr(coroutine, "__qualname__", coroutine)))
        self._tasks.add(task)
        task._start(self._host, coroutine)
        return task

    async def end(self) -> None:
        """Cancel all, and wait for them; not for long."""
        self._ending = True
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            self._none_left = self._host.promise()
            timer = self._host.call_later(self._seconds, self._wake)
            try:
                await self._none_left
            finally:
                timer.cancel()
        for task in self._tasks:
            log.error("the background task %s did not end in %g seconds", task.name, self._seconds)

    def _forget(self, task: BackgroundTask) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._wake()

    def _wake(self) -> None:
        if self._none_left is not None and not self._none_left.done():
            self._none_left.set_result(None)
