"""Handlers under `AsyncioHost`, on every event loop there is."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from mcpgen_runtime.transports.asyncio_host import AsyncioHost

Main = Callable[[AsyncioHost], Awaitable[Any]]
Run = Callable[[Main], Any]
Handler = Coroutine[Any, Any, Any]


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
def run(request: pytest.FixtureRequest) -> Run:
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
