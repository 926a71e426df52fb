"""Instances and the threads that call them: one call at a time each, and the event loop waits for none.

Idle instances lie on a stack: the one used last is used next, so that a server which gets one request after
the other answers all of them with one instance. With isolation `request` each is used once.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from mcpgen.hosting.instance import Call, Instance, Trapped
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.showing import shown_line

log = logging.getLogger("mcpgen.hosting")

I = TypeVar("I", bound=Instance)  # noqa: E741
T = TypeVar("T")
Isolation: TypeAlias = Literal["pool", "request"]
_LONGEST_LOG = 16 * 1024
#: So many threads for each instance there may be, may be lost to calls that wait in the host.
_MOST_LOST = 4


class _Job:
    """A call that is asked for; `finish` is called in the event loop."""

    __slots__ = ("call", "cancelled", "finish", "loop", "over", "run")

    def __init__(
        self,
        run: Callable[[Any, Call], Any],
        loop: asyncio.AbstractEventLoop,
        finish: Callable[[Any, BaseException | None], None],
    ) -> None:
        self.run = run
        self.loop = loop
        self.finish = finish
        self.call: Call | None = None
        self.cancelled = False
        #: Whether it was told how it ended.
        self.over = False

    def tell(self, value: Any, error: BaseException | None) -> None:
        """From any thread: how it ended. Only the first time counts."""
        if not self.over:
            self.over = True
            try:
                self.loop.call_soon_threadsafe(self.finish, value, error)
            except RuntimeError:  # the loop is closed: nobody waits any more
                log.debug("a call of a component ended after its event loop")


class Pool(Generic[I]):
    """Runs calls on instances that `make` makes, as part of a call, and on `first`.

    For one event loop at a time.

    Nothing is made before the first call. `close` it at the end; it can be used again then.
    """

    def __init__(
        self,
        make: Callable[[Call], I],
        *,
        limits: ComponentLimits,
        isolation: Isolation = "pool",
        first: I | None = None,
    ) -> None:
        self._make = make
        self._first = first
        self._limits = limits
        self._isolation = isolation
        self._crew: _Crew[I] | None = None

    async def run(self, call: Callable[[I, Call], T]) -> T:
        """What `call` returns, which is called with an instance in another thread, as soon as one is free.

        Raises what it raises: `Trapped` for what traps, and `WasmError` where no instance can be made. Where
        its task is cancelled, a call that has not begun never does, and another is ended soon.
        """
        crew = self._crew
        if crew is None:
            crew = self._crew = _Crew(self._make, self._limits, fresh=self._isolation == "request")
            if self._first is not None:
                crew.idle.append(self._first)
                self._first = None
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def finish(value: T, error: BaseException | None) -> None:
            crew.going_on -= 1
            if future.done():
                return
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)

        job = _Job(call, loop, finish)
        crew.put(job)
        try:
            return await future
        except asyncio.CancelledError:
            job.cancelled = True
            if job.call is not None:
                job.call.cancel()
            raise

    def close(self) -> None:
        """Free the instances, those that are in use as soon as they are not."""
        if self._first is not None:
            self._first.close()
            self._first = None
        if self._crew is not None:
            self._crew.close()
            self._crew = None


class _Crew(Generic[I]):
    """Threads, their jobs, and the instances that lie idle, until it is closed.

    `put`, `close` and `going_on` are for the event loop's thread alone.
    """

    def __init__(self, make: Callable[[Call], I], limits: ComponentLimits, *, fresh: bool) -> None:
        #: How many jobs are not finished.
        self.going_on = 0
        self._make = make
        self._limits = limits
        self._fresh = fresh
        #: The instances that nobody uses, the one used last on top.
        self.idle: list[I] = []
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = 0
        #: Those beside them whose calls wait in functions of the host.
        self._lost = 0
        self._closed = False

    def put(self, job: _Job) -> None:
        """Have a job done."""
        self.going_on += 1
        if self.going_on > self._threads and self._threads < self._allowed():
            self._start()
        if self._threads:
            self._jobs.put(job)
        else:
            self._refuse(job)

    def close(self) -> None:
        """See `Pool.close`."""
        self._closed = True
        for _ in range(self._threads):
            self._jobs.put(None)
        self._free()

    def _allowed(self) -> int:
        """How many threads there may be now: each that is lost has an instance, and all of its memory."""
        most = self._limits.max_instances
        return min(most, most * (1 + _MOST_LOST) - self._lost)

    def _refuse(self, job: _Job) -> None:
        waiting = f"{self._lost} calls wait in functions of the host: no other is begun before one returns"
        job.tell(None, Trapped(waiting, "max_instances"))

    def _start(self) -> None:
        self._threads += 1
        # A daemon: what does not return must not keep the process from ending.
        threading.Thread(target=self._work, name="mcpgen component", daemon=True).start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.cancelled:
                job.tell(None, asyncio.CancelledError())
            elif not self._do(job):
                self._tell(job.loop, self._found)
                return

    def _do(self, job: _Job) -> bool:
        """Whether this thread still belongs to the crew."""
        lost = threading.Event()

        def stuck() -> None:
            # In a function of the host, that nobody can end: another thread takes the place of this one.
            lost.set()
            job.tell(None, Trapped("it waits in a function of the host that does not return", "call_seconds"))
            self._tell(job.loop, self._replace)

        instance: I | None = None
        value, error = None, None
        call = job.call = Call(self._limits, stuck)
        if job.cancelled:
            call.cancel()
        try:
            instance = self._take(call)
            value = job.run(instance, call)
        except BaseException as raised:
            error = raised
        call.over()
        job.tell(value, error)
        job.run = _nothing  # what the call was made of is not kept until the next one
        if instance is not None:
            if lost.is_set():
                instance.close()
            else:
                self._leave(instance, error, call := Call(self._limits, stuck))
                call.over()
        return not lost.is_set()

    def _take(self, call: Call) -> I:
        try:
            return self.idle.pop()
        except IndexError:
            return self._make(call)

    def _leave(self, instance: I, error: BaseException | None, call: Call) -> None:
        """One call is over, and its caller knows: what is left to do takes nobody's time. It is `call`."""
        try:
            show(instance, call)
        except Trapped as trap:
            log.error("%s", trap)
            error = error or trap  # where it is the one behind that trapped, the one in front is not dead
        # What broke its interface is not trusted with another call.
        if self._fresh or error is not None or instance.dead:
            instance.close()
            if not self._fresh or self._closed or self.idle:
                return
            try:
                instance = self._make(call)
            except Exception as failed:  # the next call will say the same, to somebody
                log.debug("no instance was made ahead: %s", failed)
                return
        self.idle.append(instance)
        if self._closed:
            self._free()

    def _free(self) -> None:
        while self.idle:
            try:
                self.idle.pop().close()
            except IndexError:  # a thread that was leaving had the same in mind
                return

    def _tell(self, loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
        """Have `what` called in the event loop's thread, in the order of these calls."""
        try:
            loop.call_soon_threadsafe(what)
        except RuntimeError:
            log.debug("a call of a component did not end before its event loop")

    def _replace(self) -> None:
        """A thread is lost."""
        self._threads -= 1
        self._lost += 1
        if self._closed:
            return
        if self._threads < self._allowed():
            self._start()
        elif not self._threads:
            with suppress(Empty):
                while True:
                    job = self._jobs.get_nowait()
                    if job is not None:
                        self._refuse(job)

    def _found(self) -> None:
        """One that was lost has returned, and ends."""
        self._lost -= 1


def show(instance: Instance, call: Call) -> None:
    """Log what the instance printed, and those behind it before it, as part of `call`. Raises `Trapped`."""
    if instance.behind is not None:
        show(instance.behind, call)
    text, dropped = instance.printed(call)
    for line in text[:_LONGEST_LOG].rstrip().splitlines():
        log.warning("%s: %s", instance.name, shown_line(line))
    if len(text) > _LONGEST_LOG:
        log.warning("%s: … and %d characters more", instance.name, len(text) - _LONGEST_LOG)
    if dropped:
        log.warning("%s: … and %d bytes that were not kept", instance.name, dropped)


def _nothing(instance: Instance, call: Call) -> None:
    return None
