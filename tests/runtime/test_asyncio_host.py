"""Under asyncio a handler cannot tell that it is run in place and gets a task only once it waits."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import ContextVar
from types import coroutine
from typing import Any

import pytest

from mcpgen_runtime.transports.asyncio_host import AsyncioHost

Main = Callable[[AsyncioHost], Awaitable[Any]]
Handler = Coroutine[Any, Any, Any]

name: ContextVar[str] = ContextVar("name", default="nobody")


def _loops() -> list[Any]:
    found = [pytest.param(asyncio.new_event_loop, id="asyncio")]
    with contextlib.suppress(ImportError):
        import uvloop

        found.append(pytest.param(uvloop.new_event_loop, id="uvloop"))
    if sys.version_info >= (3, 12):

        def eager() -> asyncio.AbstractEventLoop:
            loop = asyncio.new_event_loop()
            loop.set_task_factory(asyncio.eager_task_factory)
            return loop

        found.append(pytest.param(eager, id="eager"))
    return found


@pytest.fixture(params=_loops())
def run(request: pytest.FixtureRequest) -> Callable[[Main], Any]:
    """Runs `main(host)`, and sees to it that no task is left and no error went unseen."""

    def run(main: Main) -> Any:
        unseen: list[Any] = []

        async def whole() -> Any:
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: unseen.append(context))
            host = AsyncioHost()
            try:
                return await main(host)
            finally:
                host.close()
                await turns(5)
                assert asyncio.all_tasks() == {asyncio.current_task()}

        with asyncio.Runner(loop_factory=request.param) as runner:
            result = runner.run(whole())
            gc.collect()
        assert unseen == []
        return result

    return run


async def turns(count: int) -> None:
    """Let the event loop turn a few times."""
    for _ in range(count):
        await asyncio.sleep(0)


class Started:
    """A handler that was started, and how it ends."""

    def __init__(self, host: AsyncioHost, handler: Handler) -> None:
        self.ends: list[tuple[Any, BaseException | None]] = []
        self._ended = host.promise()
        self.running = host.start(handler, self._done)

    def _done(self, value: Any, error: BaseException | None) -> None:
        self.ends.append((value, error))
        if len(self.ends) == 1:
            self._ended.set_result(None)

    async def end(self) -> tuple[Any, BaseException | None]:
        """The value and the error, once."""
        await asyncio.wait_for(self._ended, 5)
        await turns(3)
        assert len(self.ends) == 1
        return self.ends[0]

    async def value(self) -> Any:
        """The value, there being no error."""
        value, error = await self.end()
        assert error is None, repr(error)
        return value

    def cancel(self) -> None:
        """Cancel the handler, which waits."""
        assert self.running is not None
        self.running.cancel()


# Ends.


def test_what_never_waits_has_ended_when_start_returns(run: Callable[[Main], Any]) -> None:
    async def quick() -> int:
        return 5

    async def main(host: AsyncioHost) -> None:
        started = Started(host, quick())
        assert started.running is None
        assert started.ends == [(5, None)]

    run(main)


def test_an_error_is_handed_over_before_and_after_waiting(run: Callable[[Main], Any]) -> None:
    async def fails(wait: bool) -> None:
        if wait:
            await asyncio.sleep(0)
        raise KeyError("x")

    async def main(host: AsyncioHost) -> None:
        for wait in (False, True):
            _, error = await Started(host, fails(wait)).end()
            assert isinstance(error, KeyError)

    run(main)


def test_what_waits_ends_later(run: Callable[[Main], Any]) -> None:
    async def waits(value: int) -> int:
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        return value

    async def main(host: AsyncioHost) -> None:
        started = [Started(host, waits(value)) for value in range(10)]
        assert all(each.running is not None and not each.ends for each in started)
        assert [await each.value() for each in started] == list(range(10))

    run(main)


def test_what_is_done_already_needs_no_waiting(run: Callable[[Main], Any]) -> None:
    async def main(host: AsyncioHost) -> None:
        promise = host.promise()
        promise.set_result("kept")

        async def waits() -> Any:
            return await promise

        assert Started(host, waits()).ends == [("kept", None)]

    run(main)


def test_what_cannot_be_waited_for_is_an_error_in_the_handler(run: Callable[[Main], Any]) -> None:
    @coroutine
    def strange() -> Generator[Any, Any, None]:
        yield 5

    async def waits() -> str:
        try:
            await strange()
        except RuntimeError as error:
            return str(error)
        return "no error"

    async def main(host: AsyncioHost) -> None:
        assert "bad yield" in await Started(host, waits()).value()

    run(main)


def test_handlers_are_started_by_callbacks_as_by_tasks(run: Callable[[Main], Any]) -> None:
    async def waits() -> Any:
        task = asyncio.current_task()
        await asyncio.sleep(0)
        return task

    async def main(host: AsyncioHost) -> None:
        started: asyncio.Future[Started] = host.promise()
        host.loop.call_soon(lambda: started.set_result(Started(host, waits())))
        assert isinstance(await (await started).value(), asyncio.Task)

    run(main)


def test_a_handler_may_start_another(run: Callable[[Main], Any]) -> None:
    async def inner(wait: bool) -> Any:
        if wait:
            await asyncio.sleep(0)
        return asyncio.current_task()

    async def main(host: AsyncioHost) -> None:
        async def outer(wait: bool) -> Any:
            before = asyncio.current_task()
            started = Started(host, inner(wait))
            assert asyncio.current_task() is before
            task = await started.value()
            assert asyncio.current_task() is before
            assert task is not before
            return "outer"

        for wait in (False, True):
            assert await Started(host, outer(wait)).value() == "outer"
        assert isinstance(asyncio.current_task(), asyncio.Task)

    run(main)


def test_a_handler_may_use_a_done_callback_to_start_the_next(run: Callable[[Main], Any]) -> None:
    async def main(host: AsyncioHost) -> None:
        ends: list[int] = []
        last = host.promise()

        async def waits(value: int) -> int:
            await asyncio.sleep(0)
            return value

        def done(value: Any, error: BaseException | None) -> None:
            ends.append(value)
            if value < 20:
                host.start(waits(value + 1), done)
            else:
                last.set_result(None)

        host.start(waits(0), done)
        await last
        assert ends == list(range(21))

    run(main)


# Identity.


def test_the_current_task_is_the_same_before_and_after_waiting(run: Callable[[Main], Any]) -> None:
    async def looks() -> Any:
        before = asyncio.current_task()
        await asyncio.sleep(0)
        between = asyncio.current_task()
        await asyncio.sleep(0.001)
        assert isinstance(before, asyncio.Task)
        assert before is between is asyncio.current_task()
        assert before in asyncio.all_tasks()
        return before

    async def main(host: AsyncioHost) -> None:
        me = asyncio.current_task()
        both = [Started(host, looks()) for _ in range(2)]
        assert asyncio.current_task() is me
        one, other = [await each.value() for each in both]
        assert len({one, other, me}) == 3

    run(main)


def test_context_variables_of_a_handler_are_its_own(run: Callable[[Main], Any]) -> None:
    async def sets(value: str, wait: bool) -> tuple[str, str]:
        before = name.get()
        name.set(value)
        if wait:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return before, name.get()

    async def main(host: AsyncioHost) -> None:
        name.set("caller")
        started = [
            Started(host, sets(value, wait)) for value, wait in (("a", True), ("b", False), ("c", True))
        ]
        assert name.get() == "caller"
        assert [await each.value() for each in started] == [
            ("caller", "a"),
            ("caller", "b"),
            ("caller", "c"),
        ]
        assert name.get() == "caller"

    run(main)


def test_context_variables_reach_what_a_handler_starts(run: Callable[[Main], Any]) -> None:
    async def reads() -> str:
        return name.get()

    async def sets() -> tuple[str, str, str]:
        name.set("mine")
        task = asyncio.create_task(reads())
        in_thread = await asyncio.to_thread(name.get)
        name.set("mine still")
        return await task, in_thread, await asyncio.create_task(reads())

    async def main(host: AsyncioHost) -> None:
        assert await Started(host, sets()).value() == ("mine", "mine", "mine still")

    run(main)


# What asyncio offers works from the first line.


def test_a_timeout_may_be_the_first_thing(run: Callable[[Main], Any]) -> None:
    async def late(delay: float | None) -> str:
        try:
            async with asyncio.timeout(delay):
                await asyncio.sleep(5)
        except TimeoutError:
            task = asyncio.current_task()
            assert task is not None
            return f"timeout {task.cancelling()}"
        return "no timeout"

    async def in_time() -> str:
        async with asyncio.timeout(5):
            await asyncio.sleep(0.001)
        return "in time"

    async def main(host: AsyncioHost) -> None:
        assert await Started(host, late(0)).value() == "timeout 0"
        assert await Started(host, late(0.005)).value() == "timeout 0"
        assert await Started(host, in_time()).value() == "in time"

    run(main)


def test_a_timeout_tells_cancelling_from_itself(run: Callable[[Main], Any]) -> None:
    async def waits() -> None:
        async with asyncio.timeout(5):
            await asyncio.sleep(5)

    async def main(host: AsyncioHost) -> None:
        for pause in (0, 3):
            started = Started(host, waits())
            await turns(pause)
            started.cancel()
            _, error = await started.end()
            assert isinstance(error, asyncio.CancelledError)

    run(main)


def test_groups_of_tasks_may_be_the_first_thing(run: Callable[[Main], Any]) -> None:
    async def child(value: int) -> int:
        await asyncio.sleep(0.001 * value)
        if value == 3:
            raise KeyError(value)
        return value

    async def grouped(count: int) -> list[int]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(child(value)) for value in range(count)]
        return [task.result() for task in tasks]

    async def main(host: AsyncioHost) -> None:
        assert await Started(host, grouped(3)).value() == [0, 1, 2]
        _, error = await Started(host, grouped(5)).end()
        assert isinstance(error, ExceptionGroup)
        for pause in (0, 3):
            started = Started(host, grouped(3))
            await turns(pause)
            started.cancel()
            _, cancelled = await started.end()
            assert isinstance(cancelled, asyncio.CancelledError)

    run(main)


def test_wait_for_shield_gather_and_threads_work(run: Callable[[Main], Any]) -> None:
    async def child(value: int) -> int:
        await asyncio.sleep(0)
        return value

    async def uses() -> list[Any]:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(5), 0.001)
        return [
            await asyncio.wait_for(child(1), 5),
            await asyncio.shield(child(2)),
            *await asyncio.gather(child(3), child(4)),
            await asyncio.to_thread(lambda: 5),
            *[await each for each in asyncio.as_completed([child(6)])],
        ]

    async def main(host: AsyncioHost) -> None:
        assert await Started(host, uses()).value() == [1, 2, 3, 4, 5, 6]

    run(main)


def test_handlers_share_locks_and_queues(run: Callable[[Main], Any]) -> None:
    async def main(host: AsyncioHost) -> None:
        lock, queue = asyncio.Lock(), asyncio.Queue[int](1)
        order: list[str] = []

        async def holds(who: str) -> None:
            async with lock:
                order.append(who)
                await asyncio.sleep(0)
                order.append(who)

        async def takes() -> list[int]:
            return [await queue.get() for _ in range(3)]

        async def gives() -> None:
            for value in range(3):
                await queue.put(value)

        for each in [Started(host, holds(who)) for who in "ab"]:
            await each.value()
        assert order == ["a", "a", "b", "b"]
        taking = Started(host, takes())
        await Started(host, gives()).value()
        assert await taking.value() == [0, 1, 2]

    run(main)


def test_anyio_works(run: Callable[[Main], Any]) -> None:
    anyio = pytest.importorskip("anyio")

    async def uses() -> list[Any]:
        found: list[Any] = []
        with anyio.move_on_after(0.001) as scope:
            await anyio.sleep(5)
        found.append(scope.cancelled_caught)
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0)
        with anyio.CancelScope() as inner:
            inner.cancel()
            await anyio.sleep(5)
        found.append(inner.cancelled_caught)
        found.append(await anyio.to_thread.run_sync(lambda: "thread"))
        return found

    async def grouped() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 5)
            await anyio.sleep(5)

    async def main(host: AsyncioHost) -> None:
        assert await Started(host, uses()).value() == [True, True, "thread"]
        for pause in (0, 3):
            started = Started(host, grouped())
            await turns(pause)
            started.cancel()
            _, error = await started.end()
            assert isinstance(error, asyncio.CancelledError)

    run(main)


# Cancelling.


@pytest.mark.parametrize("pause", [0, 1, 3])
def test_cancelling_raises_where_the_handler_waits(run: Callable[[Main], Any], pause: int) -> None:
    async def main(host: AsyncioHost) -> None:
        seen: list[str] = []

        async def waits() -> None:
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                seen.append("cancelled")
                await asyncio.sleep(0)
                seen.append("cleaned up")
                raise

        started = Started(host, waits())
        await turns(pause)
        started.cancel()
        started.cancel()
        _, error = await started.end()
        assert isinstance(error, asyncio.CancelledError)
        assert seen == ["cancelled", "cleaned up"]

    run(main)


@pytest.mark.parametrize("pause", [0, 3])
def test_cancelling_cancels_what_the_handler_waits_for(run: Callable[[Main], Any], pause: int) -> None:
    async def main(host: AsyncioHost) -> None:
        children: list[asyncio.Task[None]] = []

        async def waits() -> str:
            children.extend(asyncio.ensure_future(asyncio.sleep(5)) for _ in range(2))
            try:
                await asyncio.gather(*children)
            except asyncio.CancelledError:
                return "cancelled"
            return "not cancelled"

        started = Started(host, waits())
        await turns(pause)
        started.cancel()
        assert await started.value() == "cancelled"
        await turns(2)
        assert all(child.cancelled() for child in children)

    run(main)


@pytest.mark.parametrize("pause", [0, 3])
def test_cancelling_reaches_a_handler_that_only_steps_aside(run: Callable[[Main], Any], pause: int) -> None:
    async def main(host: AsyncioHost) -> None:
        async def polite() -> None:
            while True:
                await asyncio.sleep(0)

        started = Started(host, polite())
        await turns(pause)
        started.cancel()
        _, error = await started.end()
        assert isinstance(error, asyncio.CancelledError)

    run(main)


@pytest.mark.parametrize("pause", [0, 3])
def test_who_survives_cancelling_goes_on(run: Callable[[Main], Any], pause: int) -> None:
    async def main(host: AsyncioHost) -> None:
        async def stubborn() -> str:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(5)
            await asyncio.sleep(0)
            return "still here"

        async def next_one() -> int:
            await asyncio.sleep(0)
            task = asyncio.current_task()
            assert task is not None
            return task.cancelling()

        started = Started(host, stubborn())
        await turns(pause)
        started.cancel()
        assert await started.value() == "still here"
        # Nobody inherits a task that was cancelled.
        for _ in range(3):
            assert await Started(host, next_one()).value() == 0

    run(main)


def test_a_handler_may_cancel_itself_before_and_after_it_first_waited(run: Callable[[Main], Any]) -> None:
    async def itself(wait: bool) -> str:
        if wait:
            await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            return "cancelled"
        return "not cancelled"

    async def main(host: AsyncioHost) -> None:
        for wait in (False, True, False, True):
            await turns(2)
            assert await Started(host, itself(wait)).value() == "cancelled"
        # With a worker that has taken its first step already, and with one that has not.
        assert (
            await asyncio.gather(*(Started(host, itself(False)).value() for _ in range(3)))
            == ["cancelled"] * 3
        )

    run(main)


def test_a_handler_that_cancelled_itself_may_end_without_waiting(run: Callable[[Main], Any]) -> None:
    async def itself() -> str:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        return "ended"

    async def next_one() -> str:
        await asyncio.sleep(0)
        return "next"

    async def main(host: AsyncioHost) -> None:
        for pause in (0, 2):
            await turns(pause)
            assert Started(host, itself()).ends == [("ended", None)]
            assert await Started(host, next_one()).value() == "next"

    run(main)


# Tasks.


def test_one_task_serves_handlers_that_wait_one_after_another(run: Callable[[Main], Any]) -> None:
    async def waits() -> Any:
        await asyncio.sleep(0)
        return asyncio.current_task()

    async def main(host: AsyncioHost) -> None:
        tasks = {await Started(host, waits()).value() for _ in range(50)}
        assert len(tasks) <= 2
        assert len(asyncio.all_tasks()) == 2

    run(main)


def test_handlers_that_wait_at_once_leave_one_spare_task(run: Callable[[Main], Any]) -> None:
    async def waits() -> None:
        await asyncio.sleep(0.001)

    async def main(host: AsyncioHost) -> None:
        for each in [Started(host, waits()) for _ in range(50)]:
            await each.value()
        await turns(3)
        assert len(asyncio.all_tasks()) == 2

    run(main)


def test_closing_twice_is_allowed_and_leaves_waiting_handlers_alone(run: Callable[[Main], Any]) -> None:
    async def waits() -> str:
        await asyncio.sleep(0.001)
        return "ended"

    async def main(host: AsyncioHost) -> None:
        started = Started(host, waits())
        host.close()
        host.close()
        assert await started.value() == "ended"

    run(main)
