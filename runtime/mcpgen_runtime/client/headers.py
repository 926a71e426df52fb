"""HTTP headers that repeat parts of a message's body (2026-07-28 basic/transports/streamable-http).

The body stays the truth; the headers let a proxy route without reading it. A value that a header cannot
carry as it is travels in base64 between `=?base64?` and `?=`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_KINDS = ("string", "integer", "boolean")
_MARK = "x-mcp-header"
# What JavaScript holds exactly.
_LARGEST = 2**53 - 1
# Under these a schema holds values, not schemas: what looks like a mark there is none.
_VALUES = frozenset({"default", "const", "enum", "examples"})
# Under these it holds schemas by names of the author's choice.
_NAMES = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})


def encoded(value: str) -> str:
    """`value` as a header carries it."""
    sentinel = value.startswith("=?base64?") and value.endswith("?=")
    if not sentinel and (_PLAIN.fullmatch(value) or value == ""):
        return value
    return f"=?base64?{base64.b64encode(value.encode('utf-8', 'surrogatepass')).decode()}?="


def message_headers(message: Mapping[str, Any]) -> dict[str, str]:
    """`Mcp-Method`, and `Mcp-Name` where the method has one."""
    method = message.get("method")
    if not isinstance(method, str):
        return {}
    headers = {"Mcp-Method": method}
    params = message.get("params")
    if method in _NAMED and isinstance(params, Mapping):
        name = params.get(_NAMED[method])
        if isinstance(name, str):
            headers["Mcp-Name"] = encoded(name)
    return headers


def parameter_headers(schema: Any, arguments: Mapping[str, Any]) -> dict[str, str]:
    """`Mcp-Param-*` for the arguments that a tool's `inputSchema` marks with `x-mcp-header`."""
    headers: dict[str, str] = {}
    for described, value in _given(schema, arguments):
        name = described.get(_MARK)
        if isinstance(name, str) and _TOKEN.fullmatch(name):
            text = _text(value)
            if text is not None:
                headers[f"Mcp-Param-{name}"] = encoded(text)
        if isinstance(value, Mapping):
            headers |= parameter_headers(described, value)
    return headers


def header_fault(schema: Any) -> str | None:
    """What is wrong with the `x-mcp-header` marks of a tool's `inputSchema`; None where nothing is.

    A client that speaks Streamable HTTP must not show its user a tool that is marked wrongly.
    """
    seen: set[str] = set()
    allowed: set[int] = set()
    for described in _reachable(schema):
        if _MARK not in described:
            continue
        allowed.add(id(described))
        name = described[_MARK]
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            return f"{name!r} is no name for a header"
        if described.get("type") not in _KINDS:
            return f"{name!r} marks a parameter of type {described.get('type')!r}"
        if name.lower() in seen:
            return f"{name!r} marks two parameters"
        seen.add(name.lower())
    for marked in _marked(schema):
        if id(marked) not in allowed:
            return f"{marked[_MARK]!r} marks what is no property of the arguments"
    return None


def _given(schema: Any, arguments: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Any]]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        return
    for key, described in properties.items():
        value = arguments.get(key)
        if isinstance(described, Mapping) and value is not None:
            yield described, value


def _reachable(schema: Any) -> Iterator[Mapping[str, Any]]:
    """The schemas of all properties that are reached through `properties` alone."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if isinstance(properties, Mapping):
        for described in properties.values():
            if isinstance(described, Mapping):
                yield described
                yield from _reachable(described)


def _marked(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Every schema inside `schema`, however it is reached, that has a mark."""
    waiting: list[tuple[Any, bool]] = [(schema, True)]
    while waiting:
        value, is_schema = waiting.pop()
        if isinstance(value, Mapping):
            if is_schema and _MARK in value:
                yield value
            waiting += [
                # The keys of `properties` and its kin are names, not keywords.
                (inner, not (is_schema and key in _NAMES))
                for key, inner in value.items()
                if not (is_schema and key in _VALUES)
            ]
        elif isinstance(value, list):
            waiting += [(inner, True) for inner in value]


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():  # 5.0 is the integer 5 in JSON Schema
        value = int(value)
    if isinstance(value, int) and abs(value) <= _LARGEST:
        return str(value)
    return value if isinstance(value, str) else None
