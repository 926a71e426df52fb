"""`Mcp-Param-*`: arguments of a tool call that HTTP headers mirror, and must mirror truly.

Spec page: 2026-07-28 basic/transports/streamable-http, custom headers from tool parameters.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from mcpgen_runtime.errors import HeaderMismatch

_OPEN, _CLOSE = "=?base64?", "?="
_PLAIN = re.compile(r"[\t\x20-\x7e]*\Z")
_INTEGER = re.compile(r"(-?[0-9]{1,400})(?:\.0+)?\Z")


def decode_header(name: str, value: str) -> str:
    """What a header that may be Base64 in `=?base64?…?=` says. Raises `HeaderMismatch`."""
    if not _PLAIN.match(value):
        raise HeaderMismatch(f"Header mismatch: {name} has a character that a header may not have")
    if not (value.startswith(_OPEN) and value.endswith(_CLOSE)):
        return value
    try:
        return base64.b64decode(value[len(_OPEN) : -len(_CLOSE)], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise HeaderMismatch(f"Header mismatch: {name} is no Base64 of UTF-8") from None


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
