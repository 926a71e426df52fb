"""Definitions that are almost right: what their type does not allow is taken out, piece by piece.

A server that sends `"description": null` has told its tool's name and schema all the same. A client that
refuses the whole list for it is right; a tool that is to write the definition down can do better.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from mcpgen_types.codec import DecodeError


def mended(item: Any, decode: Callable[[Any], Any]) -> tuple[Any, list[str]]:
    """What of `item` the decoder accepts, and the JSON Pointers of what was taken out for that.

    The value itself where nothing is wrong with it. Raises `DecodeError`, the first one, where what is
    left would be no such thing.
    """
    removed: list[str] = []
    first: DecodeError | None = None
    while True:
        try:
            decode(item)
        except DecodeError as error:
            if first is None:
                first = error
                item = copy.deepcopy(item)
            # From the back, for what is taken out of a list moves what stands behind it.
            pointers = sorted({fault.pointer for fault in error.faults}, key=_position, reverse=True)
            gone = [pointer for pointer in pointers if _remove(item, pointer)]
            if not gone:
                raise first from None
            removed += reversed(gone)
        else:
            return item, removed


def _position(pointer: str) -> list[tuple[bool, int, str]]:
    return [(step.isdecimal(), int(step) if step.isdecimal() else 0, step) for step in pointer.split("/")]


def _remove(root: Any, pointer: str) -> bool:
    """Take out what `pointer` leads to. False where that is the whole, or nothing."""
    *way, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")]
    if not way:
        return False
    node = root
    for step in way[1:]:
        node = _child(node, step)
    if isinstance(node, dict) and last in node:
        del node[last]
        return True
    if isinstance(node, list) and last.isdecimal() and int(last) < len(node):
        del node[int(last)]
        return True
    return False


def _child(node: Any, step: str) -> Any:
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
        return node[int(step)]
    return None
