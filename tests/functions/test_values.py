"""Every value of every type has one JSON, its schema accepts that and nothing else, and memory holds it."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.functions.typed_values import fits, same, values
from wasmtime import _ffi as ffi

from mcpgen.functions.lifting import lifter
from mcpgen.functions.lowering import Unlowerable, arguments_lowerer
from mcpgen.functions.memory import HELD, KINDS, MEMBER_SIZE, MEMBER_VALUE, VALUE_SIZE, Arena, read
from mcpgen.functions.schemas import input_schema, output_schema
from mcpgen.wit import Function, WitType
from mcpgen.wit.model import Parameter, Primitive
from mcpgen_runtime.schemas import Validator, compile_schema

quick = settings(
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["NaN", "Infinity", "red", "ok", "err", "nothing", "none", "some", "read", "AA==", "AB=="]
    )
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["some", "ok", "err", "x", "y", "label", "on", "zzz"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


class Typed:
    """A type, with all that is derived from it."""

    def __init__(self, type: WitType) -> None:
        self.type = type
        parameters = [Parameter("value", type)]
        self.schema = input_schema(parameters)
        self.input: Validator = compile_schema(self.schema)
        output = output_schema(type)
        assert output is not None
        self.output: Validator = compile_schema(output)
        self.other = jsonschema_rs.Draft202012Validator(self.schema)
        self.lower = arguments_lowerer(parameters)
        self.lift = lifter(type)

    def through_memory(self, value: Any) -> Any:
        arena = self.lower({"value": value})
        return self.lift(read(arena.fix(), VALUE_SIZE), 0)


@pytest.fixture(scope="session")
def typed(echoes: dict[str, Function]) -> dict[str, Typed]:
    return {name: Typed(function.parameters[0].type) for name, function in echoes.items()}


@quick
@given(data=st.data())
def test_value_of_any_type_fits_its_schemas_and_comes_back_from_memory(
    typed: dict[str, Typed], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(typed)))
    each = typed[name]
    value = data.draw(values(each.type))
    assert each.input.accepts({"value": value})
    assert each.other.is_valid({"value": value})
    assert each.output.accepts(value)
    assert same(each.type, value, each.through_memory(value))


@settings(quick, max_examples=600)
@given(data=st.data())
def test_schema_accepts_what_the_type_holds_and_nothing_else(
    typed: dict[str, Typed], data: st.DataObject
) -> None:
    each = typed[data.draw(st.sampled_from(sorted(typed)))]
    another = typed[data.draw(st.sampled_from(sorted(typed)))]
    value = data.draw(ANYTHING | values(another.type) | values(each.type).flatmap(mutated))
    accepted = each.input.accepts({"value": value})
    assert accepted == fits(each.type, value)
    # That validator compares floats beyond 2**53 with integers as if both were floats.
    assert accepted == each.other.is_valid({"value": value}) or not all(
        abs(one) < 2**53 for one in floats(value)
    )
    if accepted and not any(each % 1 == 0 and abs(each) > 2**53 for each in floats(value)):
        # What is left out, and what JSON writes in several ways, comes back in full and in one of them.
        back = each.through_memory(value)
        assert each.output.accepts(back)
        assert same(each.type, back, each.through_memory(back))


def floats(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from floats(each)


def mutated(value: Any) -> st.SearchStrategy[Any]:
    """The value with something in it changed."""
    if isinstance(value, list) and value:
        places = st.sampled_from(range(len(value)))
        return places.flatmap(
            lambda at: st.one_of(
                mutated(value[at]).map(lambda new: [*value[:at], new, *value[at + 1 :]]),
                st.just([*value, value[at]]),
                st.just([*value[:at], *value[at + 1 :]]),
            )
        )
    if isinstance(value, dict) and value:
        names = st.sampled_from(sorted(value))
        return names.flatmap(
            lambda name: st.one_of(
                mutated(value[name]).map(lambda new: value | {name: new}),
                st.just({key: each for key, each in value.items() if key != name}),
                st.just(value | {"other": value[name]}),
            )
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return st.sampled_from([value + 1, value - 1, float(value), -value, str(value), value * 256])
    if isinstance(value, float):
        return st.sampled_from([value * 2, str(value), None])
    if isinstance(value, str):
        return st.sampled_from([value + "=", value[:-1], value + "x", value.upper(), value + "\n", None])
    return ANYTHING


@pytest.mark.parametrize("half", [chr(0xD800), chr(0xDFFF)])
@pytest.mark.parametrize(("name", "place"), [("letter", "{}"), ("text", "a{}"), ("which-text", "")])
def test_half_of_a_character_is_refused_before_anything_is_called(
    typed: dict[str, Typed], half: str, name: str, place: str
) -> None:
    if name == "which-text":
        name, value = "maybe", half
    else:
        value = place.format(half)
    with pytest.raises(Unlowerable, match="half of a character"):
        typed[name].lower({"value": value})


def test_integer_that_no_float_can_hold_is_refused_before_anything_is_called() -> None:
    lower = arguments_lowerer([Parameter("value", Primitive("f64"))])
    with pytest.raises(Unlowerable, match="too large"):
        lower({"value": 10**400})


@pytest.mark.parametrize("value", [-float(2**63), float(2**53 + 2), -1e18])
def test_float_that_may_stand_for_several_integers_is_refused_before_anything_is_called(
    typed: dict[str, Typed], value: float
) -> None:
    with pytest.raises(Unlowerable, match="may have been another integer"):
        typed["signed-long"].lower({"value": value})


@pytest.mark.parametrize(
    ("text", "is_bytes"),
    [
        *(("", True), ("AA==", True), ("AAA=", True), ("AAAA", True), ("AAAAAA==", True), ("+/8=", True)),
        # Bits that are nobody's; padding that is missing, too much, or in between; other alphabets; blanks.
        *(("AB==", False), ("AAB=", False), ("AA", False), ("AA=", False), ("A===", False), ("=", False)),
        *(("AA==AAAA", False), ("-_8=", False), ("AA==\n", False), (" AA==", False), ("ÀAAA", False)),
    ],
)
def test_bytes_have_one_text(typed: dict[str, Typed], text: str, is_bytes: bool) -> None:
    assert typed["content"].input.accepts({"value": text}) is is_bytes
    assert typed["content"].other.is_valid({"value": text}) is is_bytes
    if is_bytes:
        assert typed["content"].through_memory(text) == text


def test_values_begin_where_their_addresses_may_be() -> None:
    arena = Arena()
    for content in (b"", b"a", b"abcdefghi"):
        assert arena.add(content) % 8 == 0
        assert arena.reserve(VALUE_SIZE) % 8 == 0
    assert arena.fix() % 8 == 0


@example(0.1)
@example(1e-45)
@example(3.4028234663852886e38)
@example(16777216.0)
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_small_float_is_the_shortest_number_that_means_it(value: float) -> None:
    typed = Typed(Primitive("f32"))
    back = typed.through_memory(value)
    assert same(Primitive("f32"), value, back)
    assert len(repr(back)) <= len(repr(value)) + 1
    assert typed.through_memory(0.1) == 0.1


def test_decimal_that_is_an_integer_is_one(typed: dict[str, Typed]) -> None:
    back = typed["signed-long"].through_memory(-5.0)
    assert back == -5
    assert isinstance(back, int)


def test_largest_integers_survive_json_text(typed: dict[str, Typed]) -> None:
    for name, value in (("long", 2**64 - 1), ("signed-long", -(2**63)), ("signed-long", 2**63 - 1)):
        assert json.loads(json.dumps(typed[name].through_memory(value))) == value


def test_arguments_of_none_are_nothing_in_memory() -> None:
    assert arguments_lowerer([])({}).fix() >= 0


def test_memory_is_as_wasmtime_declares_it() -> None:
    value, member = ffi.wasmtime_component_val_t, ffi.wasmtime_component_valrecord_entry
    assert ctypes.sizeof(value) == VALUE_SIZE
    assert value.of.offset == HELD
    assert ctypes.sizeof(member) == MEMBER_SIZE
    assert member.val.offset == MEMBER_VALUE
    for name, kind in KINDS.items():
        assert getattr(ffi, f"WASMTIME_COMPONENT_{name.upper()}").value == kind

    def members(kind: Any) -> list[tuple[str, int]]:
        return [(name, getattr(kind, name).offset) for name, _ in kind._fields_]

    assert members(ffi.wasmtime_component_valvariant_t) == [("discriminant", 0), ("val", 16)]
    assert members(ffi.wasmtime_component_valresult_t) == [("is_ok", 0), ("val", 8)]
    assert members(ffi.wasmtime_component_valflags_t) == [("size", 0), ("data", 8)]
