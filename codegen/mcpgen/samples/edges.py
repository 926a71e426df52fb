"""Values at the edges that a schema itself draws: the last that it allows, and the first that it does not.

Only what stands in plain sight is read, the properties of an object schema and their own keywords; whoever
asks puts each value to the whole schema.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

# A longer text, or list, tells nothing that a shorter one does not, and takes its place in a file.
_LONGEST = 1000


def inner_edges(schema: Any) -> Iterator[tuple[str, str, Any]]:
    """Property, what is special about the value, value: the least, the most, and each of a few choices."""
    for name, one in _properties(schema):
        match one:
            case {"enum": [*choices]}:
                yield from ((name, f"is {choice!r}", choice) for choice in choices)
            case {"type": "boolean"}:
                yield from ((name, f"is {word}", value) for word, value in (("true", True), ("false", False)))
            case {"type": "integer" | "number"}:
                for keyword, words in (("minimum", "at its least"), ("maximum", "at its most")):
                    if _is_number(one.get(keyword)):
                        yield name, words, one[keyword]
            case {"type": "string"}:
                for keyword, words in (("minLength", "at its shortest"), ("maxLength", "at its longest")):
                    if _is_length(one.get(keyword)):
                        yield name, words, "x" * one[keyword]


def outer_edges(schema: Any) -> Iterator[tuple[str, str, Any]]:
    """Property, what is wrong with the value, value: the first beyond each bound."""
    for name, one in _properties(schema):
        match one.get("type"):
            case "integer" | "number":
                for keyword, step, words in (
                    ("minimum", -1, "that is too small"),
                    ("exclusiveMinimum", 0, "that is too small"),
                    ("maximum", 1, "that is too large"),
                    ("exclusiveMaximum", 0, "that is too large"),
                ):
                    if _is_number(one.get(keyword)):
                        yield name, words, _beyond(one[keyword], step)
            case "string":
                if _is_length(one.get("minLength")) and one["minLength"] > 0:
                    yield name, "that is too short", "x" * (one["minLength"] - 1)
                if _is_length(one.get("maxLength")):
                    yield name, "that is too long", "x" * (one["maxLength"] + 1)
            case "array":
                if _is_length(one.get("minItems")) and one["minItems"] > 0:
                    yield name, "with too few items", []


def _beyond(bound: float, step: int) -> float:
    """The first number beyond `bound` that no reader takes for it."""
    beyond = bound + step
    if step and abs(beyond) > 2**63:
        # Of what has more than 64 bits many readers make a float.
        return int(math.nextafter(float(bound), math.copysign(math.inf, step)))
    return beyond


def _properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    for name, one in properties.items() if isinstance(properties, dict) else ():
        if isinstance(name, str) and isinstance(one, dict):
            yield name, one


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_length(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LONGEST
