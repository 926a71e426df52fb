"""Calls that wait in functions of the host, which nobody can end, do not keep others waiting."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from ctypes import addressof
from pathlib import Path

import pytest
from tests.hosting.conftest import HERE, in_a_loop

from mcpgen.component.recognising import read
from mcpgen.errors import TargetUnreachable
from mcpgen.hosting import instance as instances
from mcpgen.hosting import pool as pools
from mcpgen.hosting.instance import Call, Instance, Slices, Trapped
from mcpgen.hosting.library import U64, Value
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.loading import Hosting, functions_pool
from mcpgen.hosting.pool import Pool
from mcpgen.wasm_tools import run

FOR_EVER = "(call $wait (i64.const 3600000000000))"
Sleeping = Callable[..., Path]


@pytest.fixture
def sleeping(tmp_path: Path) -> Sleeping:
    """Makes the component, which does `start` as it begins."""

    def make(start: str = "") -> Path:
        source, made = tmp_path / "sleeping.wat", tmp_path / "sleeping.wasm"
        source.write_text((HERE / "sleeping.wat").read_text().replace("START)", f"{start})"))
        ended = run("wasm-tools", "parse", source, "--output", made)
        assert ended.code == 0, ended.error
        return made

    return make


@pytest.fixture
def soon_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is lost at once, and few may be."""
    monkeypatch.setattr(instances, "_STUCK_SECONDS", 0.05)
    monkeypatch.setattr(pools, "_MOST_LOST", 1)


def pool_of(component: Path, **limits: float) -> Pool[Instance]:
    return functions_pool(read(component), Hosting(limits=ComponentLimits(max_instances=1, **limits)))  # type: ignore[arg-type]


async def waited(pool: Pool[Instance], seconds: float) -> None:
    def call(instance: Instance, call: Call) -> Slices[None]:
        argument, function = Value(), instance.function("wait")
        assert function is not None
        argument.kind = U64
        argument.of.u64 = int(seconds * 1e9)
        yield from instance.slices(function, addressof(argument), 1, None, 0, call)

    await pool.run(call)


async def refused(pool: Pool[Instance]) -> bool:
    try:
        await waited(pool, 0)
    except Trapped:
        return True
    return False


def test_component_that_waits_as_it_begins_is_not_waited_for(sleeping: Sleeping, soon_lost: None) -> None:
    with pytest.raises(
        TargetUnreachable, match="waits in a function of the host that does not return"
    ) as refused:
        pool_of(sleeping(FOR_EVER), call_seconds=0.1)
    assert "--set call_seconds" in refused.value.hint


@pytest.mark.parametrize(
    ("start", "why"), [("unreachable", "unreachable"), ("(loop (br 0))", "cpu_seconds")], ids=["trap", "loop"]
)
def test_component_whose_own_code_fails_as_it_begins_is_no_wrong_usage(
    sleeping: Sleeping, start: str, why: str
) -> None:
    served: list[str | Path] = [
        sys.executable,
        "-m",
        "mcpgen",
        "serve",
        sleeping(start),
        "--set",
        "cpu_seconds=0.1",
    ]
    ended = subprocess.run(served, input="", capture_output=True, text=True, check=False, timeout=100)
    assert ended.returncode == 3, ended.stderr
    assert "error: sleeping.wasm cannot be run, its own code fails as it begins: " in ended.stderr
    assert why in ended.stderr


@in_a_loop
async def test_calls_that_do_not_return_are_replaced_up_to_a_bound_and_missed_no_longer_once_they_do(
    sleeping: Sleeping, soon_lost: None
) -> None:
    pool = pool_of(sleeping(), call_seconds=0.1)
    for _ in range(2):
        with pytest.raises(Trapped, match="does not return"):
            await waited(pool, 3)
    with pytest.raises(Trapped, match="2 calls wait in functions of the host: no other is begun"):
        await waited(pool, 0)
    while await refused(pool):
        await asyncio.sleep(0.01)
    pool.close()


@in_a_loop
async def test_call_that_waits_for_its_turn_is_refused_once_it_cannot_come(
    sleeping: Sleeping, soon_lost: None
) -> None:
    pool = pool_of(sleeping(), call_seconds=0.1)
    reasons = await asyncio.gather(*(waited(pool, 3600) for _ in range(3)), return_exceptions=True)
    assert [("no other is begun" in str(each)) for each in reasons] == [False, False, True]
    pool.close()


def test_instance_that_nobody_called_is_freed(sleeping: Sleeping) -> None:
    before = dict(instances._instances)
    pool = pool_of(sleeping())
    assert len(instances._instances) == len(before) + 1
    pool.close()
    assert instances._instances == before
