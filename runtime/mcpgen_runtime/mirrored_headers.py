"""HTTP headers that mirror parts of a message, so that a proxy can route without reading it.

Clients write them, servers refuse a request whose headers do not say what its body says. A value that a
header cannot carry as it is travels in Base64 between `=?base64?` and `?=`.

Spec page: 2026-07-28 basic/transports/streamable-http (request metadata, custom headers).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mcpgen_runtime.errors import HeaderMismatch
from mcpgen_types.codec import escape

#: The member of params that `Mcp-Name` mirrors, by method.
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}

MARK = "x-mcp-header"
_OPEN, _CLOSE = "=?base64?", "?="
_ALLOWED = re.compile(r"[\t\x20-\x7e]*\Z")
_PLAIN = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?\Z")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_INTEGER = re.compile(r"(-?[0-9]{1,400})(?:\.0+)?\Z")
#: What JavaScript holds exactly.
_LARGEST = 2**53 - 1
#: Under these keywords a schema holds values: what looks like a mark there is none.
_VALUES = frozenset({"default", "const", "enum", "examples"})
#: Under these it holds schemas by names of the author's choice, which are no keywords.
_NAMES = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})


def encode_header(value: str) -> str:
    """`value` as a header carries it."""
    sentinel = value.startswith(_OPEN) and value.endswith(_CLOSE)
    if _PLAIN.match(value) and not sentinel:
        return value
    return f"{_OPEN}{base64.b64encode(value.encode('utf-8', 'surrogatepass')).decode()}{_CLOSE}"


def decode_header(name: str, value: str) -> str:
    """What the header `name` says with `value`. Raises `HeaderMismatch`."""
    if not _ALLOWED.match(value):
        raise HeaderMismatch(f"Header mismatch: {name} has a character that a header may not have")
    if not (value.startswith(_OPEN) and value.endswith(_CLOSE)):
        return value
    try:
        return base64.b64decode(value[len(_OPEN) : -len(_CLOSE)], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise HeaderMismatch(f"Header mismatch: {name} is no Base64 of UTF-8") from None


def message_headers(message: Mapping[str, Any]) -> dict[str, str]:
    """`Mcp-Method`, and `Mcp-Name` where the method has one."""
    method = message.get("method")
    if not isinstance(method, str):
        return {}
    headers = {"Mcp-Method": method}
    params = message.get("params")
    if method in NAMED and isinstance(params, Mapping):
        name = params.get(NAMED[method])
        if isinstance(name, str):
            headers["Mcp-Name"] = encode_header(name)
    return headers


def marked_parameters(schema: Any) -> dict[str, tuple[str, ...]]:
    """The parameters that an `inputSchema` marks with `x-mcp-header`: header names, with the path to each.

    Raises `ValueError` where a mark stands where it may not, or is no header name: such a tool may be
    neither offered nor, over HTTP, shown.
    """
    faults = misplaced_marks(schema)
    if faults:
        pointer, reason = faults[0]
        raise ValueError(f"{MARK} at {pointer.removesuffix('/' + MARK) or '/'}: {reason}")
    return {f"Mcp-Param-{mark.schema[MARK]}": mark.path for mark in marks(schema)}


def misplaced_marks(schema: Any) -> list[tuple[str, str]]:
    """What is wrong with the marks of an `inputSchema`: JSON Pointers to the marks, each with the reason."""
    faults: list[tuple[str, str]] = []
    seen: set[str] = set()
    for mark in marks(schema):
        name = mark.schema[MARK]
        if not mark.reachable:
            reason = "only a chain of `properties` may lead to it"
        elif not isinstance(name, str) or not TOKEN.match(name):
            reason = f"{name!r} is no header name"
        elif mark.schema.get("type") not in ("string", "integer", "boolean"):
            reason = "only a string, an integer or a boolean can have one"
        elif name.lower() in seen:
            reason = f"{name!r} is there twice"
        else:
            seen.add(name.lower())
            continue
        faults.append((f"{mark.pointer}/{MARK}", reason))
    return faults


def parameter_headers(marked: Mapping[str, tuple[str, ...]], arguments: Mapping[str, Any]) -> dict[str, str]:
    """The headers that a call with `arguments` needs, where `marked` parameters have a value."""
    texts = ((name, _text(_at(arguments, path))) for name, path in marked.items())
    return {name: encode_header(text) for name, text in texts if text is not None}


def check_parameter_headers(
    wanted: Mapping[str, tuple[str, ...]], arguments: Mapping[str, Any], headers: Mapping[str, str]
) -> None:
    """Raise `HeaderMismatch` where the headers do not say just what the arguments they mirror say."""
    for name, path in wanted.items():
        value = _at(arguments, path)
        header = headers.get(name)
        place = "/params/arguments/" + "/".join(path)
        if value is None:
            if header is not None:
                raise HeaderMismatch(f"Header mismatch: {name} is there, {place} is not")
        elif header is None:
            raise HeaderMismatch(f"Header mismatch: {name} is missing, {place} has a value")
        elif not _says(decode_header(name, header), value):
            raise HeaderMismatch(f"Header mismatch: {name} does not say what {place} says")


def _at(arguments: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if not isinstance(arguments, dict):
            return None
        arguments = arguments.get(step)
    return arguments


def _says(text: str, value: object) -> bool:
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, int | float):
        number = _INTEGER.match(text)  # 42.0 and 42 are the same, 2**53 and 2**53 + 1 are not
        return number is not None and int(number[1]) == value
    return text == value


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():  # 5.0 is the integer 5 in JSON Schema
        value = int(value)
    if isinstance(value, int) and abs(value) <= _LARGEST:
        return str(value)
    return value if isinstance(value, str) else None


class Marked(NamedTuple):
    """A schema with a mark: where, under which parameters, and whether just `properties` lead there."""

    schema: Mapping[str, Any]
    pointer: str
    path: tuple[str, ...]
    reachable: bool


def marks(schema: Any) -> Iterator[Marked]:
    """Every schema inside `schema` with a mark, from the outside in."""
    # Each with whether it is a schema, and not an object of schemas by name.
    waiting: deque[tuple[Any, str, tuple[str, ...], bool, bool]] = deque([(schema, "", (), True, True)])
    while waiting:
        value, pointer, path, reachable, is_schema = waiting.popleft()
        if isinstance(value, list):
            waiting += [(inner, f"{pointer}/{index}", path, False, True) for index, inner in enumerate(value)]
        elif not isinstance(value, Mapping):
            continue
        elif not is_schema:
            for name, inner in value.items():
                waiting.append((inner, f"{pointer}/{escape(str(name))}", (*path, str(name)), reachable, True))
        else:
            if MARK in value:
                yield Marked(value, pointer, path, reachable and bool(path))
            for keyword, inner in value.items():
                if keyword not in _VALUES:
                    by_properties = reachable and keyword == "properties"
                    place = f"{pointer}/{escape(str(keyword))}"
                    waiting.append((inner, place, path, by_properties, keyword not in _NAMES))
