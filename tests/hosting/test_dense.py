"""Holes in a memory are filled with the zeros that are there anyway."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import Engine, Instance, Module, Store, wat2wasm

from mcpgen.component.sections import COMPONENT, MAGIC, leb, number, sections
from mcpgen.hosting.dense import _MOST_BYTES, _address, _constant, _holes, _module, _Room, dense
from mcpgen.hosting.engine import Engine as Compiler
from mcpgen.hosting.library import WasmError

MODULE = """
(module
  (memory (export "memory") 2)
  (global $here i32 (i32.const 9))
  (data (i32.const 70000) "far")
  (data (i32.const 8) "first")
  (data $passive "passive")
  (data (i32.const 10) "over")
  (data (i32.const 300) "third")
  (func (export "load") (memory.init $passive (i32.const 500) (i32.const 0) (i32.const 7))))
"""


def memory_of(module: bytes) -> bytes:
    """What the memory holds once the passive segment is loaded."""
    store = Store(Engine())
    exports = Instance(store, Module(store.engine, module), []).exports(store)
    exports["load"](store)  # type: ignore[operator]
    return bytes(exports["memory"].read(store, 0, 131072))  # type: ignore[union-attr]


def holes_of(module: bytes) -> list[tuple[int, int]]:
    (data,) = (section for section in sections(module) if section.id == 11)
    return _holes(module, *number(module, data.start))


def test_memory_has_the_same_content_and_no_holes() -> None:
    before = bytes(wat2wasm(MODULE))
    assert holes_of(before) == [(14, 286), (305, 69695)]
    after = _module(before, _Room(_MOST_BYTES))
    assert holes_of(after) == []
    assert memory_of(after) == memory_of(before)
    assert memory_of(after)[500:507] == b"passive"


@pytest.mark.parametrize(
    "module",
    [
        '(module (import "a" "b" (global i32)) (memory 1) (data (global.get 0) "a") (data (i32.const 9) "b"))',  # noqa: E501
        '(module (memory 4000) (data (i32.const 0) "a") (data (i32.const 200000000) "b"))',
        '(module (memory 1) (data (i32.const 0) "a"))',
        "(module)",
    ],
    ids=["a place that is known later", "mostly holes", "one segment", "no data"],
)
def test_what_gains_nothing_stays_as_it_is(module: str) -> None:
    before = bytes(wat2wasm(module))
    assert _module(before, _Room(_MOST_BYTES)) == before


def component_of(*modules: bytes) -> bytes:
    sections = b"".join(b"\1" + leb(len(module)) + module for module in modules)
    return MAGIC + COMPONENT + sections


def test_small_file_does_not_become_a_large_one() -> None:
    hole = '(module (memory 1) (data (i32.const 0) "a") (data (i32.const {size}) "b"))'
    modules = [bytes(wat2wasm(hole.format(size=20_000_000))) for _ in range(8)]
    before = component_of(*modules)
    assert dense(before) == before
    # As many bytes as it would be allowed for: what is filled of them all is bounded, not what is of each.
    large = component_of(*modules, bytes(wat2wasm(f'(module (data "{"a" * 2**24}"))')))
    assert len(large) + 20_000_000 < len(dense(large)) <= len(large) + _MOST_BYTES + 1000


def nested(depth: int) -> bytes:
    component = component_of()
    for _ in range(depth):
        component = MAGIC + COMPONENT + b"\4" + leb(len(component)) + component
    return component


def test_components_nested_without_end_are_left_to_the_compiler() -> None:
    assert dense(nested(1500)) == nested(1500)
    with pytest.raises(WasmError, match="exceeds limit"):
        Compiler().compile(nested(1500))


@pytest.mark.parametrize("data", [b"", b"\0asm", b"\0asm\x0d\0\1\0\1\xff\xff", b"\0asm\x0d\0\1\0\1\x02\0\0"])
def test_what_is_broken_stays_as_it_is(data: bytes) -> None:
    assert dense(data) == data


def test_component_without_holes_stays_as_it_is_but_for_how_its_lengths_are_written(
    odd: Path, tmp_path: Path
) -> None:
    once = dense(odd.read_bytes())
    assert dense(once) == once


@pytest.mark.parametrize("address", [0, 1, 63, 64, 8191, 2**20 + 7, 2**31 - 1, 2**31, 2**32 - 1])
def test_address_is_read_as_it_was_written(address: int) -> None:
    assert _address(_constant(address), 0) == (address, 5)
