"""An asyncio event loop for a world without sockets, signals and threads."""

from __future__ import annotations

from asyncio import CancelledError, base_events
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

#: A task that never waits and never ends does not get more turns once its request is answered.
_MAX_TURNS = 64


class ComponentLoop(base_events.BaseEventLoop):
    """Runs callbacks and timers; between them it `waits`, for so many seconds, or until something happens.

    `waits` gets None where no timer is set, and 0 where it is only to look. `now` is the loop's clock, in
    seconds.
    """

    def __init__(self, now: Callable[[], float], waits: Callable[[float | None], None]) -> None:
        super().__init__()
        self.time = now  # type: ignore[method-assign]
        self._selector = _Selector(waits)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        """There are no threads. Raises `RuntimeError`."""
        raise RuntimeError("there are no threads in a WebAssembly component: call it directly")

    def complete(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What `coroutine` gives. Raises what it raises, and `Stuck`: then it was cancelled."""
        task = self.create_task(coroutine)
        try:
            return self.run_until_complete(task)
        except Stuck:
            task.cancel()
            with suppress(Stuck, CancelledError):
                self.run_until_complete(task)
            raise

    def settle(self) -> None:
        """Run what is ready, and what that makes ready, but wait for nothing. Raises what a callback does."""
        for _ in range(_MAX_TURNS):
            if not self._ready:  # type: ignore[attr-defined]
                return
            self.turn()

    def turn(self) -> None:
        """Run what is ready or due. Raises what a callback does."""
        self.call_soon(self.stop)
        self.run_forever()

    @property
    def has_timers(self) -> bool:
        """Whether anything is to happen later."""
        return bool(self._scheduled)  # type: ignore[attr-defined]

    def _process_events(self, event_list: list[Any]) -> None:
        """Nothing: whoever `waits` has called what there was to call."""

    def _write_to_self(self) -> None:
        """Nothing: no other thread can have woken this one."""


class _Selector:
    def __init__(self, waits: Callable[[float | None], None]) -> None:
        self._waits = waits

    def select(self, timeout: float | None) -> list[Any]:
        self._waits(None if timeout is None else max(timeout, 0))
        return []

    def close(self) -> None:
        """Nothing is held."""


class Stuck(RuntimeError):
    """Somebody waits, and nothing is left that could happen."""


class PassingTime:
    """A clock for who cannot wait: time passes when somebody sleeps, at once, and when the host says so."""

    def __init__(self) -> None:
        self._now = 0.0
        self._began: float | None = None

    def now(self) -> float:
        return self._now

    def wait(self, seconds: float | None) -> None:
        """Let `seconds` pass. Raises `Stuck` where there is no end to it."""
        if seconds is None:
            raise Stuck("a handler waits for something that cannot happen in a component")
        self._now += seconds

    def reach(self, time: float) -> None:
        """Be no earlier than `time`, the host's, in seconds since 1970."""
        if self._began is None:
            self._began = time - self._now
        self._now = max(self._now, time - self._began)
