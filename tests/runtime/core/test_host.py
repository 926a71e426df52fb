"""`Driver`: a host whose time stands still until a test lets it pass."""

from __future__ import annotations

from collections.abc import Generator
from contextvars import ContextVar
from types import coroutine
from typing import Any

import pytest

from mcpgen_runtime.host import Cancelled, Driver

Ended = list[tuple[Any, BaseException | None]]


def ended() -> tuple[Ended, Any]:
    """Where a coroutine's end is put, and the callback that does so."""
    outcomes: Ended = []
    return outcomes, lambda value, error: outcomes.append((value, error))


def test_what_does_not_wait_has_ended_when_start_returns() -> None:
    async def quick() -> int:
        return 5

    outcomes, done = ended()
    assert Driver().start(quick(), done) is None
    assert outcomes == [(5, None)]


def test_what_fails_ends_with_its_error() -> None:
    async def fails() -> None:
        raise KeyError("x")

    outcomes, done = ended()
    Driver().start(fails(), done)
    assert isinstance(outcomes[0][1], KeyError)


def test_a_promise_wakes_who_waits_for_it() -> None:
    driver = Driver()
    promise = driver.promise()

    async def waits() -> Any:
        return [await promise, await promise]

    outcomes, done = ended()
    assert driver.start(waits(), done) is not None
    driver.run()
    assert not promise.done()
    promise.set_result("kept")
    driver.run()
    assert promise.done()
    assert outcomes == [(["kept", "kept"], None)]


def test_a_promise_can_fail_and_is_kept_once() -> None:
    driver = Driver()
    promise = driver.promise()
    promise.set_exception(LookupError("no"))
    with pytest.raises(RuntimeError, match="once"):
        promise.set_result(1)
    with pytest.raises(LookupError, match="no"):
        driver.complete(promise)


def test_cancelling_raises_where_the_coroutine_waits() -> None:
    driver = Driver()
    promise = driver.promise()
    seen: list[str] = []

    async def waits() -> None:
        try:
            await promise
        except Cancelled:
            seen.append("cancelled")
            raise
        finally:
            seen.append("finally")

    outcomes, done = ended()
    running = driver.start(waits(), done)
    assert running is not None
    running.cancel()
    running.cancel()
    assert seen == []
    driver.run()
    assert seen == ["cancelled", "finally"]
    assert isinstance(outcomes[0][1], Cancelled)
    promise.set_result(1)  # too late: nobody waits
    driver.run()
    running.cancel()
    driver.run()
    assert len(outcomes) == 1


def test_who_survives_cancelling_goes_on() -> None:
    driver = Driver()
    first, second = driver.promise(), driver.promise()

    async def stubborn() -> Any:
        try:
            await first
        except Cancelled:
            return await second

    outcomes, done = ended()
    running = driver.start(stubborn(), done)
    assert running is not None
    running.cancel()
    driver.run()
    first.set_result("ignored")
    driver.run()
    assert outcomes == []
    second.set_result("got")
    driver.run()
    assert outcomes == [("got", None)]


def test_cancelled_and_woken_at_once_ends_once() -> None:
    driver = Driver()
    promise = driver.promise()

    async def waits() -> Any:
        return await promise

    outcomes, done = ended()
    running = driver.start(waits(), done)
    assert running is not None
    running.cancel()
    promise.set_result(1)
    driver.run()
    assert [type(error) for _, error in outcomes] == [Cancelled]


def test_a_bare_yield_lets_others_run_first() -> None:
    driver = Driver()
    order: list[str] = []

    @coroutine
    def step_aside() -> Generator[None, None, None]:
        yield

    async def polite() -> None:
        await step_aside()
        order.append("polite")

    driver.soon(lambda: order.append("other"))
    driver.start(polite(), lambda value, error: None)
    driver.run()
    assert order == ["other", "polite"]
    outcomes, done = ended()
    running = driver.start(polite(), done)
    assert running is not None
    running.cancel()
    driver.run()
    assert len(outcomes) == 1


def test_nothing_else_can_be_waited_for() -> None:
    @coroutine
    def strange() -> Generator[int, None, None]:
        yield 5

    async def waits() -> None:
        await strange()

    with pytest.raises(TypeError, match="cannot wait for 5"):
        Driver().start(waits(), lambda value, error: None)


def test_time_passes_only_when_it_is_let() -> None:
    driver = Driver(time=1000.0)
    rung: list[str] = []
    driver.call_later(2, lambda: rung.append("second"))
    driver.call_later(1, lambda: rung.append("first"))
    driver.call_later(1, lambda: rung.append("never")).cancel()
    driver.run()
    assert rung == []
    driver.advance(1.5)
    assert (rung, driver.now(), driver.time()) == (["first"], 1.5, 1001.5)
    driver.advance(1)
    assert rung == ["first", "second"]


def test_sleeping_takes_the_time_that_is_let_pass() -> None:
    driver = Driver()

    async def sleeps() -> float:
        await driver.sleep(3)
        return driver.now()

    outcomes, done = ended()
    driver.start(sleeps(), done)
    driver.advance(2.5)
    assert outcomes == []
    driver.advance(1)
    assert outcomes == [(3.0, None)]


def test_complete_gives_the_value_or_says_that_there_will_be_none() -> None:
    driver = Driver()

    async def quick() -> int:
        return 5

    assert driver.complete(quick()) == 5
    with pytest.raises(RuntimeError, match="not happened"):
        driver.complete(driver.sleep(1))


def test_what_is_woken_and_cancelled_at_once_is_woken_once() -> None:
    driver = Driver()
    first, second = driver.promise(), driver.promise()
    heard: list[object] = []

    async def work() -> None:
        try:
            await first
        except Cancelled:
            heard.append("cancelled")
        heard.append(await second)

    running = driver.start(work(), lambda value, error: None)
    assert running is not None
    first.set_result("one")
    running.cancel()
    driver.run()
    assert heard == ["cancelled"]
    second.set_result("two")
    driver.run()
    assert heard == ["cancelled", "two"]


def test_each_coroutine_has_context_variables_of_its_own() -> None:
    driver = Driver()
    variable: ContextVar[str] = ContextVar("variable", default="none")
    heard: list[str] = []

    async def work(name: str) -> None:
        variable.set(name)
        await driver.sleep(1)
        heard.append(variable.get())

    for name in "ab":
        driver.start(work(name), lambda value, error: None)
    driver.advance(1)
    assert (heard, variable.get()) == (["a", "b"], "none")
