"""Values as wasmtime's C library has them in memory.

A value is a byte that tells its kind and, from the eighth on, what it holds: a number as it is; a text or a
list as a size and an address; a case as its name and the address of its payload. That is what
`wasmtime/component/val.h` of https://docs.wasmtime.dev/c-api/ says, and a test holds the sizes and kinds here
against what the `wasmtime` package declares.

Arguments are only read by a call, so they stand in memory of ours: an `Arena`, filled from Python without a
call into the library, and given an address when it is whole.
"""

from __future__ import annotations

import ctypes
from struct import Struct

_NAMES = (
    *("bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string"),
    *("list", "record", "tuple", "variant", "enum", "option", "result", "flags"),
)
KINDS = {name: number for number, name in enumerate(_NAMES)}
VALUE_SIZE = 32
#: A member of a record is its name and its value.
MEMBER_SIZE = 48
MEMBER_VALUE = 16
#: Where a value holds what it holds.
HELD = 8
#: How a value of each kind is written, and how what it holds is read.
NUMBERS = {
    "bool": "?",
    **dict(zip(("s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64"), "bBhHiIqQ", strict=True)),
    "f32": "f",
    "f64": "d",
    "char": "I",
}
WRITERS = {name: Struct(f"=B7x{letter}") for name, letter in NUMBERS.items()}
READERS = {name: Struct(f"={letter}") for name, letter in NUMBERS.items()}
ADDRESS = Struct("=Q")
SIZE_AND_ADDRESS = Struct("=QQ")
#: The name of a case, as a size and an address, and the address of its payload.
CASE = Struct("=QQQ")


class Name:
    """A text that is written into many calls: it keeps its address."""

    __slots__ = ("_buffer", "address", "size")

    def __init__(self, text: str) -> None:
        encoded = text.encode()
        self._buffer = ctypes.create_string_buffer(encoded, len(encoded) or 1)
        self.address = ctypes.addressof(self._buffer)
        self.size = len(encoded)


class Arena:
    """The values of one call, one after the other. What points from one to another is known by where it is,
    until `fix` gives all of it its address.
    """

    __slots__ = ("_fixed", "_links", "memory")

    def __init__(self) -> None:
        self.memory = bytearray()
        self._links: list[tuple[int, int]] = []
        self._fixed: ctypes.Array[ctypes.c_char] | None = None

    def reserve(self, size: int) -> int:
        """Where `size` bytes begin that are nobody's yet, and all zero."""
        at = len(self.memory)
        self.memory += bytes(size + -size % 8)
        return at

    def add(self, content: bytes) -> int:
        """Where `content` stands."""
        at = self.reserve(len(content))
        self.memory[at : at + len(content)] = content
        return at

    def link(self, at: int, to: int) -> None:
        """At `at` stands the address of what is at `to`."""
        self._links.append((at, to))

    def fix(self) -> int:
        """The address of all of it, for as long as there is this arena. Nothing can be added afterwards."""
        self._fixed = (ctypes.c_char * len(self.memory)).from_buffer(self.memory)
        address = ctypes.addressof(self._fixed)
        for at, to in self._links:
            ADDRESS.pack_into(self.memory, at, address + to)
        return address


def read(address: int, size: int) -> bytes:
    """A copy of memory."""
    return ctypes.string_at(address, size)
