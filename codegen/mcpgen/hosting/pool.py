"""Instances and the threads that call them: one call at a time each, and the event loop waits for none.

Idle instances lie on a stack: the one used last is used next, so that a server which gets one request after
the other answers all of them with one instance. With isolation `request` each is used once.

To wake a thread and be woken by it takes longer than most calls. So where nothing else goes on, a call of an
instance that cannot wait in the host is begun in the event loop's thread. If it has not ended after a slice,
of 4 to 8 milliseconds, a thread takes it over. The rules:

1. Of all that a turn of the event loop brings, one call at most is begun there.
2. None is, while another goes on: what comes at the same time is done at the same time.
3. Whose calls take longer is begun in threads for a while, the next time for twice as long.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, Literal, TypeAlias, TypeVar

from mcpgen.hosting.instance import Call, Instance, Slices, Trapped, ended
from mcpgen.hosting.job import Job, nothing
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.showing import shown_line

log = logging.getLogger("mcpgen.hosting")

I = TypeVar("I", bound=Instance)  # noqa: E741
T = TypeVar("T")
Isolation: TypeAlias = Literal["pool", "request"]
_LONGEST_LOG = 16 * 1024
#: So many threads for each instance there may be, may be lost to calls that wait in the host.
_MOST_LOST = 4
#: A call that held up the event loop for longer, in seconds, has the next ones begun in threads.
_PATIENCE = 0.004
#: What is left to do after the last calls, their last words among it, is waited for so long at the end.
_LEAVING_SECONDS = 1.0
#: Calls that are begun in threads, after one that took longer: at first, and at most.
_FIRST_PAUSE, _LONGEST_PAUSE = 8, 4096


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

    async def run(self, call: Callable[[I, Call], Slices[T]], *, brief: bool = False) -> T:
        """What the slices that `call` makes with an instance give at the end, as soon as one is free.

        They are run in another thread; of a call that is `brief`, by all that is known before, the first may
        be run here. Raises what they raise: `Trapped` for what traps, and `WasmError` where no instance can
        be made. Where its task is cancelled, a call that has not begun never does, and another is ended soon.
        """
        crew = self._crew
        if crew is None:
            crew = self._crew = _Crew(self._make, self._limits, fresh=self._isolation == "request")
            if self._first is not None:
                crew.idle.append(self._first)
                self._first = None
        loop = asyncio.get_running_loop()
        job = Job(call, loop)
        if brief and crew.at_rest() and crew.begin(job):
            if job.error is not None:
                raise job.error
            return job.value  # type: ignore[no-any-return]
        future: asyncio.Future[T] = loop.create_future()

        def finish(value: T, error: BaseException | None) -> None:
            crew.going_on -= 1
            if future.done():
                return
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)

        job.finish = finish
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

    `at_rest`, `begin`, `put`, `close` and `going_on` are for the event loop's thread alone.
    """

    def __init__(self, make: Callable[[Call], I], limits: ComponentLimits, *, fresh: bool) -> None:
        #: How many jobs are not finished.
        self.going_on = 0
        self._make = make
        self._limits = limits
        self._fresh = fresh
        #: The instances that nobody uses, the one used last on top.
        self.idle: list[I] = []
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads = 0
        #: Those beside them whose calls wait in functions of the host.
        self._lost = 0
        self._closed = False
        #: How many calls have ended whose instances are not left yet.
        self._leaving = 0
        self._left_all = threading.Condition()
        #: Whether a call was begun in this turn of the event loop.
        self._begun = False
        #: How many more calls are not begun there, and how many after the next one that takes long.
        self._paused = 0
        self._pause = _FIRST_PAUSE

    def at_rest(self) -> bool:
        """Whether a call may be begun in the event loop's thread. Asked once for each that might."""
        if self._fresh or self.going_on or self._begun or not self.idle or not self.idle[-1].sliced:
            return False
        if self._paused:
            self._paused -= 1
            return False
        return True

    def begin(self, job: Job) -> bool:
        """Run the first slice of a job, and say whether that was all of it: else it is to be `put`."""
        self._begun = True
        job.loop.call_soon(self._turn)
        instance = job.instance = self.idle.pop()
        call = job.call = Call(self._limits)
        slices = job.run(instance, call)
        started, over = time.perf_counter(), True
        try:
            next(slices)
            over = False
        except StopIteration as end:
            job.value = end.value
        except BaseException as raised:
            job.error = raised
        if over and time.perf_counter() - started < _PATIENCE:
            self._pause = max(_FIRST_PAUSE, self._pause - 1)
        else:
            self._paused = self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        if over:
            self._leave_soon(job)
        else:
            job.slices = slices
            call.leave()
        return over

    def _turn(self) -> None:
        """The event loop has begun another turn."""
        self._begun = False

    def _leave_soon(self, job: Job) -> None:
        """What is left to do after a call that ended here: here as well, if it is not much."""
        instance, call = job.instance, Call(self._limits)
        rest = Job(nothing, job.loop)
        rest.error = job.error
        slices = show(instance, call)
        if rest.error is None:
            try:
                next(slices)
            except StopIteration:
                self.idle.append(instance)
                return
            except Exception as problem:
                log.error("%s", problem)
                rest.error = problem
        rest.instance, rest.call, rest.slices = instance, call, slices
        rest.finish = self._left
        self._begin_leaving(rest)
        call.leave()
        self.put(rest)

    def _left(self, nothing: None, error: BaseException | None) -> None:
        self.going_on -= 1
        if error is not None:
            log.error("%s", error)

    def put(self, job: Job) -> None:
        """Have a job done."""
        if self.going_on >= self._threads and self._threads < self._allowed():
            self._start()
        self.going_on += 1
        if self._threads:
            self._jobs.put(job)
        else:
            self._refuse(job)

    def close(self) -> None:
        """See `Pool.close`."""
        self._closed = True
        for _ in range(self._threads):
            self._jobs.put(None)
        # The process may end with this, and what a component said last would be lost.
        with self._left_all:
            self._left_all.wait_for(lambda: not self._leaving, _LEAVING_SECONDS)
        self._free()

    def _begin_leaving(self, job: Job) -> None:
        job.leaving = True
        with self._left_all:
            self._leaving += 1

    def _end_leaving(self, job: Job) -> None:
        if job.leaving:
            job.leaving = False
            with self._left_all:
                self._leaving -= 1
                self._left_all.notify_all()

    def _allowed(self) -> int:
        """How many threads there may be now: each that is lost has an instance, and all of its memory."""
        most = self._limits.max_instances
        return min(most, most * (1 + _MOST_LOST) - self._lost)

    def _refuse(self, job: Job) -> None:
        waiting = f"{self._lost} calls wait in functions of the host: no other is begun before one returns"
        job.tell(None, Trapped(waiting, "max_instances"))
        if job.instance is not None:
            if job.slices is not None:  # they hold what is of the instance
                job.slices.close()
            job.instance.close()
        self._end_leaving(job)

    def _start(self) -> None:
        # A daemon: what does not return must not keep the process from ending.
        threading.Thread(target=self._work, name="mcpgen component", daemon=True).start()
        self._threads += 1  # there may be no more threads to be had

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.cancelled and job.slices is None:
                job.tell(None, asyncio.CancelledError())
            elif not self._do(job):
                self._tell(job.loop, self._found)
                return

    def _do(self, job: Job) -> bool:
        """Whether this thread still belongs to the crew."""
        lost = threading.Event()

        def stuck() -> None:
            # In a function of the host, that nobody can end: another thread takes the place of this one.
            lost.set()
            self._end_leaving(job)
            job.tell(None, Trapped("it waits in a function of the host that does not return", "call_seconds"))
            self._tell(job.loop, self._replace)

        instance: I | None = job.instance
        value, error = None, None
        if job.slices is None:
            call = job.call = Call(self._limits, stuck)
        else:
            assert job.call is not None
            call = job.call
            call.take_up(stuck)
        if job.cancelled:
            call.cancel()
        try:
            if instance is None:
                instance = self._take(call)
            value = ended(job.slices or job.run(instance, call))
        except BaseException as raised:
            error = raised
        call.over()
        if instance is not None and instance.sliced and not (error or job.error or self._fresh):
            # Idle before its caller knows, so that the next call may be begun in the event loop's thread. The
            # caller waits for no more than if it had cancelled.
            call = Call(self._limits)
            call.cancel()
            self._leave(instance, None, call)
            instance = None
        if instance is not None and not job.leaving and not lost.is_set():
            self._begin_leaving(job)
        job.tell(value, error)
        error = job.error or error
        # What the call was made of is not kept until the next one.
        job.run, job.slices = nothing, None
        if instance is not None:
            if lost.is_set():
                instance.close()
            else:
                self._leave(instance, error, call := Call(self._limits, stuck))
                call.over()
        self._end_leaving(job)
        return not lost.is_set()

    def _take(self, call: Call) -> I:
        try:
            return self.idle.pop()
        except IndexError:
            return self._make(call)

    def _leave(self, instance: I, error: BaseException | None, call: Call) -> None:
        """One call is over, and its caller knows: what is left to do takes nobody's time. It is `call`."""
        try:
            ended(show(instance, call))
        except Exception as problem:
            log.error("%s", problem)
            error = error or problem  # where it is the one behind that trapped, the one in front is not dead
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


def show(instance: Instance, call: Call) -> Slices[None]:
    """Log what the instance printed, and those behind it before it, as part of `call`. Raises `Trapped`."""
    if instance.behind is not None:
        yield from show(instance.behind, call)
    text, dropped = yield from instance.printed(call)
    for line in text[:_LONGEST_LOG].rstrip().splitlines():
        log.warning("%s: %s", instance.name, shown_line(line))
    if len(text) > _LONGEST_LOG:
        log.warning("%s: … and %d characters more", instance.name, len(text) - _LONGEST_LOG)
    if dropped:
        log.warning("%s: … and %d bytes that were not kept", instance.name, dropped)
