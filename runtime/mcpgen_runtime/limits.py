"""What a peer may ask of us at most, and the check that refuses too much before it is parsed.

Every limit is on by default; `docs/limits.md` lists them. The specification leaves limits to the
implementation and asks for them: https://modelcontextprotocol.io/specification/2026-07-28/server/tools
(security considerations).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from sys import float_info
from typing import Any

_LARGEST = float_info.max


class LimitExceeded(ValueError):
    """A peer wanted more than a limit allows.

    `limit` is the name of a field of `Limits`, `value` what it is set to, `message` a sentence that
    names both and may be shown to the peer.
    """

    def __init__(self, limit: str, value: float, message: str) -> None:
        super().__init__(limit, value, message)
        self.limit = limit
        self.value = value
        self.message = message

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """All limits of a server or a client. A value that is no positive number raises `ValueError`.

    `max_…_bytes` count bytes as they are on the wire, `…_seconds` are seconds and may be fractions.
    """

    # One message, before it is parsed.
    max_message_bytes: int = 4 * 1024 * 1024
    max_string_bytes: int = 1024 * 1024
    max_depth: int = 64
    max_items: int = 100_000
    max_array_items: int = 10_000
    max_object_members: int = 1_000

    # Names.
    max_tool_name_length: int = 128
    max_uri_length: int = 8_192

    # HTTP.
    max_header_bytes: int = 8_192
    max_headers_bytes: int = 65_536

    # Connections and sessions.
    max_concurrent_requests: int = 128
    max_connections: int = 2_048
    max_sessions: int = 20_000
    max_subscriptions: int = 1_000
    max_unsent_bytes: int = 8 * 1024 * 1024
    session_idle_seconds: float = 1_800
    handler_seconds: float = 300
    write_seconds: float = 30

    def __post_init__(self) -> None:
        for field in fields(self):
            value: Any = getattr(self, field.name)
            wanted, kinds = ("integer", int) if field.type == "int" else ("number", int | float)
            if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value <= _LARGEST:
                raise ValueError(f"{field.name} must be a positive {wanted}, not {value!r}")


_STRUCTURE = b"[]{},"
_NOT_STRUCTURE = bytes(set(range(256)) - set(_STRUCTURE))
_OPEN_ARRAY, _OPEN_OBJECT, _COMMA = b"[{,"
_CHUNK = 64 * 1024


def check_text(raw: bytes, limits: Limits) -> None:
    """Raise `LimitExceeded` where the JSON text `raw` is too large in any way to be parsed.

    Linear in the length of `raw`, which must be UTF-8. Of a text that is not JSON, what comes before its
    first mistake is measured just as a parser would build it; finding the mistake is left to the parser.
    """
    size = len(raw)
    if size > limits.max_message_bytes:
        raise _exceeded(limits, "max_message_bytes", "the message is larger in bytes")
    # Hardly any message holds that many brackets and commas at all: then nobody needs to know where. `count`
    # takes ten times as long as `in` and `replace`, which need not look at each byte by itself.
    most = limits.max_depth + 1
    brackets = size - len(raw.replace(b"{", b"", most))
    if _OPEN_ARRAY in raw:
        brackets += size - len(raw.replace(b"[", b"", most))
    if (
        brackets >= most
        or (
            (size > limits.max_object_members or size > limits.max_array_items or size > limits.max_items)
            and _may_hold_too_many(raw, limits)
        )
        or size > limits.max_string_bytes
    ):
        _check_structure(raw, limits)


def _may_hold_too_many(raw: bytes, limits: Limits) -> bool:
    """Whether there are too many commas for one object, one array, or a message of `max_depth` brackets."""
    most = min(limits.max_object_members, limits.max_array_items, limits.max_items - limits.max_depth)
    return len(raw) - len(raw.replace(b",", b"", most)) >= most


def _separators(raw: bytes) -> int:
    """How many commas and brackets there are, those inside of strings too: no text holds more values."""
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def _check_structure(raw: bytes, limits: Limits) -> None:
    """Follow every bracket and comma that is outside of a string."""
    max_depth = limits.max_depth
    most = {_OPEN_ARRAY: limits.max_array_items, _OPEN_OBJECT: limits.max_object_members}
    # The bracket around the place we are at, and how many commas until it has too many items (outside of
    # all brackets, never). Then the same for each bracket further out.
    bracket, left = 0, len(raw) + 1
    enclosing: list[tuple[int, int]] = []
    separators = 0
    for part in _structure(raw, limits):
        separators += _separators(part)
        if separators > limits.max_items:
            raise _exceeded(limits, "max_items", "the message has more values")
        for byte in part:
            if byte == _COMMA:
                left -= 1
                if not left:
                    if bracket == _OPEN_ARRAY:
                        raise _exceeded(limits, "max_array_items", "an array has more items")
                    raise _exceeded(limits, "max_object_members", "an object has more members")
            elif byte in most:
                if len(enclosing) == max_depth:
                    raise _exceeded(limits, "max_depth", "the message nests deeper")
                enclosing.append((bracket, left))
                bracket, left = byte, most[byte]
            elif enclosing:
                bracket, left = enclosing.pop()


def _structure(raw: bytes, limits: Limits) -> Iterator[bytes]:
    """The brackets and commas of `raw` outside of strings; strings are measured on the way.

    It takes chunks, so that a message full of quotes costs no memory before it is refused.
    """
    if b"\\" in raw:
        # What precedes a run of backslashes is no escape, so pairing them from the left is exact.
        raw = raw.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    in_string, length = False, 0
    for start in range(0, len(raw), _CHUNK):
        # Strings and what is between them take turns; a string may have begun in an earlier chunk.
        parts = raw[start : start + _CHUNK].split(b'"')
        lengths = [len(string) for string in parts[not in_string :: 2]]
        if in_string:
            lengths[0] += length
        if lengths and max(lengths) > limits.max_string_bytes:
            raise _exceeded(limits, "max_string_bytes", "a string is longer in bytes")
        yield b"".join(parts[in_string::2]).translate(None, _NOT_STRUCTURE)
        in_string ^= len(parts) % 2 == 0
        length = lengths[-1] if in_string else 0


def _exceeded(limits: Limits, limit: str, what: str) -> LimitExceeded:
    value = getattr(limits, limit)
    return LimitExceeded(limit, value, f"{what} than {limit} ({value})")
