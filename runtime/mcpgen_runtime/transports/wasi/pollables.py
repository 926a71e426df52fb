"""What a component's event loop waits for: pollables of its host, beside its timers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from mcpgen_runtime.transports.wasi.bindings import Http, drop
from mcpgen_runtime.transports.wasi.loop import Stuck


class Pollables:
    """Those that somebody waits for, each with its future."""

    def __init__(self, wasi: Callable[[], Http]) -> None:
        self._wasi = wasi
        self._waiting: dict[Any, asyncio.Future[None]] = {}

    async def ready(self, pollable: Any) -> None:
        """Return when `pollable` is ready; it is dropped then, as it is where nobody waits any more."""
        if pollable.ready():
            drop(pollable)
            return
        future = self._waiting[pollable] = asyncio.get_running_loop().create_future()
        try:
            await future
        finally:
            if self._waiting.pop(pollable, None) is not None:
                drop(pollable)

    def release(self) -> None:
        """Wait for none of them any more: what they belong to is about to be dropped."""
        while self._waiting:
            pollable, future = self._waiting.popitem()
            drop(pollable)
            future.cancel()

    def wait(self, seconds: float | None) -> None:
        """Wait until one is ready, or for so many seconds: None for ever, and 0 to only look.

        Raises `Stuck` where there is no end to it.
        """
        waiting = list(self._waiting.items())
        if seconds == 0:
            for pollable, future in waiting:
                if not future.done() and pollable.ready():
                    future.set_result(None)
            return
        wasi = self._wasi()
        pollables = [pollable for pollable, _ in waiting]
        timer = None
        if seconds is not None:
            timer = wasi.after(seconds)
            pollables.append(timer)
        if not pollables:
            raise Stuck("a handler waits for something that cannot happen in a component")
        ready = wasi.poll(pollables)
        if timer is not None:
            drop(timer)
        for place in ready:
            if place < len(waiting) and not waiting[place][1].done():
                waiting[place][1].set_result(None)
