"""What is put off to the end of a turn of the event loop, so that it happens for many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class EndOfTurn:
    """Calls that are made one after the other, once the loop has called back whoever was due."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._calls: list[Callable[[], None]] = []

    def add(self, call: Callable[[], None]) -> None:
        """Make `call` at the end of this turn; what it raises is for the loop's exception handler."""
        if not self._calls:
            self._loop.call_soon(self._make)
        self._calls.append(call)

    def _make(self) -> None:
        calls, self._calls = self._calls, []
        for call in calls:
            try:
                call()
            except Exception as error:  # one costs the others nothing
                message = "what was put off to the end of a turn failed"
                self._loop.call_exception_handler({"message": message, "exception": error})
