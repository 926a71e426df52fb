"""A call of a component, on its way through a pool's threads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from mcpgen.hosting.instance import Call, Instance, Slices

log = logging.getLogger("mcpgen.hosting")


class Job:
    """A call that is asked for; `finish` is called in the event loop, if it does not end where it begins."""

    __slots__ = (
        *("call", "cancelled", "error", "finish", "instance", "leaving", "loop", "over"),
        *("run", "slices", "value"),
    )

    def __init__(self, run: Callable[[Any, Call], Slices[Any]], loop: asyncio.AbstractEventLoop) -> None:
        self.run = run
        self.loop = loop
        self.finish: Callable[[Any, BaseException | None], None] = forget
        self.call: Call | None = None
        #: Of one that was begun already: its instance, what is left of it, and how it ended if it has.
        self.instance: Any = None
        self.slices: Slices[Any] | None = None
        self.value: Any = None
        self.error: BaseException | None = None
        self.cancelled = False
        #: Whether all that is left to do is to leave its instance.
        self.leaving = False
        #: Whether it was told how it ended.
        self.over = False

    def tell(self, value: Any, error: BaseException | None) -> None:
        """From any thread: how it ended. Only the first time counts."""
        if not self.over:
            self.over = True
            try:
                self.loop.call_soon_threadsafe(self.finish, value, error)
            except RuntimeError:  # the loop is closed: nobody waits any more
                log.debug("a call of a component ended after its event loop")


def nothing(instance: Instance, call: Call) -> Slices[None]:
    """What is left of a job that was done."""
    yield from ()


def forget(value: Any, error: BaseException | None) -> None:
    """Nobody waits for how it ends."""
