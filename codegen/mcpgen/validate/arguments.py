"""Arguments made up from a JSON Schema, for servers whose tools and prompts want some.

Only what is plainly asked for: the required properties, of the simplest value each. A schema that would
need thought (a pattern, a negation, a remote reference) yields nothing, and the tool is left uncalled.
"""

from __future__ import annotations

from typing import Any

from mcpgen.validate.numbers import finite

_DEEPEST = 6
_BY_FORMAT = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "email": "someone@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
}


class CannotGenerate(Exception):
    """The schema asks for more than can be made up simply; the message says what."""


def arguments_for(schema: Any) -> dict[str, Any]:
    """An object for a tool's `inputSchema`. Raises `CannotGenerate`."""
    try:
        value = _value(schema, schema, 0)
    except OverflowError:
        raise CannotGenerate("the schema has numbers that are too large") from None
    if not isinstance(value, dict):
        raise CannotGenerate("the schema does not describe an object")
    if finite(value) != value:
        raise CannotGenerate("the schema has numbers beyond what JSON can carry")
    return value


def _value(schema: Any, root: Any, depth: int) -> Any:
    if schema is True:
        return {} if depth == 0 else "example"
    if not isinstance(schema, dict) or depth > _DEEPEST:
        raise CannotGenerate("the schema is not an object, or is nested too deep")
    if "$ref" in schema:
        return _value(_resolved(schema["$ref"], root), root, depth + 1)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if isinstance(schema.get(key), list) and schema[key]:
            return schema[key][0]
    for key in ("not", "allOf", "if", "pattern", "patternProperties", "propertyNames", "contains"):
        if key in schema:
            raise CannotGenerate(f"the schema uses {key}")
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list) and "properties" not in schema:
            return _first(schema[key], root, depth)
    return _typed(schema, root, depth)


def _first(choices: list[Any], root: Any, depth: int) -> Any:
    for choice in choices:
        try:
            return _value(choice, root, depth + 1)
        except CannotGenerate:
            continue
    raise CannotGenerate("none of the alternatives is simple")


def _typed(schema: dict[str, Any], root: Any, depth: int) -> Any:
    kind = schema.get("type", "object" if depth == 0 or "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    match kind:
        case "object":
            return _object(schema, root, depth)
        case "array":
            count = schema.get("minItems", 0)
            if not isinstance(count, int) or count > 8:
                raise CannotGenerate("the schema wants a long array")
            return [_value(schema.get("items", True), root, depth + 1) for _ in range(count)]
        case "string":
            return _string(schema)
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return False
        case "null":
            return None
    raise CannotGenerate(f"the schema has the type {kind!r}")


def _object(schema: dict[str, Any], root: Any, depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        raise CannotGenerate("the schema's properties are not an object")
    if not all(isinstance(name, str) for name in required):
        raise CannotGenerate("the schema requires a property whose name is not a string")
    return {name: _value(properties.get(name, True), root, depth + 1) for name in required}


def _string(schema: dict[str, Any]) -> str:
    text = _BY_FORMAT.get(str(schema.get("format")), "example")
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", len(text))
    if not isinstance(shortest, int) or not isinstance(longest, int) or shortest > 1000:
        raise CannotGenerate("the schema wants a long string")
    return text.ljust(shortest, "x")[: max(longest, shortest)]


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
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise CannotGenerate(f"the schema refers to {reference!r}")
    node = root
    for step in reference[2:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or key not in node:
            raise CannotGenerate(f"the schema's reference {reference!r} leads nowhere")
        node = node[key]
    return node
