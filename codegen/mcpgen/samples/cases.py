"""Cases for tests of a tool: arguments that its schema accepts, and near ones that it refuses.

Every case was put to the schema itself, compiled by the runtime: none is a case by hope.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

from mcpgen.samples.values import CannotGenerate, value_for
from mcpgen_runtime.schemas import Validator, compile_schema

# More of a kind tell nothing new, and each is a call.
_MOST = 12
_DEEPEST = 3
# Of a type that is none of the others': for every type but these there is one that it refuses.
_STRANGERS: tuple[Any, ...] = ("not this", 17, True, [], {"not": "this"}, None)


class Case(NamedTuple):
    """A value, and in a few words what is special about it."""

    label: str
    value: Any


def valid_cases(schema: Any) -> list[Case]:
    """Up to two values that `schema` accepts: with what it requires, and with all that it knows.

    None where nothing could be made up. Raises `mcpgen_runtime.schemas.SchemaError` for no schema.
    """
    judge = compile_schema(schema)
    cases: list[Case] = []
    for label, full in (("what is required", False), ("all there is", True)):
        try:
            value = value_for(schema, full=full, guess=True)
        except CannotGenerate:
            continue
        if judge.accepts(value) and all(value != case.value for case in cases):
            cases.append(Case(label, value))
    return cases


def invalid_cases(schema: Any) -> list[Case]:
    """Values that `schema` refuses, each one step away from one that it accepts. None where there are none.

    All are objects, for that is what arguments are. Raises as `valid_cases` does.
    """
    judge = compile_schema(schema)
    cases: list[Case] = []
    for base in reversed(valid_cases(schema)):
        if isinstance(base.value, dict):
            for case in _near(base.value, schema, judge):
                if all(case.label != known.label for known in cases):
                    cases.append(case)
                if len(cases) == _MOST:
                    return cases
    return cases


def _near(value: dict[str, Any], schema: Any, judge: Validator) -> Iterator[Case]:
    for label, candidate in _candidates(value, schema):
        if not judge.accepts(candidate):
            yield Case(label, candidate)


def _candidates(value: dict[str, Any], schema: Any) -> Iterator[tuple[str, Any]]:
    places = list(_places(value, (), 0))
    for place, _ in places:
        yield f"without {_named(place)}", _without(value, place)
    for place, present in places:
        for stranger in _STRANGERS:
            if type(stranger) is not type(present):
                yield f"{_named(place)} of another type", _with(value, place, stranger)
    for place, present in places:
        for what, other in _out_of_bounds(present):
            yield f"{_named(place)} {what}", _with(value, place, other)
    yield "a property that is unknown", {**value, "surely unknown": 1}


def _places(
    value: Any, place: tuple[str | int, ...], depth: int
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if depth == _DEEPEST or not isinstance(value, dict | list):
        return
    items = value.items() if isinstance(value, dict) else enumerate(value[:1])
    for key, item in items:
        yield (*place, key), item
        yield from _places(item, (*place, key), depth + 1)


def _out_of_bounds(present: Any) -> Iterator[tuple[str, Any]]:
    match present:
        case bool() | None | dict() | list():
            return
        case int() | float():
            yield "that is too small", -(10**15)
            yield "that is too large", 10**15
            yield "with a fraction", 0.5
        case str():
            yield "that is empty", ""
            yield "that is none of those allowed", "surely none of those"
            yield "that is too long", "x" * 300


def _with(root: dict[str, Any], place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    new = copy.deepcopy(root)
    _holder(new, place)[place[-1]] = value
    return new


def _without(root: dict[str, Any], place: tuple[str | int, ...]) -> dict[str, Any]:
    new = copy.deepcopy(root)
    del _holder(new, place)[place[-1]]
    return new


def _holder(root: Any, place: tuple[str | int, ...]) -> Any:
    for step in place[:-1]:
        root = root[step]
    return root


def _named(place: tuple[str | int, ...]) -> str:
    return "/".join(map(str, place))
