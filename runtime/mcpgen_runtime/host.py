"""What the protocol core needs of the world it runs in, and the plainest such world.

The core has no clock, no threads and no event loop. Whoever serves it gives it a `Host`:
`mcpgen_runtime.transports.asyncio_host` for asyncio; `Driver`, below, for tests, for components
and for whoever wants to step through a server by hand.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import copy_context
from functools import partial
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


class Cancelled(BaseException):
    """Raised inside a coroutine that a `Driver` runs when it is cancelled, as asyncio's CancelledError is."""


class Timer(Protocol):
    """A call that is due later."""

    def cancel(self) -> object:
        """Have the call never happen."""


class Running(Protocol):
    """A coroutine that waits for something."""

    def cancel(self) -> object:
        """Have the coroutine end at the place where it waits.

        Not once it has ended: what ran it may run another one by then.
        """

    def uncancel(self) -> object:
        """Take `cancel` back: what it was raised for is done, and the coroutine goes on."""


class Promise(Protocol[T]):
    """What a coroutine waits for: it gets a value or an error, once, from outside."""

    def __await__(self) -> Generator[Any, Any, T]: ...
    def done(self) -> bool: ...
    def set_result(self, value: T, /) -> None: ...
    def set_exception(self, error: BaseException, /) -> None: ...


class Host(Protocol):
    """The world as the core sees it."""

    def now(self) -> float:
        """Seconds on a clock that never runs backwards."""

    def time(self) -> float:
        """Seconds since 1970, for what must be understood by another process."""

    def start(
        self, coroutine: Coroutine[Any, Any, T], done: Callable[[T | None, BaseException | None], None]
    ) -> Running | None:
        """Run `coroutine` at once as far as it goes without waiting.

        `done` is called with its value or its error, once: before this returns None, or later,
        when this returns what can cancel it.
        """

    def promise(self) -> Promise[Any]:
        """A new promise that coroutines of this host can await."""

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` in `seconds`, unless cancelled before."""


class DriverPromise(Generic[T]):
    """A promise of a `Driver`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._waiting: list[_Step] = []
        self._value: T | None = None
        self._error: BaseException | None = None
        self._done = False

    def __await__(self) -> Generator[Any, Any, T]:
        if not self._done:
            yield self
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]

    def done(self) -> bool:
        return self._done

    def set_result(self, value: T, /) -> None:
        self._value = value
        self._settle()

    def set_exception(self, error: BaseException, /) -> None:
        self._error = error
        self._settle()

    def _settle(self) -> None:
        if self._done:
            raise RuntimeError("a promise is kept once")
        self._done = True
        for step in self._waiting:
            self._driver.soon(partial(step.wake, self))
        self._waiting.clear()


class _Step:
    """A coroutine that a driver advances."""

    def __init__(
        self, driver: Driver, coroutine: Coroutine[Any, Any, Any], done: Callable[..., None]
    ) -> None:
        self._driver = driver
        self._coroutine = coroutine
        self._context = copy_context()
        self._done = done
        self._cancelling = False
        self._waits_for: DriverPromise[Any] | None = None
        self.ended = False

    def wake(self, promise: DriverPromise[Any]) -> None:
        # Cancelled meanwhile, it waits for something else: this promise is no longer its business.
        if self._waits_for is promise:
            self.resume()

    def cancel(self) -> None:
        if not self.ended and not self._cancelling:
            self._cancelling = True
            self._driver.soon(self._end)

    def uncancel(self) -> None:
        self._cancelling = False

    def _end(self) -> None:
        if self._cancelling:  # or else it was woken before, and has ended or goes on
            self.resume()

    def resume(self) -> None:
        if self.ended:
            return
        self._waits_for = None
        try:
            if self._cancelling:
                self._cancelling = False
                waits_for = self._context.run(self._coroutine.throw, Cancelled())
            else:
                waits_for = self._context.run(self._coroutine.send, None)
        except StopIteration as stop:
            self.ended = True
            self._done(stop.value, None)
        except BaseException as error:
            self.ended = True
            self._done(None, error)
        else:
            if isinstance(waits_for, DriverPromise):
                self._waits_for = waits_for
                waits_for._waiting.append(self)
            elif waits_for is None:  # a bare yield: let others run first
                self._driver.soon(self.resume)
            else:
                raise TypeError(f"a coroutine of this driver cannot wait for {waits_for!r}")


class _Timer:
    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None


class Driver:
    """A host without an event loop: its clock stands still until someone lets time pass."""

    def __init__(self, *, time: float = 0.0) -> None:
        self._now = 0.0
        self._epoch = time
        self._ready: deque[Callable[[], object]] = deque()
        self._timers: list[tuple[float, int, _Timer]] = []
        self._order = count()

    def now(self) -> float:
        return self._now

    def time(self) -> float:
        return self._epoch + self._now

    def start(
        self, coroutine: Coroutine[Any, Any, T], done: Callable[[T | None, BaseException | None], None]
    ) -> Running | None:
        step = _Step(self, coroutine, done)
        step.resume()
        return None if step.ended else step

    def promise(self) -> DriverPromise[Any]:
        return DriverPromise(self)

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        timer = _Timer(callback)
        heapq.heappush(self._timers, (self._now + seconds, next(self._order), timer))
        return timer

    def soon(self, callback: Callable[[], object]) -> None:
        """Call `callback` in the next `run`."""
        self._ready.append(callback)

    def run(self) -> None:
        """Let everything happen that can without time passing."""
        while self._ready:
            self._ready.popleft()()

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, and everything happen that is due by then."""
        until = self._now + seconds
        self.run()
        while self._timers and self._timers[0][0] <= until:
            self._now, _, timer = heapq.heappop(self._timers)
            if timer.callback is not None:
                timer.callback()
            self.run()
        self._now = until

    async def sleep(self, seconds: float) -> None:
        """For a handler under this driver: wait until `seconds` have passed."""
        promise = self.promise()
        timer = self.call_later(seconds, lambda: promise.set_result(None))
        try:
            await promise
        finally:
            timer.cancel()

    def complete(self, awaitable: Awaitable[T]) -> T:
        """The value of `awaitable`, which may wait for what this driver can do without time passing.

        Raises what it raises, and `RuntimeError` where it waits for anything else.
        """

        async def whole() -> T:
            return await awaitable

        outcome: list[tuple[Any, BaseException | None]] = []
        self.start(whole(), lambda value, error: outcome.append((value, error)))
        self.run()
        if not outcome:
            raise RuntimeError("it waits for something that has not happened")
        value, error = outcome[0]
        if error is not None:
            raise error
        return value  # type: ignore[no-any-return]
