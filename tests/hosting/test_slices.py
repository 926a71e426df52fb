"""Calls that begin in the event loop's thread, and go on in another where they take longer than a slice."""

from __future__ import annotations

import asyncio
import threading
from ctypes import addressof
from pathlib import Path

import pytest
from tests.hosting.conftest import in_a_loop

from mcpgen.component.recognising import read
from mcpgen.hosting import pool as pools
from mcpgen.hosting.instance import Call, Instance, Slices, Trapped
from mcpgen.hosting.library import U64, Value
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.loading import Hosting, functions_pool
from mcpgen.hosting.pool import Isolation, Pool
from mcpgen.wasm_tools import run

#: Counts down from what it is given.
COUNTING = """
(component
  (core module $m
    (func (export "count") (param i64)
      (loop (br_if 0 (i64.gt_s (local.tee 0 (i64.sub (local.get 0) (i64.const 1))) (i64.const 0)))))
    (func (export "trap") (param i64) unreachable))
  (core instance $i (instantiate $m))
  (func (export "count") (param "from" u64) (canon lift (core func $i "count")))
  (func (export "trap") (param "from" u64) (canon lift (core func $i "trap"))))
"""
LONG = 100_000_000
FOR_EVER = 2**62
#: By which thread each slice was run, and of which call.
Ran = list[tuple[str, int]]


@pytest.fixture
def counting(tmp_path: Path) -> Path:
    (tmp_path / "counting.wat").write_text(COUNTING)
    made = run("wasm-tools", "parse", tmp_path / "counting.wat", "--output", tmp_path / "counting.wasm")
    assert made.code == 0, made.error
    return tmp_path / "counting.wasm"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, a quick call is one."""
    monkeypatch.setattr(pools, "_PATIENCE", 3600)


def pool_of(component: Path, *, isolation: Isolation = "pool", **limits: float) -> Pool[Instance]:
    bounds = ComponentLimits(**{"max_instances": 1, "cpu_seconds": 250, "call_seconds": 250, **limits})  # type: ignore[arg-type]
    return functions_pool(read(component), Hosting(isolation=isolation, limits=bounds))


async def counted(pool: Pool[Instance], count: int, ran: Ran, name: str = "count") -> None:
    def call(instance: Instance, call: Call) -> Slices[None]:
        argument, function = Value(), instance.function(name)
        assert function is not None
        argument.kind = U64
        argument.of.u64 = count
        slices = instance.slices(function, addressof(argument), 1, None, 0, call)
        while True:
            ran.append((threading.current_thread().name, instance.number))
            try:
                next(slices)
            except StopIteration:
                return
            yield

    await pool.run(call, brief=True)


def threads(ran: Ran) -> list[str]:
    """The threads that slices were run by, one after the other."""
    names = [name for name, _ in ran]
    return [name for at, name in enumerate(names) if not at or names[at - 1] != name]


@in_a_loop
async def test_quick_call_that_comes_alone_is_made_where_the_event_loop_runs(counting: Path) -> None:
    pool, ran = pool_of(counting), Ran()
    for _ in range(3):
        await counted(pool, 1, ran)
        await asyncio.sleep(0)
    assert threads(ran) == ["MainThread"]
    assert len(ran) == 3
    pool.close()


@in_a_loop
async def test_long_call_goes_on_in_a_thread_with_its_instance(counting: Path) -> None:
    pool, ran = pool_of(counting), Ran()
    long = asyncio.ensure_future(counted(pool, LONG, ran))
    turns = 0
    while not long.done():
        await asyncio.sleep(0)
        turns += 1
    await long
    assert turns > 1
    assert threads(ran) == ["MainThread", "mcpgen component"]
    assert len({number for _, number in ran}) == 1
    pool.close()


@in_a_loop
async def test_one_call_at_most_is_begun_in_a_turn_of_the_event_loop(counting: Path) -> None:
    pool, ran = pool_of(counting), Ran()
    await asyncio.gather(*(counted(pool, 1, ran) for _ in range(3)))
    assert [name for name, _ in ran] == ["MainThread", "mcpgen component", "mcpgen component"]
    pool.close()


@in_a_loop
async def test_call_is_begun_in_a_thread_while_another_goes_on(counting: Path) -> None:
    pool, long, quick = pool_of(counting, max_instances=2, cancel_seconds=0.01), Ran(), Ran()
    going_on = asyncio.ensure_future(counted(pool, FOR_EVER, long))
    while len(long) < 2:
        await asyncio.sleep(0.001)
    await counted(pool, 1, quick)
    assert threads(quick) == ["mcpgen component"]
    going_on.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going_on
    pool.close()


@in_a_loop
async def test_after_a_long_call_others_are_begun_in_threads_for_a_while(counting: Path) -> None:
    pool = pool_of(counting)
    paused = []
    for _ in range(2):
        await counted(pool, LONG, Ran())
        quick = Ran()
        while "MainThread" not in threads(quick):
            await counted(pool, 1, quick)
            await asyncio.sleep(0)
        paused.append(len(quick) - 1)
    # Having been quick in between makes up for one call.
    assert paused == [pools._FIRST_PAUSE, 2 * pools._FIRST_PAUSE - 1]
    pool.close()


@pytest.mark.parametrize("limit", ["cpu_seconds", "call_seconds"])
@in_a_loop
async def test_limits_hold_for_both_parts_of_a_call_together(counting: Path, limit: str) -> None:
    pool, ran = pool_of(counting, **{limit: 0.1}), Ran()  # type: ignore[arg-type]
    with pytest.raises(Trapped, match=f"it ran into {limit}") as trapped:
        await counted(pool, FOR_EVER, ran)
    assert trapped.value.limit == limit
    assert threads(ran) == ["MainThread", "mcpgen component"]
    again = Ran()
    await counted(pool, 1, again)
    assert again[0][1] != ran[0][1]
    pool.close()


@in_a_loop
async def test_what_traps_in_the_event_loops_thread_is_not_called_again(counting: Path) -> None:
    pool, ran = pool_of(counting), Ran()
    with pytest.raises(Trapped, match="unreachable"):
        await counted(pool, 1, ran, "trap")
    await counted(pool, 1, ran)
    assert len({number for _, number in ran}) == 2
    pool.close()


@in_a_loop
async def test_fresh_instances_are_called_in_threads(counting: Path) -> None:
    pool, ran = pool_of(counting, isolation="request"), Ran()
    for _ in range(2):
        await counted(pool, 1, ran)
    assert threads(ran) == ["mcpgen component"]
    assert len({number for _, number in ran}) == 2
    pool.close()


@in_a_loop
async def test_pool_that_is_closed_while_a_call_goes_on_frees_its_instance(counting: Path) -> None:
    before = set(threading.enumerate())
    pool, ran = pool_of(counting, cancel_seconds=0.01), Ran()
    going_on = asyncio.ensure_future(counted(pool, FOR_EVER, ran))
    while len(ran) < 2:
        await asyncio.sleep(0.001)
    pool.close()
    going_on.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going_on
    while any(each.name == "mcpgen component" for each in {*threading.enumerate()} - before):
        await asyncio.sleep(0.001)
