"""Instances that live for one call take the places of others, and find nothing of them there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from ctypes import addressof
from pathlib import Path
from typing import Any

import pytest
from tests.hosting.conftest import in_a_loop

from mcpgen.component.recognising import read
from mcpgen.hosting.instance import Call, Instance, Slices
from mcpgen.hosting.library import Value
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.loading import Hosting, functions_pool
from mcpgen.hosting.pool import Isolation, Pool
from mcpgen.wasm_tools import run

U32 = 6
ROOT = Path(__file__).resolve().parents[2]
#: Adds up what it finds in its memory and its table, and how large they are; leaves something everywhere.
LITTERING = """
(component
  (core module $m
    (memory 2)
    (data (i32.const 8) "\\01")
    (table 10 20 funcref)
    (elem declare func $left)
    (func $left (export "left") (result i32)
      (local $found i32)
      (local.set $found (i32.add (i32.load8_u (i32.const 8)) (i32.load (i32.const 70000))))
      (local.set $found (i32.add (local.get $found) (i32.mul (memory.grow (i32.const 1)) (i32.const 100))))
      (local.set $found (i32.add (local.get $found) (i32.load (i32.const 140000))))
      (if (i32.eqz (ref.is_null (table.get (i32.const 3))))
        (then (local.set $found (i32.const 9999))))
      (table.set (i32.const 3) (ref.func $left))
      (i32.store (i32.const 8) (i32.const 77))
      (i32.store (i32.const 70000) (i32.const 77))
      (i32.store (i32.const 140000) (i32.const 77))
      (local.get $found)))
  (core instance $i (instantiate $m))
  (func (export "left") (result u32) (canon lift (core func $i "left"))))
"""


@pytest.fixture
def littering(tmp_path: Path) -> Path:
    (tmp_path / "littering.wat").write_text(LITTERING)
    made = run("wasm-tools", "parse", tmp_path / "littering.wat", "--output", tmp_path / "littering.wasm")
    assert made.code == 0, made.error
    return tmp_path / "littering.wasm"


def pool_of(component: Path, isolation: Isolation, compiled: list[Any]) -> Pool[Instance]:
    hosting = Hosting(isolation=isolation, limits=ComponentLimits(max_instances=2))
    return functions_pool(read(component), hosting, compiling=lambda *what: compiled.append(what))


async def found(pool: Pool[Instance]) -> int:
    def call(instance: Instance, call: Call) -> Slices[int]:
        result, function = Value(), instance.function("left")
        assert function is not None
        yield from instance.slices(function, None, 0, addressof(result), 1, call)
        assert result.kind == U32
        return int(result.of.u64 & 0xFFFFFFFF)

    return await pool.run(call)


@in_a_loop
async def test_instance_begins_with_what_the_component_has_whoever_was_in_its_place(littering: Path) -> None:
    compiled: list[Any] = []
    fresh, kept = pool_of(littering, "request", compiled), pool_of(littering, "pool", compiled)
    for _ in range(20):
        assert await asyncio.gather(*(found(fresh) for _ in range(4))) == [201] * 4
    assert await found(kept) == 201
    assert await found(kept) == 9999
    # Both have the code that the first of them compiled.
    assert len(compiled) == 1
    fresh.close()
    kept.close()


def test_fresh_instances_need_no_place_where_addresses_are_limited(littering: Path) -> None:
    program = (
        "import asyncio, resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2**37, 2**37));"
        " from pathlib import Path; from tests.hosting.test_places import found, pool_of;"
        " print(asyncio.run(found(pool_of(Path(sys.argv[1]), 'request', []))))"
    )
    command = [sys.executable, "-c", program, str(littering)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (ended.returncode, ended.stdout) == (0, "201\n"), ended.stderr
