"""A value made up from a JSON Schema.

Only what is plainly asked for, of the simplest value each. A schema that would need thought (a pattern, a
negation, a remote reference) yields nothing; or with `guess` the best guess, which need not be right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mcpgen_runtime.schemas import SchemaError, compile_schema

_DEEPEST = 6
# Where properties that may be left out are filled in too: further down they would only repeat themselves.
_FULL_DEPTH = 3
# How many schemas are looked at for one value: references may lead to each other in many ways.
_STEPS = 10_000
_BY_FORMAT = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "PT1H",
    "email": "someone@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/example",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "json-pointer": "/example",
    "regex": "^example$",
}
# What people write patterns for.
_FOR_PATTERNS = (
    *("example", "Example", "EXAMPLE", "a", "A", "1", "0", "12", "123", "1234", "12345", "a1", "A1", "1.0.0"),
    *("ab", "AB", "abc", "ABC", "en-GB", "#a0b1c2", "v1.0.0", "1.5", "12:30", "12:30:00", "/example", "$1"),
    *("+4912345678", "example-1", "example_1", "Example Text", "0" * 32, "0" * 40, "0" * 64, ""),
    *_BY_FORMAT.values(),
)
_NEED_THOUGHT = ("not", "allOf", "if", "pattern", "patternProperties", "propertyNames", "contains")


class CannotGenerate(Exception):
    """The schema asks for more than can be made up simply; the message says what."""


def arguments_for(schema: Any) -> dict[str, Any]:
    """An object for a tool's `inputSchema`, with what it requires. Raises `CannotGenerate`."""
    value = value_for(schema)
    if not isinstance(value, dict):
        raise CannotGenerate("the schema does not describe an object")
    return value


def value_for(schema: Any, *, full: bool = False, guess: bool = False) -> Any:
    """A value for `schema`; an object where it does not say otherwise. Raises `CannotGenerate`.

    `full` gives optional properties too. With `guess`, what would need thought is passed over or guessed,
    and who asks has to see whether the schema accepts the value.
    """
    try:
        value = _Maker(schema, full=full, guess=guess).value(schema, 0)
    except OverflowError:
        raise CannotGenerate("the schema has numbers that are too large") from None
    if not _writable(value):
        raise CannotGenerate("the schema has numbers beyond what JSON can carry")
    return value


