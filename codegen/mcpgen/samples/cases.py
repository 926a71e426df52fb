"""Cases for tests of a tool: arguments that its schema accepts, and near ones that it refuses.

Every case was put to the schema itself, compiled by the runtime: none is a case by hope.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from mcpgen.samples.edges import inner_edges, outer_edges
from mcpgen.samples.values import CannotGenerate, value_for
from mcpgen_runtime.schemas import compile_schema

# More tell nothing new, and each is a call.
_MOST_EDGES = 6
_MOST_INVALID = 16
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
        if judge.accepts(value) and _is_new(value, cases):
            cases.append(Case(label, value))
    return cases


def edge_cases(schema: Any) -> list[Case]:
    """The last of `valid_cases` with a property changed to what `schema` just accepts, or to another choice.

    None where there are no valid cases, or none is an object. Raises as `valid_cases` does.
    """
    known = valid_cases(schema)
    if not known or not isinstance(known[-1].value, dict):
        return []
    judge = compile_schema(schema)
    cases: list[Case] = []
    base: dict[str, Any] = known[-1].value
    for name, what, edge in inner_edges(schema):
        if len(cases) == _MOST_EDGES:
            break
        value = {**base, name: edge}
        if judge.accepts(value) and _is_new(value, [*known, *cases]):
            cases.append(Case(f"{name} {what}", value))
    return cases


def invalid_cases(schema: Any) -> list[Case]:
    """Values that `schema` refuses, each one step away from one that it accepts. None where there are none.

    All are objects, for that is what arguments are. There are some of each kind before there are many of one:
    a member is missing, of another type, out of bounds, or unknown. Raises as `valid_cases` does.
    """
    judge = compile_schema(schema)
    kinds: list[list[Case]] = [[], [], [], []]
    for base in reversed(valid_cases(schema)):
        if isinstance(base.value, dict):
            for cases, candidates in zip(kinds, _candidates(base.value, schema), strict=True):
                for label, candidate in candidates:
                    if len(cases) == _MOST_INVALID:
                        break
                    if all(label != case.label for case in cases) and not judge.accepts(candidate):
                        cases.append(Case(label, candidate))
    mixed = chain.from_iterable(zip_longest(*kinds))
    chosen: dict[str, Case] = {}
    for case in mixed:
        if case is not None:
            chosen.setdefault(case.label, case)
    return list(chosen.values())[:_MOST_INVALID]


def _is_new(value: Any, cases: list[Case]) -> bool:
    # In JSON true is not 1.
    return all(repr(value) != repr(case.value) for case in cases)


def _candidates(value: dict[str, Any], schema: Any) -> tuple[Iterator[tuple[str, Any]], ...]:
    """What is one step away from `value`, by kind."""
    places = list(_places(value, (), 0))
    return (
        ((f"without {_named(place)}", _without(value, place)) for place, _ in places),
        (
            (f"{_named(place)} of another type", _with(value, place, stranger))
            for place, present in places
            for stranger in _STRANGERS
            if type(stranger) is not type(present)
        ),
        chain(
            ((f"{name} {what}", {**value, name: edge}) for name, what, edge in outer_edges(schema)),
            (
                (f"{_named(place)} {what}", _with(value, place, other))
                for place, present in places
                for what, other in _out_of_bounds(present)
            ),
        ),
        (
            (f"a property that is unknown{where}", _with(value, (*place, "surely unknown"), 1))
            for place, where in _objects(value, places)
        ),
    )


def _objects(
    value: dict[str, Any], places: list[tuple[tuple[str | int, ...], Any]]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each object of `value`, itself first, and where it is in words."""
    yield (), ""
    yield from ((place, f" in {_named(place)}") for place, present in places if isinstance(present, dict))


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
