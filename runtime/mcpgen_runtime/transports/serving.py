"""Several transports at once, on one handler and one event loop; and a process that does nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Sequence

from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.adapter import TransportAdapter
from mcpgen_runtime.transports.living import living

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
#: After that long, adapters have started.
_STARTED_SECONDS = 1.0


class CannotServe(Exception):
    """The transport of that name cannot listen where it should, for the `reason`."""

    def __init__(self, transport: str, reason: OSError) -> None:
        super().__init__(f"{transport}: {reason}")
        self.transport = transport
        self.reason = reason


async def serve_all(handler: ProtocolHandler, adapters: Sequence[TransportAdapter]) -> None:
    """Serve on every one of `adapters`, until the first of them ends or until cancelled.

    The first to end ends all: a client that started this process over stdio wants it gone with its
    input. Raises what an adapter raises, `OSError` as `CannotServe`; and `LifespanFailed`, before it
    listens or after all have ended. A second cancellation ends it at once.
    """
    # Around all: it has begun before the first adapter listens, and ends after the last has drained.
    async with living(handler):
        tasks = [asyncio.create_task(_serve(handler, adapter)) for adapter in adapters]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            try:
                await _end(tasks)
            except asyncio.CancelledError:
                await _end(tasks)
                raise
        for task in done:
            task.result()


async def _serve(handler: ProtocolHandler, adapter: TransportAdapter) -> None:
    try:
        await adapter.serve(handler)
    except OSError as error:
        raise CannotServe(adapter.name, error) from error


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def run(
    handler: ProtocolHandler,
    adapters: Sequence[TransportAdapter],
    *,
    loop: asyncio.AbstractEventLoop | None = None,
) -> None:
    """Serve on `adapters` in this thread, the main one, until the first of them ends, or SIGTERM or SIGINT.

    Either signal ends it gracefully: calls in flight get `drain_seconds`, and then it returns. The next
    one does what it does by default. `loop` is the event loop to use, one of uvloop for example. Raises
    as `serve_all` does. Threads that a handler left running are not waited for.
    """
    loop = loop or asyncio.new_event_loop()
    try:
        main = loop.create_task(serve_all(handler, adapters))

        def end() -> None:
            for each in _SIGNALS:
                loop.remove_signal_handler(each)
            main.cancel()

        for each in _SIGNALS:
            loop.add_signal_handler(each, end)
        # What was imported stays: the collector need not look at it again and again. Adapters import more
        # as they start, an HTTP server above all: looking at that takes milliseconds each time.
        gc.freeze()
        loop.call_later(_STARTED_SECONDS, gc.freeze)
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(main)
        _cancel_rest(loop)
    finally:
        loop.close()


def _cancel_rest(loop: asyncio.AbstractEventLoop) -> None:
    """End what handlers started in the background."""
    rest = asyncio.all_tasks(loop)
    for task in rest:
        task.cancel()
    if rest:
        loop.run_until_complete(asyncio.wait(rest))
    loop.run_until_complete(loop.shutdown_asyncgens())
