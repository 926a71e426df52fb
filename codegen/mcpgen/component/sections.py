"""The outermost sections of a WebAssembly component, as bytes, read without a tool: it takes microseconds.

https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

MAGIC = b"\0asm"
#: What follows the magic number: a version, and a layer.
MODULE = b"\x01\x00\x00\x00"
COMPONENT = b"\x0d\x00\x01\x00"

CUSTOM = 0
IMPORT = 10
EXPORT = 11
#: What an import or an export can be, by the byte that says so. Only cores need another byte.
_CORE, _VALUE, _TYPE = 0, 2, 3


class Unreadable(ValueError):
    """The bytes end before what they begin, or are not what the format has there."""


class Section(NamedTuple):
    """A section: its id, and where its content is."""

    id: int
    start: int
    end: int


class Outline(NamedTuple):
    """The names of a component's imports and exports, in order, and its custom sections."""

    imports: tuple[str, ...]
    exports: tuple[str, ...]
    custom: dict[str, bytes]


def sections(data: bytes) -> Iterator[Section]:
    """The sections of a module or a component, outermost alone. Raises `Unreadable`."""
    position = len(MAGIC) + len(MODULE)
    while position < len(data):
        size, start = number(data, position + 1)
        if start + size > len(data):
            raise Unreadable(f"a section of {size} bytes begins at {start}, and there are {len(data)} bytes")
        yield Section(data[position], start, start + size)
        position = start + size


def outline(data: bytes) -> Outline:
    """What the component `data` imports, exports and says besides. Raises `Unreadable`."""
    imports: list[str] = []
    exports: list[str] = []
    custom: dict[str, bytes] = {}
    for section in sections(data):
        if section.id == CUSTOM:
            name, start = _text(data, section.start)
            custom[name] = data[start : section.end]
        elif section.id == IMPORT:
            imports += _names(data, section, exported=False)
        elif section.id == EXPORT:
            exports += _names(data, section, exported=True)
    return Outline(tuple(imports), tuple(exports), custom)


def with_custom_section(data: bytes, name: str, content: bytes) -> bytes:
    """`data` and a custom section behind it."""
    named = leb(len(name.encode())) + name.encode() + content
    return b"".join((data, bytes([CUSTOM]), leb(len(named)), named))


def without_custom_sections(data: bytes, name: str) -> bytes:
    """`data` without its outermost custom sections of that name. Raises `Unreadable`."""
    kept: list[bytes] = []
    begin = len(MAGIC) + len(MODULE)
    for section in sections(data):
        if section.id != CUSTOM or _text(data, section.start)[0] != name:
            kept.append(data[begin : section.end])
        begin = section.end
    return b"".join((data[: len(MAGIC) + len(MODULE)], *kept))


def number(data: bytes, position: int) -> tuple[int, int]:
    """The unsigned LEB128 number at `position`, and where it ends. Raises `Unreadable`."""
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise Unreadable(f"there is no number at {position}")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, position
        shift += 7


def leb(value: int) -> bytes:
    """`value` as an unsigned LEB128 number."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def _names(data: bytes, section: Section, *, exported: bool) -> Iterator[str]:
    count, position = number(data, section.start)
    for _ in range(count):
        if data[position] > 1:
            raise Unreadable(f"a name of an unknown kind, {data[position]}, is at {position}")
        name, position = _text(data, position + 1)
        if not name.isprintable():  # no name is like that, and these are shown on terminals
            raise Unreadable(f"it imports or exports {name[:40]!r}, which is no name")
        if exported:
            position = _after_number(data, position + (2 if data[position] == _CORE else 1))
            described = data[position]
            position += 1
            if described:
                position = _after_description(data, position)
        else:
            position = _after_description(data, position)
        if position > section.end:
            raise Unreadable(f"a section ends at {section.end}, inside of what it names")
        yield name


def _after_description(data: bytes, position: int) -> int:
    """Where the type of an import or export, which begins at `position`, ends."""
    what = data[position]
    position += 1
    if what in (_CORE, _TYPE):
        bound = data[position]
        return position + 1 if what == _TYPE and bound == 1 else _after_number(data, position + 1)
    if what == _VALUE:
        raise Unreadable("it imports or exports a value, which nothing here knows")
    return _after_number(data, position)


def _after_number(data: bytes, position: int) -> int:
    return number(data, position)[1]


def _text(data: bytes, position: int) -> tuple[str, int]:
    length, start = number(data, position)
    if start + length > len(data):
        raise Unreadable(f"a name of {length} bytes begins at {start}, and there are {len(data)} bytes")
    try:
        return data[start : start + length].decode(), start + length
    except UnicodeDecodeError:
        raise Unreadable(f"the name at {start} is not UTF-8") from None
