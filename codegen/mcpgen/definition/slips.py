"""What people write in a schema who have another language in mind, and what they mean by it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mcpgen.definition.rules import shown
from mcpgen.errors import nearest

_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_OTHERS_CALL = {
    "array": ("list", "tuple", "set", "vec", "vector", "slice"),
    "boolean": ("bool",),
    "integer": ("int", "int32", "int64", "long", "uint"),
    "null": ("none", "nil", "undefined", "void"),
    "number": ("float", "double", "decimal", "real", "num"),
    "object": ("dict", "map", "mapping", "record", "struct", "hash"),
    "string": ("str", "text", "char", "varchar"),
}
_MEANT = {theirs: ours for ours, words in _OTHERS_CALL.items() for theirs in words}
_FORMATS = ("date", "date-time", "time", "uuid", "uri", "email")
_ANYTHING = ("any", "mixed", "unknown")
_BOUNDS = ("exclusiveMinimum", "exclusiveMaximum")
_NUMBERS = ("minimum", "maximum", "multipleOf", *_BOUNDS)
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_LISTS = ("enum", "required", "examples", "allOf", "anyOf", "oneOf")
_KEYWORDS = "https://json-schema.org/draft/2020-12/json-schema-validation says what each keyword may hold"


def mend(schema: Any, pointer: str) -> str:
    """How to mend what is wrong at `pointer` of `schema`: a guess, or where to read what may stand there."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    value = schema
    for step in steps:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return _KEYWORDS
    return _guess(steps, value) or _KEYWORDS


def _guess(steps: Sequence[str], value: Any) -> str:
    keyword = steps[-1] if steps else ""
    inside = steps[-2] if len(steps) > 1 else ""
    if inside in ("properties", "$defs", "definitions"):
        return f'a schema is an object: {{"type": {json.dumps(value)}}}' if value in _TYPES else ""
    if keyword == "type" or (inside == "type" and keyword.isdecimal()):
        names = value if isinstance(value, list) else [value]
        return next((_type(name) for name in names if name not in _TYPES), "")
    if keyword == "required" and isinstance(value, bool):
        name = steps[-2] if len(steps) > 2 and steps[-3] == "properties" else None
        around = "of the object around it: a list beside its `properties`"
        if name is None:
            return "`required` is a list of the names of properties"
        listed = f"put {shown(name)} into `required` {around}" if value else f"it is a keyword {around}"
        return f"delete it; {listed}"
    if keyword in _LISTS and not isinstance(value, list):
        return f"put it in brackets: {_short([value])}"
    if keyword in _BOUNDS and isinstance(value, bool):
        plain = keyword.removeprefix("exclusive").lower()
        return f"since draft-06 it is the bound itself: give it the number of `{plain}`, and delete that"
    if keyword in (*_NUMBERS, *_COUNTS) and isinstance(value, str) and _is_number(value):
        return f"write it without quotes: {value}"
    if keyword == "items" and isinstance(value, list):
        return "`items` is one schema, for all of them; a schema for each place goes under `prefixItems`"
    return ""


def _type(name: Any) -> str:
    if not isinstance(name, str):
        return "a type is its name, in quotes: one of " + ", ".join(_TYPES)
    word = name.lower()
    if word in _ANYTHING:
        return "without `type` it may be anything"
    if word in _FORMATS:
        return f'write "type": "string", "format": "{word}"'
    meant = word if word in _TYPES else _MEANT.get(word)
    return f"did you mean {meant}?" if meant else nearest(name, _TYPES)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else "[…]"
