"""HTTP headers that repeat parts of a message's body (2026-07-28 basic/transports/streamable-http).

The body stays the truth; the headers let a proxy route without reading it. A value that a header cannot
carry as it is travels in base64 between `=?base64?` and `?=`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


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
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        return headers
    for key, described in properties.items():
        value = arguments.get(key)
        if not isinstance(described, Mapping) or value is None:
            continue
        name = described.get("x-mcp-header")
        if isinstance(name, str) and _TOKEN.fullmatch(name):
            text = _text(value)
            if text is not None:
                headers[f"Mcp-Param-{name}"] = encoded(text)
        if isinstance(value, Mapping):
            headers |= parameter_headers(described, value)
    return headers


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return value if isinstance(value, str) else None
