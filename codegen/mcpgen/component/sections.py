"""The outermost sections of a WebAssembly binary, and the one that mcpgen writes into its components.

https://webassembly.github.io/spec/core/binary/modules.html, and Binary.md of the component model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

MAGIC = b"\0asm"
#: What follows the magic number: a version, and a layer.
MODULE = b"\x01\x00\x00\x00"
COMPONENT = b"\x0d\x00\x01\x00"
_CUSTOM = 0


class Section(NamedTuple):
    """A section: its id, and where its content is."""

    id: int
    start: int
    end: int


class Truncated(ValueError):
    """The bytes end before what they begin."""


def sections(data: bytes) -> Iterator[Section]:
    """The sections of a module or a component, outermost alone. Raises `Truncated`."""
    position = len(MAGIC) + len(MODULE)
    while position < len(data):
        size, start = _number(data, position + 1)
        if start + size > len(data):
            raise Truncated(f"a section of {size} bytes begins at {start}, and there are {len(data)} bytes")
        yield Section(data[position], start, start + size)
        position = start + size


def custom_section(data: bytes, name: str) -> bytes | None:
    """The content of the last custom section of that name; None where there is none. Raises `Truncated`."""
    found = None
    for section in sections(data):
        if section.id == _CUSTOM:
            length, start = _number(data, section.start)
            if data[start : start + length] == name.encode():
                found = data[start + length : section.end]
    return found


def with_custom_section(data: bytes, name: str, content: bytes) -> bytes:
    """`data` and a custom section behind it."""
    named = _leb(len(name.encode())) + name.encode() + content
    return b"".join((data, bytes([_CUSTOM]), _leb(len(named)), named))


def _number(data: bytes, position: int) -> tuple[int, int]:
    """The unsigned LEB128 number at `position`, and where it ends."""
    value = shift = 0
    while True:
        if position >= len(data):
            raise Truncated(f"a number begins at the end, {position}")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, position
        shift += 7


def _leb(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])
