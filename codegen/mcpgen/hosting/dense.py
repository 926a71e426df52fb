"""Memory without holes, so that an instance begins with a mapping of it, and not with a copy.

What `mcpgen build` leaves out of a component's memory, for its size, is zeros all over Python's heap.
wasmtime maps the first content of a memory copy-on-write where it is an image of 16 MB at most, or half full;
else it copies it segment by segment for each instance, 10 to 20 ms long. So the zeros are put back before it
is compiled, as segments of their own behind the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcpgen.component.sections import COMPONENT, MODULE, leb, number, sections

_HEADER = 8
_CORE_MODULE, _COMPONENT = 1, 4
_DATA, _DATA_COUNT = 11, 12
_ACTIVE = 0
_I32_CONST, _END = 0x41, 0x0B
#: So many zeros at most are put into one file, and so many for each byte that it has: a memory that is mostly
#: holes is meant to be, and a small file must not become a large one.
_MOST_BYTES = 128 * 1024 * 1024
_MOST_FOLD = 8
#: Components are nested as deep as they were composed.
_MOST_DEPTH = 16


def dense(wasm: bytes) -> bytes:
    """The component, the holes in its modules' memories filled. What is not understood stays as it is."""
    try:
        return _component(wasm, _Room(min(_MOST_BYTES, _MOST_FOLD * len(wasm))), 1)
    except (ValueError, IndexError):  # whoever compiles it says what is wrong
        return wasm


@dataclass(slots=True)
class _Room:
    """For how many zeros there is room left, in all of a file."""

    bytes: int

    def take(self, holes: list[tuple[int, int]]) -> bool:
        """Whether there is room for all of these, which is taken then."""
        wanted = sum(size for _, size in holes)
        if wanted > self.bytes:
            return False
        self.bytes -= wanted
        return True


def _component(data: bytes, room: _Room, depth: int) -> bytes:
    if data[4:_HEADER] != COMPONENT or depth > _MOST_DEPTH:
        return data
    parts = [data[:_HEADER]]
    for section in sections(data):
        content = data[section.start : section.end]
        if section.id == _CORE_MODULE and content[4:_HEADER] == MODULE:
            content = _module(content, room)
        elif section.id == _COMPONENT:
            content = _component(content, room, depth + 1)
        parts += (bytes([section.id]), leb(len(content)), content)
    return b"".join(parts)


def _module(data: bytes, room: _Room) -> bytes:
    found = [section for section in sections(data) if section.id == _DATA]
    if not found:
        return data
    count, start = number(data, found[0].start)
    holes = _holes(data, count, start)
    if not holes or not room.take(holes):
        return data
    parts = [data[:_HEADER]]
    for section in sections(data):
        content = data[section.start : section.end]
        if section.id == _DATA:
            filling = [_filled(at, size) for at, size in holes]
            content = b"".join((leb(count + len(holes)), data[start : section.end], *filling))
        elif section.id == _DATA_COUNT:
            content = leb(count + len(holes))
        parts += (bytes([section.id]), leb(len(content)), content)
    return b"".join(parts)


def _holes(data: bytes, count: int, position: int) -> list[tuple[int, int]]:
    """Where the content of a memory has holes, and how large; none where it is not known before it runs."""
    places: list[tuple[int, int]] = []
    for _ in range(count):
        kind, position = number(data, position)
        if kind == _ACTIVE:
            if data[position] != _I32_CONST:
                return []
            place, position = _address(data, position + 1)
            if data[position] != _END:
                return []
            size, position = number(data, position + 1)
            places.append((place, size))
        else:
            size, position = number(data, position)
        position += size
    places.sort()
    holes: list[tuple[int, int]] = []
    end = places[0][0] if places else 0
    for place, size in places:
        if place > end:
            holes.append((end, place - end))
        end = max(end, place + size)
    return holes


def _filled(place: int, size: int) -> bytes:
    """A segment of zeros."""
    return b"".join((bytes([_ACTIVE, _I32_CONST]), _constant(place), bytes([_END]), leb(size), bytes(size)))


def _address(data: bytes, position: int) -> tuple[int, int]:
    """The operand of an `i32.const`, which is written as if it had a sign, and where it ends."""
    value, end = number(data, position)
    if data[end - 1] & 0x40:
        value -= 1 << (7 * (end - position))
    return value & 0xFFFFFFFF, end


def _constant(address: int) -> bytes:
    """The operand of an `i32.const`, always in five bytes."""
    value = address - (1 << 32) if address >> 31 else address
    return bytes([*((value >> shift) & 0x7F | 0x80 for shift in (0, 7, 14, 21)), (value >> 28) & 0x7F])
