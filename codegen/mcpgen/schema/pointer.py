"""JSON Pointers (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def to_pointer(path: Iterable[str | int]) -> str:
    """The pointer for a path of keys and indexes; "" for the empty path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def parse_pointer(pointer: str) -> list[str]:
    """The steps of a pointer. Raises `ValueError` where it neither is empty nor starts with a slash."""
    if not pointer:
        return []
    if not pointer.startswith("/"):
        raise ValueError(f"a JSON Pointer starts with a slash: {pointer!r}")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]


def resolve(document: Any, pointer: str) -> Any:
    """The value that `pointer` means in `document`. Raises `LookupError` where there is none."""
    node = document
    for step in parse_pointer(pointer):
        if isinstance(node, list):
            node = node[_index(step)]
        elif isinstance(node, dict):
            node = node[step]
        else:
            raise LookupError(pointer)
    return node


def replace(document: Any, pointer: str, value: Any) -> None:
    """Put `value` where `pointer` means, in place. Raises `LookupError` where there is no such place."""
    steps = parse_pointer(pointer)
    parent = resolve(document, to_pointer(steps[:-1]))
    if isinstance(parent, list):
        parent[_index(steps[-1])] = value
    else:
        parent[steps[-1]] = value


def _index(step: str) -> int:
    if not step.isdecimal():
        raise LookupError(step)
    return int(step)
