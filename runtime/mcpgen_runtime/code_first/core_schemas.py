"""What a type's JSON Schema says and pydantic, left to itself, does not hold to.

pydantic takes a text of digits for a date, and counts them as seconds; of `Literal[1, True]` it takes 1.0 for
True; and a member of a union takes a number for a bool, and the text of a number for one. So the tree that
its validator is built of, its core schema, gets a function before each such leaf.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcpgen_runtime.code_first.refusals import Refused
from mcpgen_runtime.code_first.values import to_date, to_datetime, to_time

Before = Callable[[Any], Any]
_FORMATS: dict[str, Before] = {"date": to_date, "datetime": to_datetime, "time": to_time}
#: By leaf, what is none of it, though pydantic would make one. Elsewhere the schema has refused it already.
_OTHERWISE: dict[str, tuple[type, ...]] = {"int": (str,), "float": (str,), "bool": (str, int, float)}
#: Under these keys are schemas by names that an author chose.
_BY_NAME = frozenset({"fields", "choices"})
#: Under these is no schema.
_OTHER = frozenset({"cls", "config", "default", "expected", "members", "metadata", "serialization"})
_UNIONS = frozenset({"union", "tagged-union", "definitions"})


def held_to_schema(core: Any, before: Callable[[Before, Any], Any], *, choosing: bool = False) -> Any:
    """The core schema `core` with what is missing; itself where nothing is.

    `before` makes of a function and a schema the schema that calls the function first. `choosing`: it may be
    in a union, and what it refuses another member takes.
    """
    if isinstance(core, list | tuple):
        items = [held_to_schema(each, before, choosing=choosing) for each in core]
        return core if _same(items, core) else type(core)(items)
    if not isinstance(core, dict):
        return core
    kind = core.get("type")
    if not isinstance(kind, str):
        return core
    if kind == "literal" and any(each.__class__ is int for each in core["expected"]):
        return before(_whole, core)
    if kind in _FORMATS:
        return before(_readable(_FORMATS[kind]), core)
    if kind in _OTHERWISE:
        return before(_none_of(_OTHERWISE[kind], kind), core) if choosing else core
    # What a validator of the author's is given, or gives, is its own affair.
    choosing = (choosing or kind in _UNIONS) and not kind.startswith("function-")
    held: dict[str, Any] = {}
    for key, each in core.items():
        if key in _BY_NAME and isinstance(each, dict):
            named = {name: held_to_schema(part, before, choosing=choosing) for name, part in each.items()}
            held[key] = each if _same(named.values(), each.values()) else named
        else:
            held[key] = each if key in _OTHER else held_to_schema(each, before, choosing=choosing)
    return core if _same(held.values(), core.values()) else held


def _same(these: Any, those: Any) -> bool:
    return all(one is other for one, other in zip(these, those, strict=True))


def _readable(convert: Before) -> Before:
    """Refuses a text that `convert` refuses, and leaves the rest to pydantic, with all its bounds."""

    def check(value: Any) -> Any:
        if value.__class__ is str:
            convert(value)
        return value

    return check


def _none_of(kinds: tuple[type, ...], expected: str) -> Before:
    """Refuses what is of these classes, but not of a subclass: a bool is no number, and JSON has no other."""

    def check(value: Any) -> Any:
        if value.__class__ in kinds:
            raise Refused(f"a valid {expected}", value)
        return value

    return check


def _whole(value: Any) -> Any:
    """The integer that JSON may write as 1.0."""
    return int(value) if value.__class__ is float and value.is_integer() else value
