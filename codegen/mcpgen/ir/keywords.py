"""What the keywords of JSON Schema say together, as far as types can say it.

https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mcpgen.ir.model import Scalar
from mcpgen_runtime.schemas.values import IS, equal, identity

#: What is said of values of one type only.
OF_KIND: Mapping[str, frozenset[str]] = {
    "object": frozenset(
        {
            *("properties", "patternProperties", "additionalProperties", "propertyNames", "required"),
            *("minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "dependencies"),
            "unevaluatedProperties",
        }
    ),
    "array": frozenset(
        {
            *("items", "prefixItems", "additionalItems", "contains", "minContains", "maxContains"),
            *("minItems", "maxItems", "uniqueItems", "unevaluatedItems"),
        }
    ),
    "string": frozenset({"minLength", "maxLength", "pattern"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
}
#: What is said of values of every type, and is no type, literal or plain reference.
ANY_KIND = frozenset({"anyOf", "oneOf", "not", "if", "then", "else", "$dynamicRef"})
#: Every keyword that may make a value invalid: the others are annotations.
ASSERTING = ANY_KIND.union({"$ref", "allOf", "type", "enum", "const"}, *OF_KIND.values())

# Of an integer that is longer, Python writes no digits; and no list is.
_LARGEST = 2**1023


def combined_kinds(schemas: Iterable[Mapping[str, Any]]) -> tuple[str, ...] | None:
    """The types that all of `schemas` allow; None where none of them says any."""
    kinds: list[str] | None = None
    for schema in schemas:
        if "type" not in schema:
            continue
        named = schema["type"]
        allowed = list(dict.fromkeys(named)) if isinstance(named, list) else [named]
        if "number" in allowed:
            allowed = [kind for kind in allowed if kind != "integer"]
        if kinds is None:
            kinds = allowed
            continue
        kinds = [
            "integer" if kind == "number" and "number" not in allowed else kind
            for kind in kinds
            if kind in allowed
            or (kind == "integer" and "number" in allowed)
            or (kind == "number" and "integer" in allowed)
        ]
    return None if kinds is None else tuple(kinds)


def literal_values(
    schemas: Sequence[Mapping[str, Any]], kinds: tuple[str, ...] | None
) -> tuple[Scalar, ...] | None:
    """The values that `const` and `enum` leave; () where Python has no literals for them, None for all."""
    lists = [schema["enum"] for schema in schemas if "enum" in schema]
    lists += [[schema["const"]] for schema in schemas if "const" in schema]
    if not lists:
        return None
    found: dict[object, Scalar] = {}
    for value in lists[0]:
        if not all(any(equal(value, other) for other in others) for others in lists[1:]):
            continue
        if kinds is not None and not any(IS[kind](value) for kind in kinds):
            continue
        if isinstance(value, dict | list) or (isinstance(value, int | float) and not _is_plain(value)):
            return ()
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        found.setdefault(identity(value), value)
    return tuple(found.values())


def bounds(schemas: Sequence[Mapping[str, Any]], kind: str) -> tuple[float | None, float | None, bool]:
    """The inclusive bounds of a number, and whether they are all that is said of it."""
    low, high = extreme(schemas, "minimum", max), extreme(schemas, "maximum", min)
    above, below = extreme(schemas, "exclusiveMinimum", max), extreme(schemas, "exclusiveMaximum", min)
    exact = all(
        _is_plain(schema[word])
        for schema in schemas
        for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
        if word in schema
    )
    if kind == "integer":
        above = None if above is None else math.floor(above) + 1
        below = None if below is None else math.ceil(below) - 1
    elif above is not None or below is not None:
        exact = False
    return _tighter(low, above, max), _tighter(high, below, min), exact


def extreme(
    schemas: Iterable[Mapping[str, Any]], keyword: str, choose: Callable[[Sequence[float]], float]
) -> float | None:
    """The strictest of the numbers under `keyword`; None where there is none that Python can write."""
    found = [schema[keyword] for schema in schemas if keyword in schema and _is_plain(schema[keyword])]
    return choose(found) if found else None


def _tighter(
    one: float | None, other: float | None, choose: Callable[[Sequence[float]], float]
) -> float | None:
    given = [bound for bound in (one, other) if bound is not None]
    return choose(given) if given else None


def _is_plain(value: float) -> bool:
    """Whether a number is one that a source can hold."""
    return -_LARGEST < value < _LARGEST