@dataclass(slots=True)
class _Maker:
    root: Any
    full: bool
    guess: bool
    steps: int = 0

    def value(self, schema: Any, depth: int) -> Any:
        self.count()
        if schema is True:
            return {} if depth == 0 else "example"
        if not isinstance(schema, dict) or depth > _DEEPEST:
            raise CannotGenerate("the schema is not an object, or is nested too deep")
        if "$ref" in schema:
            return self.value(_resolved(schema["$ref"], self.root), depth + 1)
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        for key in ("enum", "examples"):
            if isinstance(schema.get(key), list) and schema[key]:
                return schema[key][0]
        if self.guess:
            schema = self.merged(schema, depth)
        else:
            for key in _NEED_THOUGHT:
                if key in schema:
                    raise CannotGenerate(f"the schema uses {key}")
        for key in ("anyOf", "oneOf"):
            if isinstance(schema.get(key), list) and "properties" not in schema:
                return self.first(schema[key], depth)
        return self.typed(schema, depth)

    def count(self) -> None:
        self.steps += 1
        if self.steps > _STEPS:
            raise CannotGenerate("the schema leads to too many others")

    def first(self, choices: list[Any], depth: int) -> Any:
        # Null says least; it is the last resort.
        for choice in sorted(choices, key=lambda choice: choice == {"type": "null"}):
            try:
                return self.value(choice, depth + 1)
            except CannotGenerate:
                continue
        raise CannotGenerate("none of the alternatives is simple")

    def merged(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """A guess at the one schema that says what `schema` and those of its `allOf` say together."""
        parts = schema.get("allOf")
        if not isinstance(parts, list) or depth > _DEEPEST:
            return schema
        self.count()
        whole = {key: value for key, value in schema.items() if key != "allOf"}
        for part in parts:
            while isinstance(part, dict) and "$ref" in part:
                self.count()
                part = _resolved(part["$ref"], self.root)
            if not isinstance(part, dict):
                continue
            for key, value in self.merged(part, depth + 1).items():
                before = whole.get(key)
                if isinstance(before, dict) and isinstance(value, dict):
                    whole[key] = before | value
                elif isinstance(before, list) and isinstance(value, list) and key == "required":
                    whole[key] = [*before, *value]
                else:
                    whole.setdefault(key, value)
        return whole

    def typed(self, schema: dict[str, Any], depth: int) -> Any:
        kind = schema.get("type", "object" if depth == 0 or "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        match kind:
            case "object":
                return self.object(schema, depth)
            case "array":
                return self.array(schema, depth)
            case "string":
                return _string(schema)
            case "integer" | "number":
                return _number(schema)
            case "boolean":
                return False
            case "null":
                return None
        raise CannotGenerate(f"the schema has the type {kind!r}")

    def object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        if not isinstance(properties, dict) or not isinstance(required, list):
            raise CannotGenerate("the schema's properties are not an object")
        if not all(isinstance(name, str) for name in required):
            raise CannotGenerate("the schema requires a property whose name is not a string")
        made = {name: self.value(properties.get(name, True), depth + 1) for name in required}
        if self.full and depth < _FULL_DEPTH:
            for name in properties:
                if name not in made and isinstance(name, str):
                    try:
                        made[name] = self.value(properties[name], depth + 1)
                    except CannotGenerate:
                        continue
        return made

    def array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        count = schema.get("minItems", 0)
        if not isinstance(count, int) or count > 8:
            raise CannotGenerate("the schema wants a long array")
        first = schema.get("prefixItems", [])
        first = first if isinstance(first, list) else []
        items = schema.get("items", True)
        if self.full and depth < _FULL_DEPTH:
            count = max(count, len(first), 0 if schema.get("maxItems") == 0 or items is False else 1)
        each = [*first, *[items] * count][:count]
        return [self.value(one, depth + 1) for one in each]


def _string(schema: dict[str, Any]) -> str:
    text = _BY_FORMAT.get(str(schema.get("format")), "example")
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", len(text))
    if not isinstance(shortest, int) or not isinstance(longest, int) or shortest > 1000:
        raise CannotGenerate("the schema wants a long string")
    if isinstance(schema.get("pattern"), str):
        return _matching(schema["pattern"], shortest, schema.get("maxLength", math.inf))
    return text.ljust(shortest, "x")[: max(longest, shortest)]


def _matching(pattern: str, shortest: int, longest: float) -> str:
    try:
        judge = compile_schema({"pattern": pattern})
    except SchemaError as error:
        raise CannotGenerate(f"the schema has a pattern that is none: {error.message}") from None
    for text in _FOR_PATTERNS:
        if shortest <= len(text) <= longest and judge.accepts(text):
            return text
    raise CannotGenerate(f"nothing was found that matches the pattern {pattern!r:.80}")


def _number(schema: dict[str, Any]) -> int | float:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    step = 1 if "exclusiveMinimum" in schema else 0
    value: int | float = 1
    if isinstance(low, int | float) and value < low + step:
        value = low + step
    if isinstance(high, int | float) and value > high:
        value = high - (1 if "exclusiveMaximum" in schema else 0)
    multiple = schema.get("multipleOf")
    if isinstance(multiple, int | float) and multiple > 0 and value % multiple:
        value = multiple
    return value


def _resolved(reference: Any, root: Any) -> Any:
    if reference == "#":
        return root
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise CannotGenerate(f"the schema refers to {reference!r}")
    node = root
    for step in reference[2:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or key not in node:
            raise CannotGenerate(f"the schema's reference {reference!r} leads nowhere")
        node = node[key]
    return node


def _writable(value: Any) -> bool:
    """Whether JSON has words for every number of it."""
    if isinstance(value, dict):
        return all(_writable(item) for item in value.values())
    if isinstance(value, list):
        return all(_writable(item) for item in value)
    return not isinstance(value, float) or math.isfinite(value)
