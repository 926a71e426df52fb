"""A handler ends at once or later, with a value or an error, and its task serves the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from types import coroutine
from typing import Any

from mcpgen_runtime.transports.asyncio_host import AsyncioHost

from .conftest import Run, Started, turns


def test_what_never_waits_has_ended_when_start_returns(run: Run) -> None:
    async def quick() -> int:
        return 5

    async def main(host: AsyncioHost) -> None:
        started = Started(host, quick())
        assert started.running is None
        assert started.ends == [(5, None)]

    run(main)


def test_an_error_is_handed_over_before_and_after_waiting(run: Run) -> None:
    async def fails(wait: bool) -> None:
        if wait:
            await asyncio.sleep(0)
        raise KeyError("x")

    async def main(host: AsyncioHost) -> None:
        for wait in (False, True):
            _, error = await Started(host, fails(wait)).end()
            assert isinstance(error, KeyError)

    run(main)


def test_what_waits_ends_later(run: Run) -> None:
    async def waits(value: int) -> int:
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        return value

    async def main(host: AsyncioHost) -> None:
        started = [Started(host, waits(value)) for value in range(10)]
        assert all(each.running is not None and not each.ends for each in started)
        assert [await each.value() for each in started] == list(range(10))

    run(main)


def test_what_is_done_already_needs_no_waiting(run: Run) -> None:
    async def main(host: AsyncioHost) -> None:
        promise = host.promise()
        promise.set_result("kept")

        async def waits() -> Any:
            return await promise

        assert Started(host, waits()).ends == [("kept", None)]

    run(main)


def test_what_cannot_be_waited_for_is_an_error_in_the_handler(run: Run) -> None:
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


def test_handlers_are_started_by_callbacks_as_by_tasks(run: Run) -> None:
    async def waits() -> Any:
        task = asyncio.current_task()
        await asyncio.sleep(0)
        return task

    async def main(host: AsyncioHost) -> None:
        started: asyncio.Future[Started] = host.promise()
        host.loop.call_soon(lambda: started.set_result(Started(host, waits())))
        assert isinstance(await (await started).value(), asyncio.Task)

    run(main)


def test_a_handler_may_start_another(run: Run) -> None:
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


def test_a_handler_may_use_a_done_callback_to_start_the_next(run: Run) -> None:
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


def test_one_task_serves_handlers_that_wait_one_after_another(run: Run) -> None:
    async def waits() -> Any:
        await asyncio.sleep(0)
        return asyncio.current_task()

    async def main(host: AsyncioHost) -> None:
        tasks = {await Started(host, waits()).value() for _ in range(50)}
        assert len(tasks) <= 2
        assert len(asyncio.all_tasks()) == 2

    run(main)


def test_handlers_that_wait_at_once_leave_one_spare_task(run: Run) -> None:
    async def waits() -> None:
        await asyncio.sleep(0.001)

    async def main(host: AsyncioHost) -> None:
        for each in [Started(host, waits()) for _ in range(50)]:
            await each.value()
        await turns(3)
        assert len(asyncio.all_tasks()) == 2

    run(main)


def test_closing_twice_is_allowed_and_leaves_waiting_handlers_alone(run: Run) -> None:
    async def waits() -> str:
        await asyncio.sleep(0.001)
        return "ended"

    async def main(host: AsyncioHost) -> None:
        started = Started(host, waits())
        host.close()
        host.close()
        assert await started.value() == "ended"

    run(main)


def test_what_fails_after_a_handler_is_told_and_harms_no_other() -> None:
    async def handler(wait: bool) -> int:
        if wait:
            await asyncio.sleep(0)
        return 5

    def fail(value: object, error: object) -> None:
        raise KeyError("what follows")

    async def main() -> None:
        told: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
        host = AsyncioHost()
        for wait in (False, True):
            host.start(handler(wait), fail)
            await turns(3)
        assert [type(each["exception"]) for each in told] == [KeyError, KeyError]
        assert await Started(host, handler(True)).value() == 5
        host.close()
        await turns(3)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
