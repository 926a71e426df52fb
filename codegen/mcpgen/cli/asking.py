"""Asking a server from the command line: a line that says what is being done, and an end by any signal."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Announce: TypeAlias = "Callable[[str], None]"
"""Says what is being done now."""


def ask(
    work: Callable[[Announce], Awaitable[T]],
    *,
    progress: Callable[[], AbstractContextManager[Announce]] | None = None,
) -> tuple[T | None, list[int]]:
    """What `work` gives, and the signals that came meanwhile. `progress` shows what it announces.

    SIGINT, SIGTERM and SIGHUP cancel it; None is what it gives where that ended it. Whatever processes it
    started are ended first.
    """
    import asyncio
    import signal

    from mcpgen.validate.descendants import descendants_ended

    received: list[int] = []

    async def run() -> T:
        task = asyncio.current_task()
        assert task is not None

        def end(number: int) -> None:
            received.append(number)
            task.cancel()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, end, number)
        with announced("starting the server") if progress is None else progress() as announce:
            return await work(announce)

    try:
        with descendants_ended():
            return asyncio.run(run()), received
    except asyncio.CancelledError:
        return None, received


@contextmanager
def quietly() -> Iterator[Announce]:
    """Says nothing of what is being done, for whoever says it in another way."""
    yield lambda _: None


@contextmanager
def announced(first: str) -> Iterator[Announce]:
    """A line on a terminal that says what is being done, `first` at first; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(first) as status:
        yield lambda doing: status.update(Text(doing))
