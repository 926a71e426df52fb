"""A handler cannot tell that it is run in place and gets a task only once it waits."""

from __future__ import annotations

import asyncio
import contextlib
from contextvars import ContextVar
from typing import Any

import anyio
import anyio.to_thread

from mcpgen_runtime.transports.asyncio_host import AsyncioHost

from .conftest import Run, Started, turns

name: ContextVar[str] = ContextVar("name", default="nobody")


def test_the_current_task_is_the_same_before_and_after_waiting(run: Run) -> None:
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


def test_context_variables_of_a_handler_are_its_own(run: Run) -> None:
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


def test_context_variables_reach_what_a_handler_starts(run: Run) -> None:
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


def test_a_timeout_may_be_the_first_thing(run: Run) -> None:
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


def test_a_timeout_tells_cancelling_from_itself(run: Run) -> None:
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


def test_groups_of_tasks_may_be_the_first_thing(run: Run) -> None:
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


def test_wait_for_shield_gather_and_threads_work(run: Run) -> None:
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


def test_handlers_share_locks_and_queues(run: Run) -> None:
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


def test_anyio_works(run: Run) -> None:
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
