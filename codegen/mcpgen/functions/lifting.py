"""From the values of a component to JSON, as `schemas` says it: the way back of `lowering`."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from struct import Struct
from typing import Any, TypeAlias

from mcpgen.functions.memory import (
    ADDRESS,
    CASE,
    HELD,
    MEMBER_SIZE,
    MEMBER_VALUE,
    READERS,
    SIZE_AND_ADDRESS,
    VALUE_SIZE,
    read,
)
from mcpgen.functions.schemas import cases_of, is_bytes, resolved, takes_null
from mcpgen.wit.model import (
    Enum,
    Flags,
    ListOf,
    OptionOf,
    Primitive,
    Record,
    ResultOf,
    TupleOf,
    Variant,
    WitType,
)

#: Reads a value that stands at a place in a copy of memory.
Lift: TypeAlias = Callable[[bytes, int], Any]

_F32 = Struct("=f")


def lifter(type: WitType) -> Lift:
    """What reads values of a type."""
    plain = resolved(type)
    match plain:
        case Primitive("string"):
            return _string
        case Primitive("char"):
            return _char
        case Primitive("f32"):
            return _f32
        case Primitive("f64"):
            return _f64
        case Primitive():
            return partial(_number, READERS[plain.name].unpack_from)
        case ListOf() if is_bytes(plain):
            return _bytes
        case ListOf():
            return partial(_list, lifter(plain.item))
        case OptionOf():
            return partial(_option, lifter(plain.type), takes_null(plain.type))
        case TupleOf():
            return partial(_tuple, [lifter(each) for each in plain.items])
        case Record():
            return partial(_record, [(each.name, lifter(each.type)) for each in plain.fields])
        case Enum():
            return _string
        case Flags():
            return partial(_flags, [each.name for each in plain.flags])
        case Variant():
            return partial(_variant, {each.name: _optional(each.type) for each in plain.cases})
        case ResultOf():
            return partial(_result, {each.name: _optional(each.type) for each in cases_of(plain)})
    raise TypeError(f"no value of {plain} is JSON")


def _optional(type: WitType | None) -> Lift | None:
    return lifter(type) if type is not None else None


def _number(unpack: Callable[[bytes, int], tuple[Any]], memory: bytes, at: int) -> Any:
    return unpack(memory, at + HELD)[0]


def _f64(memory: bytes, at: int) -> float | str:
    (value,) = READERS["f64"].unpack_from(memory, at + HELD)
    return value if math.isfinite(value) else _not_finite(value)


def _f32(memory: bytes, at: int) -> float | str:
    """The number, as the shortest that is this one in 32 bits: 0.1 and not 0.10000000149011612."""
    (value,) = READERS["f32"].unpack_from(memory, at + HELD)
    if not math.isfinite(value):
        return _not_finite(value)
    for digits in range(1, 9):
        shorter = float(f"{value:.{digits}g}")
        try:
            if _F32.unpack(_F32.pack(shorter))[0] == value:
                return shorter
        except OverflowError:  # rounded up, beyond the largest
            continue
    return float(f"{value:.9g}")


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _char(memory: bytes, at: int) -> str:
    return chr(READERS["char"].unpack_from(memory, at + HELD)[0])


def _string(memory: bytes, at: int) -> str:
    return _text(*SIZE_AND_ADDRESS.unpack_from(memory, at + HELD))


def _text(size: int, address: int) -> str:
    return read(address, size).decode()


def _items(memory: bytes, at: int, each: int) -> tuple[int, bytes]:
    """How many there are, and the memory that they stand in, `each` bytes long."""
    size, address = SIZE_AND_ADDRESS.unpack_from(memory, at + HELD)
    return size, read(address, size * each) if size else b""


def _bytes(memory: bytes, at: int) -> str:
    _, items = _items(memory, at, VALUE_SIZE)
    return b64encode(items[HELD::VALUE_SIZE]).decode()


def _list(item: Lift, memory: bytes, at: int) -> list[Any]:
    size, items = _items(memory, at, VALUE_SIZE)
    return [item(items, number * VALUE_SIZE) for number in range(size)]


def _tuple(lifts: list[Lift], memory: bytes, at: int) -> list[Any]:
    _, items = _items(memory, at, VALUE_SIZE)
    return [lift(items, number * VALUE_SIZE) for number, lift in enumerate(lifts)]


def _record(members: list[tuple[str, Lift]], memory: bytes, at: int) -> dict[str, Any]:
    _, items = _items(memory, at, MEMBER_SIZE)
    return {
        name: lift(items, number * MEMBER_SIZE + MEMBER_VALUE) for number, (name, lift) in enumerate(members)
    }


def _flags(names: list[str], memory: bytes, at: int) -> list[str]:
    size, items = _items(memory, at, SIZE_AND_ADDRESS.size)
    there = {
        _text(*SIZE_AND_ADDRESS.unpack_from(items, number * SIZE_AND_ADDRESS.size)) for number in range(size)
    }
    return [name for name in names if name in there]


def _option(some: Lift, is_wrapped: bool, memory: bytes, at: int) -> Any:
    (address,) = ADDRESS.unpack_from(memory, at + HELD)
    if not address:
        return None
    value = _payload(some, address)
    return {"some": value} if is_wrapped else value


def _variant(cases: dict[str, Lift | None], memory: bytes, at: int) -> Any:
    size, name, address = CASE.unpack_from(memory, at + HELD)
    return _case(_text(size, name), cases, address)


def _result(sides: dict[str, Lift | None], memory: bytes, at: int) -> Any:
    (address,) = ADDRESS.unpack_from(memory, at + HELD + 8)
    return _case("ok" if memory[at + HELD] else "err", sides, address)


def _case(case: str, cases: dict[str, Lift | None], address: int) -> Any:
    lift = cases[case]
    return case if lift is None else {case: _payload(lift, address)}


def _payload(lift: Lift, address: int) -> Any:
    return lift(read(address, VALUE_SIZE), 0)
