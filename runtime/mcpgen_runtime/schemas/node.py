"""A compiled schema: three closures that answer what a schema is asked.

Whether it accepts a value; why it does not; and, for `unevaluatedProperties` and `unevaluatedItems`,
which keys or indexes of the value it has looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mcpgen_types.codec import Fault, found

from .values import IS

Accepts = Callable[[Any], bool]
Explain = Callable[[Any, str, list[Fault]], None]
Evaluated = set[str | int]
Collect = Callable[[Any, Evaluated], bool]

# Nobody reads more, and an array of ten thousand wrong items must not become as many sentences.
MOST_FAULTS = 50


class Node:
    """One compiled schema.

    `accepts(value)` tells whether the value is valid. `explain(value, at, faults)` adds a fault for each
    reason why it is not, and none just where it is. `collect(value, evaluated)` accepts too, and where it
    does adds the keys or indexes that were evaluated.
    """

    __slots__ = ("accepts", "collect", "explain")

    def __init__(self, accepts: Accepts, explain: Explain, collect: Collect | None = None) -> None:
        self.accepts = accepts
        self.explain = explain
        self.collect: Collect = collect or (lambda value, _: accepts(value))


class Check(NamedTuple):
    """What one keyword, or a few that belong together, ask of the values of one type.

    `kind` is the name of that type, None for a keyword that asks something of every value.
    """

    kind: str | None
    node: Node


EVERYTHING = Node(lambda _: True, lambda _value, _at, _faults: None)


def asserting(
    accepts: Accepts, expected: str, definition: str, describe: Callable[[Any], str] = found
) -> Node:
    """The node of an assertion: one fault says it all."""

    def explain(value: Any, at: str, faults: list[Fault]) -> None:
        if not accepts(value):
            faults.append(Fault(at, expected, describe(value), definition))

    return Node(accepts, explain)


def assemble(types: Sequence[str], type_node: Node, checks: Sequence[Check]) -> Node:
    """The node of a schema with these checks.

    `type_node` is that of the keyword `type`, which allows `types`.
    """
    if len(types) == 1:
        checks = [check for check in checks if check.kind is None or _among(types[0], check.kind)]
        parts = [type_node.accepts, *(check.node.accepts for check in checks)]
    else:
        parts = [] if type_node is EVERYTHING else [type_node.accepts]
        for kind in dict.fromkeys(check.kind for check in checks):
            of_kind = every([check.node.accepts for check in checks if check.kind == kind])
            parts.append(of_kind if kind is None else _guarded(IS[kind], of_kind))

    def explain(value: Any, at: str, faults: list[Fault]) -> None:
        if not type_node.accepts(value):
            type_node.explain(value, at, faults)
            return
        for kind, node in checks:
            if kind is None or IS[kind](value):
                node.explain(value, at, faults)

    def collect(value: Any, evaluated: Evaluated) -> bool:
        return type_node.accepts(value) and all(
            node.collect(value, evaluated) for kind, node in checks if kind is None or IS[kind](value)
        )

    return Node(every(parts), explain, collect)


def _among(kind: str, other: str) -> bool:
    """Whether every value of the type `kind` is one of the type `other`."""
    return kind == other or (kind == "integer" and other == "number")


def _guarded(is_kind: Accepts, accepts: Accepts) -> Accepts:
    return lambda value: not is_kind(value) or accepts(value)


def every(checks: Sequence[Accepts]) -> Accepts:
    """Whether all of `checks` accept. The small numbers are written out: they are most, and faster."""
    if not checks:
        return lambda _: True
    first, *others = checks
    if not others:
        return first
    if len(others) == 1:
        second = others[0]
        return lambda value: first(value) and second(value)
    if len(others) == 2:
        second, third = others
        return lambda value: first(value) and second(value) and third(value)
    rest = every(others[2:])
    second, third = others[:2]
    return lambda value: first(value) and second(value) and third(value) and rest(value)
