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
from inspect import CORO_CREATED, getcoroutinestate
from types import coroutine
from typing import Any, TypeVar

from mcpgen_runtime.host import Running
from mcpgen_runtime.json_text import accelerate

T = TypeVar("T")
Done = Callable[[Any, BaseException | None], None]
#: What a worker gives where a handler would give what it waits for: it waits no more.
_ENDED: Any = object()


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
            waits_for = context.run(worker.begin, coroutine)
        except BaseException as raised:
            error: BaseException | None = raised
            worker.renew()
        else:
            if waits_for is not _ENDED:
                worker.take_over(context, waits_for, done)
                return worker
            error = None
        finally:
            _leave_task(loop, task)
            if caller is not None:
                _enter_task(loop, caller)
        value, worker.value = worker.value, None
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
        "_cancelled",
        "_context",
        "_done",
        "_host",
        "_idle",
        "_steps",
        "_waits_for",
        "begin",
        "task",
        "value",
    )

    def __init__(self, host: AsyncioHost) -> None:
        self._host = host
        #: What the last handler returned.
        self.value: Any = None
        self.renew()
        self._context: Context | None = None
        self._waits_for: Any = None
        self._done: Done | None = None
        self._idle: asyncio.Future[None] = host.loop.create_future()
        #: What the handler is to be told before it goes on.
        self._cancelled: BaseException | None = None
        self.task = host.loop.create_task(_Work(self, self._work()))

    def cancel(self) -> None:
        """End the handler where it waits."""
        self.task.cancel()

    def uncancel(self) -> None:
        """Take `cancel` back, once the handler has got it."""
        self.task.uncancel()

    def renew(self) -> None:
        """Make ready to run handlers: at first, and after one that raised."""
        self._steps = self._run()
        self._steps.send(None)
        #: Runs a handler as far as it goes: gives what it waits for, or `_ENDED`. Raises what it raises.
        self.begin = self._steps.send

    @coroutine
    def _run(self) -> Generator[Any, Any, None]:
        """Run one handler after the other.

        A coroutine says that it has ended by an exception, for which everybody but `yield from` pays: as much
        as for all the rest of running it.
        """
        handler = yield
        while True:
            self.value = yield from handler
            handler = yield _ENDED

    def take_over(self, context: Context, waits_for: Any, done: Done) -> None:
        """Go on with a handler that waits."""
        self._context = context
        self._waits_for = waits_for
        self._done = done
        if not self._idle.done():  # or else it was cancelled, by the handler itself
            self._idle.set_result(None)

    def postpone(self, error: BaseException) -> bool:
        """Keep `error` for the handler, if there is one."""
        if self._context is None:
            return False
        self._cancelled = error
        return True

    async def _work(self) -> None:
        while True:
            try:
                await self._idle
            except asyncio.CancelledError as error:
                if not self.postpone(error):
                    return
            self._idle = self._host.loop.create_future()
            value, failure = await self._advance()
            done, self._done = self._done, None
            self._context = self._waits_for = None
            assert done is not None
            self._host.tell(done, value, failure)
            if self.task.cancelling():
                return
            self._host.spare(self)

    @coroutine
    def _advance(self) -> Generator[Any, Any, tuple[Any, BaseException | None]]:
        """Run the handler to its end, as a task would."""
        assert self._context is not None
        send, throw, run = self._steps.send, self._steps.throw, self._context.run
        waits_for = self._waits_for
        thrown, self._cancelled = self._cancelled, None
        if thrown is not None and waits_for is not None and waits_for.cancel(*thrown.args):
            # A task that is cancelled cancels what it waits for, and is told by that.
            thrown = None
        try:
            while waits_for is not _ENDED:
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
        except BaseException as error:
            self.renew()
            return None, error
        value, self.value = self.value, None
        return value, None


class _Work(Coroutine[Any, Any, None]):
    """The coroutine of a worker's task, which outlives being cancelled before its first step.

    A timer may fire in between, or the handler cancel its own task. The task then throws into a coroutine
    that has not begun, where nothing could catch it, and the handler would wait forever.
    """

    __slots__ = ("_work", "_worker")
    __name__ = "handler"

    def __init__(self, worker: _Worker, work: Coroutine[Any, Any, None]) -> None:
        self._worker = worker
        self._work = work

    def send(self, value: Any, /) -> Any:
        """See `Coroutine.send`."""
        return self._work.send(value)

    def throw(self, error: Any, /, *rest: Any) -> Any:
        """See `Coroutine.throw`."""
        if getcoroutinestate(self._work) == CORO_CREATED and self._worker.postpone(error):
            return self._work.send(None)
        return self._work.throw(error, *rest)

    def close(self) -> None:
        """See `Coroutine.close`."""
        self._work.close()

    def __await__(self) -> Generator[Any, Any, None]:
        return self._work.__await__()
