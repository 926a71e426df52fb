"""The values of `mcpgen:mcp/handler` in C: a message and its context there, messages back.

A `list<u8>` is an array of 32 byte values there, one for each byte: it is filled and read by slices, a large
one by several, between which other threads have their turn.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import addressof, byref, c_char, c_char_p, c_void_p, sizeof
from dataclasses import dataclass

from mcpgen.hosting.library import (
    LIST,
    OPTION,
    RECORD,
    RESULT,
    STRING,
    TUPLE,
    U8,
    U64,
    Bytes,
    Field,
    Library,
    Value,
)

_SIZE = sizeof(Value)
#: So many bytes of a message are converted at once, in a millisecond.
_SLICE = 64 * 1024
_AT = Value.of.offset
_U8S = bytes((U8,)) * _SLICE
_FIELDS = ("revision", "transport", "request-id", "principal", "headers", "time", "correlation-id", "key")
_NAMES = tuple(name.encode() for name in _FIELDS)


@dataclass(slots=True)
class Context:
    """The record `context` of the interface, but for the key, which all calls have in common."""

    revision: str
    transport: str
    request_id: str | None
    principal: str | None
    headers: Sequence[tuple[str, str]]
    time: int
    correlation_id: str


class Unexpected(Exception):
    """A component of another interface gave a value of another type."""


class Arguments:
    """The arguments of `handle`, for one call at a time: they are Python's memory, lent to wasmtime."""

    def __init__(self, key: bytes) -> None:
        self._values = (Value * 2)()
        self._fields = (Field * len(_FIELDS))()
        self._options = (Value * 2)()
        for field, name in zip(self._fields, _NAMES, strict=True):
            _point(field.name, name)
        record = self._values[1]
        record.kind = RECORD
        record.of.vector.size = len(_FIELDS)
        record.of.vector.data = addressof(self._fields)
        self._kept: list[object] = []
        self._key = _listed(self._fields[7].value, key)
        self.address = addressof(self._values)

    def fill(self, message: bytes, context: Context) -> None:
        """What is to be passed next."""
        fields = self._fields
        headers = _headers(fields[4].value, context.headers)
        fields[5].value.kind = U64
        fields[5].value.of.u64 = context.time
        self._kept = [
            _listed(self._values[0], message),
            _text(fields[0].value, context.revision),
            _text(fields[1].value, context.transport),
            self._option(2, 0, context.request_id),
            self._option(3, 1, context.principal),
            headers,
            _text(fields[6].value, context.correlation_id),
        ]

    def forget(self) -> None:
        """What was passed is not kept: it has 32 times the bytes of the message."""
        self._kept = []

    def _option(self, field: int, option: int, text: str | None) -> object:
        value = self._fields[field].value
        value.kind = OPTION
        if text is None:
            value.of.option = None
            return None
        value.of.option = addressof(self._options) + option * _SIZE
        return _text(self._options[option], text)


def messages(library: Library, result: Value) -> list[bytes] | None:
    """What `handle` returned, None for a refusal. The value is gone then. Raises `Unexpected`."""
    try:
        if result.kind != RESULT:
            raise Unexpected("handle returns no result")
        if not result.of.result.is_ok:
            return None
        payload = result.of.result.value
        if payload is None:
            raise Unexpected("handle returns no messages")
        return [_bytes(each) for each in _elements(Value.from_address(payload))]
    finally:
        library.wasmtime_component_val_delete(byref(result))


def text(library: Library, result: Value) -> str:
    """A string that a function returned. The value is gone then. Raises `Unexpected`."""
    try:
        if result.kind != STRING:
            raise Unexpected("the function returns no string")
        vector = result.of.vector
        return ctypes.string_at(vector.data, vector.size).decode(errors="replace") if vector.size else ""
    finally:
        library.wasmtime_component_val_delete(byref(result))


def _elements(value: Value) -> Sequence[Value]:
    if value.kind != LIST:
        raise Unexpected("handle returns no list of messages")
    vector = value.of.vector
    return (Value * vector.size).from_address(vector.data) if vector.size else ()


def _bytes(value: Value) -> bytes:
    if value.kind != LIST:
        raise Unexpected("a message is no list of bytes")
    vector = value.of.vector
    if not vector.size:
        return b""
    if Value.from_address(vector.data).kind != U8:
        raise Unexpected("a message is no list of bytes")
    if vector.size <= _SLICE:
        return ctypes.string_at(vector.data, vector.size * _SIZE)[_AT::_SIZE]
    parts = []
    for start in range(0, vector.size, _SLICE):
        count = min(_SLICE, vector.size - start)
        parts.append(ctypes.string_at(vector.data + start * _SIZE, count * _SIZE)[_AT::_SIZE])
    return b"".join(parts)


def _listed(value: Value, data: bytes) -> object:
    """Make `value` a list<u8> of `data`; what is returned must live as long."""
    value.kind = LIST
    value.of.vector.size = len(data)
    if not data:
        value.of.vector.data = None
        return None
    content = bytearray(_SIZE * len(data))
    for start in range(0, len(data), _SLICE):
        part = data[start : start + _SLICE]
        end = (start + len(part)) * _SIZE
        content[start * _SIZE : end : _SIZE] = _U8S[: len(part)]
        content[start * _SIZE + _AT : end : _SIZE] = part
    lent = (c_char * len(content)).from_buffer(content)
    value.of.vector.data = addressof(lent)
    return lent


def _text(value: Value, text: str) -> bytes:
    data = text.encode(errors="replace")
    value.kind = STRING
    _point(value.of.vector, data)
    return data


def _point(vector: Bytes, data: bytes) -> None:
    vector.size = len(data)
    # c_char_p keeps an address, of what its caller keeps alive.
    vector.data = ctypes.cast(c_char_p(data), c_void_p).value


def _headers(value: Value, headers: Sequence[tuple[str, str]]) -> object:
    value.kind = LIST
    value.of.vector.size = len(headers)
    if not headers:
        value.of.vector.data = None
        return None
    pairs = (Value * len(headers))()
    halves = (Value * (2 * len(headers)))()
    kept: list[object] = [pairs, halves]
    for number, (name, content) in enumerate(headers):
        pair = pairs[number]
        pair.kind = TUPLE
        pair.of.vector.size = 2
        pair.of.vector.data = addressof(halves) + 2 * number * _SIZE
        kept += (_text(halves[2 * number], name), _text(halves[2 * number + 1], content))
    value.of.vector.data = addressof(pairs)
    return kept
