"""What values of a type of WIT are in JSON, said a second time: as strategies, and as a judgement.

The component model's types are its own; this page follows docs/functions.md, and nothing of the toolchain.
"""

from __future__ import annotations

import json
import math
import re
import struct
from base64 import b64decode, b64encode
from typing import Any

from hypothesis import strategies as st

from mcpgen.wit import WitType
from mcpgen.wit.model import (
    Enum,
    Flags,
    ListOf,
    OptionOf,
    Primitive,
    Record,
    ResultOf,
    TupleOf,
    TypeDefinition,
    Variant,
)

NOT_FINITE = ("NaN", "Infinity", "-Infinity")
LARGEST_F32 = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]


def plain(type: WitType) -> WitType:
    return plain(type.type) if isinstance(type, TypeDefinition) else type


def cases(type: Variant | ResultOf) -> dict[str, WitType | None]:
    if isinstance(type, ResultOf):
        return {"ok": type.ok, "err": type.error}
    return {each.name: each.type for each in type.cases}


def bounds(name: str) -> tuple[int, int]:
    bits = int(name[1:])
    return (0, 2**bits - 1) if name[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def values(type: WitType) -> st.SearchStrategy[Any]:
    """Values of the type, as a component gives them: everything that may be left out is there."""
    type = plain(type)
    match type:
        case Primitive("bool"):
            return st.booleans()
        case Primitive("f32"):
            return st.sampled_from(NOT_FINITE) | st.floats(width=32, allow_nan=False, allow_infinity=False)
        case Primitive("f64"):
            return st.sampled_from(NOT_FINITE) | st.floats(allow_nan=False, allow_infinity=False)
        case Primitive("char"):
            return st.characters(exclude_categories=["Cs"])
        case Primitive("string"):
            return st.text()
        case Primitive():
            least, greatest = bounds(type.name)
            return st.sampled_from([least, greatest]) | st.integers(least, greatest)
        case ListOf(Primitive("u8")):
            return st.binary().map(lambda content: b64encode(content).decode())
        case ListOf():
            return st.lists(values(type.item), max_size=4)
        case OptionOf():
            inner = values(type.type)
            if isinstance(plain(type.type), OptionOf):
                inner = inner.map(lambda value: {"some": value})
            return st.none() | inner
        case TupleOf():
            return st.tuples(*map(values, type.items)).map(list)
        case Record():
            return st.fixed_dictionaries({each.name: values(each.type) for each in type.fields})
        case Enum():
            return st.sampled_from([each.name for each in type.cases])
        case Flags():
            names = [each.name for each in type.flags]
            return st.sets(st.sampled_from(names)).map(lambda found: sorted(found, key=names.index))
        case Variant() | ResultOf():
            return st.one_of([case(name, inner) for name, inner in cases(type).items()])
    raise AssertionError(type)


def case(name: str, type: WitType | None) -> st.SearchStrategy[Any]:
    return st.just(name) if type is None else st.fixed_dictionaries({name: values(type)})


def fits(type: WitType, value: Any) -> bool:
    """Whether a value of JSON says one of the type."""
    type = plain(type)
    match type:
        case Primitive("bool"):
            return isinstance(value, bool)
        case Primitive("f32" | "f64"):
            if not isinstance(value, int | float) or isinstance(value, bool):
                return isinstance(value, str) and value in NOT_FINITE
            return math.isfinite(value) and (type.name == "f64" or abs(value) <= LARGEST_F32)
        case Primitive("char"):
            return isinstance(value, str) and len(value) == 1
        case Primitive("string"):
            return isinstance(value, str)
        case Primitive():
            if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
                return False
            least, greatest = bounds(type.name)
            return least <= value <= greatest
        case ListOf(Primitive("u8")):
            if not isinstance(value, str) or not re.fullmatch("[A-Za-z0-9+/=]*", value) or len(value) % 4:
                return False
            try:
                return b64encode(b64decode(value, validate=True)).decode() == value
            except ValueError:
                return False
        case ListOf():
            return isinstance(value, list) and all(fits(type.item, each) for each in value)
        case OptionOf():
            if value is None:
                return True
            if isinstance(plain(type.type), OptionOf):
                return isinstance(value, dict) and set(value) == {"some"} and fits(type.type, value["some"])
            return fits(type.type, value)
        case TupleOf():
            return (
                isinstance(value, list)
                and len(value) == len(type.items)
                and all(map(fits, type.items, value))
            )
        case Record():
            if not isinstance(value, dict) or not set(value) <= {each.name for each in type.fields}:
                return False
            # What is not there is as null: right for an option, and for nothing else.
            return all(fits(each.type, value.get(each.name)) for each in type.fields)
        case Enum():
            return value in [each.name for each in type.cases]
        case Flags():
            names = [each.name for each in type.flags]
            return (
                isinstance(value, list)
                and all(isinstance(each, str) and each in names for each in value)
                and len(set(value)) == len(value)
            )
        case Variant() | ResultOf():
            known = cases(type)
            if isinstance(value, str):
                return value in known and known[value] is None
            if not isinstance(value, dict) or len(value) != 1:
                return False
            ((name, inner),) = value.items()
            payload = known.get(name)
            return payload is not None and fits(payload, inner)
    raise AssertionError(type)


def same(type: WitType, sent: Any, got: Any) -> bool:
    """Whether what came back is what was sent, as far as the type can tell."""
    if plain(type) == Primitive("f32") and isinstance(sent, float) and isinstance(got, float):
        return struct.pack("<f", sent) == struct.pack("<f", got)
    # As text, which tells 1 from 1.0 and from True, and 0.0 from -0.0.
    return json.dumps(sent, sort_keys=True) == json.dumps(got, sort_keys=True)
