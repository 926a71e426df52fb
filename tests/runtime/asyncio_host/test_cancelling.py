"""A handler is cancelled as a task is, whenever that happens."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from mcpgen_runtime.transports.asyncio_host import AsyncioHost

from .conftest import Run, Started, turns


@pytest.mark.parametrize("pause", [0, 1, 3])
def test_cancelling_raises_where_the_handler_waits(run: Run, pause: int) -> None:
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
def test_cancelling_cancels_what_the_handler_waits_for(run: Run, pause: int) -> None:
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
def test_cancelling_reaches_a_handler_that_only_steps_aside(run: Run, pause: int) -> None:
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
def test_who_survives_cancelling_goes_on(run: Run, pause: int) -> None:
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


def test_a_handler_may_cancel_itself_before_and_after_it_first_waited(run: Run) -> None:
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


def test_a_handler_that_cancelled_itself_may_end_without_waiting(run: Run) -> None:
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


def test_cancelled_before_the_first_step_of_its_task_a_handler_is_told(run: Run) -> None:
    # A timer that is due may come first, as it does in uvloop.
    tasks: list[asyncio.Task[None]] = []

    async def waits() -> str:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError as told:
            return str(told)
        raise AssertionError("not cancelled")

    async def main(host: AsyncioHost) -> None:
        asyncio.get_running_loop().call_soon(lambda: tasks[0].cancel("why"))
        assert await Started(host, waits()).value() == "why"

    run(main)
