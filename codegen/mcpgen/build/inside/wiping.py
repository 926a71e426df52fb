"""Overwrites the memory that was freed: a snapshot holds it as well, and sources and syntax trees are in it.

Blocks of every size are allocated until the allocator has none left that was in use before, and freed again.
An object of `bytes` is zeros; what stays of it is a header of a few bytes.
"""

from __future__ import annotations

import gc

_HEADER = 17  # of an object of bytes on a 32-bit platform, with the zero at its end
_SMALL = 512  # up to here pymalloc has pools, by steps of 16; beyond, malloc is asked
_STEP = 16
_MOST = 400_000
_LARGE = 4 << 20
#: More than is free in one piece. It was never in use where this is.
_NEVER_FREED = 16 << 20


def wipe() -> None:
    """Overwrite what was freed so far."""
    gc.collect()
    # What is allocated above was never in use: there is no need to go on.
    limit = id(bytes(_NEVER_FREED))
    kept: list[bytes | None] = [None] * _MOST
    count = 0
    for size in range(_SMALL, _STEP, -_STEP):
        while count < _MOST:
            block = bytes(size - _HEADER)
            if id(block) > limit:
                break
            kept[count] = block
            count += 1
    block = b""
    del kept  # its own memory is overwritten as well, for it is a large block
    large = []
    size = _LARGE
    while size > _SMALL:
        while id(block := bytes(size)) <= limit:
            large.append(block)
        size = size * 7 // 8
