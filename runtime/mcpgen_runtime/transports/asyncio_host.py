"""The protocol core's world under asyncio, uvloop included.

A handler that never waits is run in place, at the price of a function call. One that waits becomes part of an
asyncio task at that moment. It cannot tell the difference: `asyncio.current_task()`, `asyncio.timeout()`
and what builds on them work from its first line, and context variables that it sets are its own. That
is what `_Worker` is for: a task that exists before it is needed, and lends its identity to handlers
until one of them waits and takes it over.
"""

from __future__ import annotations

import asyncio
import time
from asyncio.tasks import (  # documented in "Extending asyncio", despite the underscore
    _enter_task,
    _leave_task,
)
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, copy_context
from types import coroutine
from typing import Any, TypeVar

from mcpgen_runtime.host import Running
from mcpgen_runtime.json_text import accelerate

T = TypeVar("T")
Done = Callable[[Any, BaseException | None], None]


class AsyncioHost:
    """A host for the running event loop; make it where the loop runs."""

    def __init__(self) -> None:
        accelerate()
        self.loop = asyncio.get_running_loop()
        self.now = self.loop.time
        self.time = time.time
        self.promise = self.loop.create_future
        self.call_later = self.loop.call_later
        self._spare: _Worker | None = None

    def start(self, coroutine: Coroutine[Any, Any, T], done: Done) -> Running | None:
        """See `Host.start`."""
        worker = self._spare or _Worker(self)
        self._spare = None
        loop, task = self.loop, worker.task
        context = copy_context()
        caller = asyncio.current_task(loop)
        if caller is not None:
            _leave_task(loop, caller)
        _enter_task(loop, task)
        try:
            waits_for = context.run(coroutine.send, None)
        except StopIteration as stop:
            value, error = stop.value, None
        except BaseException as raised:
            value, error = None, raised
        else:
            if not worker.started and task.cancelling():
                # Cancelled by its own handler before its first step, a task would never get to run it.
                worker = _Worker(self)
                worker.cancel()
            worker.take_over(coroutine, context, waits_for, done)
            return worker
        finally:
            _leave_task(loop, task)
            if caller is not None:
                _enter_task(loop, caller)
        if self._spare is None and not task.cancelling():
            self._spare = worker
        else:
            task.cancel()
        self.tell(done, value, error)
        return None

    def tell(self, done: Done, value: Any, error: BaseException | None) -> None:
        """Call `done`. What it raises is for the loop's exception handler: no worker may die of it."""
        try:
            done(value, error)
        except Exception as raised:
            message = "what follows a request failed"
            self.loop.call_exception_handler({"message": message, "exception": raised})

    def spare(self, worker: _Worker) -> None:
        """Keep a worker for the next handler."""
        if self._spare is None and not worker.task.cancelling():
            self._spare = worker
        else:
            worker.task.cancel()

    def close(self) -> None:
        """End the spare task. Handlers that still wait are not touched."""
        if self._spare is not None:
            self._spare.task.cancel()
            self._spare = None


class _Worker:
    """A task that waits to be needed."""

    __slots__ = (
        "_cancelled_early",
        "_context",
        "_coroutine",
        "_done",
        "_host",
        "_idle",
        "_waits_for",
        "started",
        "task",
    )

    def __init__(self, host: AsyncioHost) -> None:
        self._host = host
        self._coroutine: Coroutine[Any, Any, Any] | None = None
        self._context: Context | None = None
        self._waits_for: Any = None
        self._done: Done | None = None
        self._idle: asyncio.Future[None] = host.loop.create_future()
        self._cancelled_early = False
        self.started = False
        self.task = host.loop.create_task(self._work())

    def cancel(self) -> None:
        """End the handler where it waits."""
        if self.started:
            self.task.cancel()
        else:
            self._cancelled_early = True

    def uncancel(self) -> None:
        """Take `cancel` back, once the handler has got it."""
        self.task.uncancel()

    def take_over(
        self, coroutine: Coroutine[Any, Any, Any], context: Context, waits_for: Any, done: Done
    ) -> None:
        """Go on with a handler that waits."""
        self._coroutine = coroutine
        self._context = context
        self._waits_for = waits_for
        self._done = done
        if not self._idle.done():  # or else it was cancelled, by the handler itself
            self._idle.set_result(None)

    async def _work(self) -> None:
        self.started = True
        while True:
            cancelled, self._cancelled_early = self._cancelled_early, False
            try:
                await self._idle
            except asyncio.CancelledError:
                if self._coroutine is None:
                    return
                cancelled = True
            self._idle = self._host.loop.create_future()
            value, error = await self._advance(cancelled)
            done, self._done = self._done, None
            self._coroutine = self._context = self._waits_for = None
            assert done is not None
            self._host.tell(done, value, error)
            if self.task.cancelling():
                return
            self._host.spare(self)

    @coroutine
    def _advance(self, cancelled: bool) -> Generator[Any, Any, tuple[Any, BaseException | None]]:
        """Run the coroutine to its end, as a task would."""
        assert self._coroutine is not None and self._context is not None
        send, throw, run = self._coroutine.send, self._coroutine.throw, self._context.run
        waits_for = self._waits_for
        thrown: BaseException | None = None
        if cancelled and not (waits_for is not None and waits_for.cancel()):
            # A task that is cancelled cancels what it waits for. Nothing to cancel: raise it here.
            thrown = asyncio.CancelledError()
        try:
            while True:
                if thrown is None:
                    try:
                        sent = yield waits_for
                    except BaseException as error:
                        thrown = error
                        continue
                    waits_for = run(send, sent)
                else:
                    raised, thrown = thrown, None
                    waits_for = run(throw, raised)
        except StopIteration as stop:
            return stop.value, None
        except BaseException as error:
            return None, error
