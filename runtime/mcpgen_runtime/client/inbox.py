"""Callbacks for what a server tells: called in order, awaited where they have to be, never waited for."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from mcpgen_runtime.client.errors import LimitPassed

_log = logging.getLogger("mcpgen.client")

# How many notifications may wait for a callback that is slow.
_LONGEST = 10_000


class Inbox:
    """Calls one callback after the other; those that are coroutine functions in a task of the inbox."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    def put(self, callback: Callable[..., object], *arguments: Any) -> None:
        """Call `callback`, at once where nothing waits before it. Raises `LimitPassed` on a flood."""
        if self._worker is None:
            outcome = _called(callback, arguments)
            if inspect.isawaitable(outcome):
                self._worker = asyncio.create_task(self._work(outcome))
            return
        if len(self._waiting) >= _LONGEST:
            raise LimitPassed(f"the server sent {_LONGEST} notifications faster than they were taken")
        self._waiting.append((callback, arguments))

    def close(self) -> None:
        """Call nothing any more."""
        self._waiting.clear()
        if self._worker is not None:
            self._worker.cancel()

    async def _work(self, outcome: Awaitable[object]) -> None:
        try:
            await _awaited(outcome)
            while self._waiting:
                callback, arguments = self._waiting.popleft()
                outcome_or_value = _called(callback, arguments)
                if inspect.isawaitable(outcome_or_value):
                    await _awaited(outcome_or_value)
        finally:
            self._worker = None


def _called(callback: Callable[..., object], arguments: tuple[Any, ...]) -> object:
    try:
        return callback(*arguments)
    except Exception:
        _log.exception("a callback failed")
        return None


async def _awaited(outcome: Awaitable[object]) -> None:
    try:
        await outcome
    except Exception:
        _log.exception("a callback failed")
