"""JSON values as `json.loads` gives them: equality that JSON means, walking, pointers, and edits that copy.

Everything here works without recursion, so that a value nested ten thousand deep is no special case.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]


def same(left: Any, right: Any) -> bool:
    """Whether two values are the same JSON: 5 and 5.0, -0.0 and 0, NaN and NaN are; true and 1 are not."""
    pairs = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        if one is other:
            continue
        if type(one) is str:  # most leaves are; nothing but a string equals one
            if one != other:
                return False
            continue
        if isinstance(one, bool) or isinstance(other, bool):
            return False
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            pairs += [(item, other[key]) for key, item in one.items() if item is not other[key]]
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            pairs += zip(one, other, strict=True)
        elif isinstance(one, int | float) and isinstance(other, int | float):
            if one != other and not (one != one and other != other):
                return False
        elif type(one) is not type(other) or one != other:
            return False
    return True


def fingerprint(value: Any) -> bytes:
    """Bytes that differ wherever two values do, also in the Python type of a number or the order of keys."""
    # Version 2 writes no back references, which would depend on reference counts.
    return marshal.dumps(value, 2)


def nodes(value: Any) -> Iterator[tuple[Path, Any]]:
    """Every value inside `value` with its path, `value` itself first."""
    waiting: list[tuple[Path, Any]] = [((), value)]
    while waiting:
        path, node = waiting.pop()
        yield path, node
        if isinstance(node, dict):
            waiting += [((*path, key), item) for key, item in node.items()]
        elif isinstance(node, list):
            waiting += [((*path, index), item) for index, item in enumerate(node)]


def replaced(value: Any, path: Path, new: Any) -> Any:
    """A copy of `value` with `new` at `path`; all that lies beside the path is shared."""
    if not path:
        return new
    root, at = _copied_along(value, path[:-1])
    at[path[-1]] = new
    return root


def dropped(value: Any, path: Path) -> Any:
    """A copy of `value` without the key or item at `path`, which is not the root."""
    root, at = _copied_along(value, path[:-1])
    del at[path[-1]]
    return root


def _copied_along(value: Any, path: Path) -> tuple[Any, Any]:
    root = at = value.copy()
    for step in path:
        at[step] = at[step].copy()
        at = at[step]
    return root, at


def resolves(pointer: str, value: Any) -> bool:
    """Whether a JSON Pointer (RFC 6901) leads to something in `value`."""
    if not pointer:
        return True
    if not pointer.startswith("/"):
        return False
    for step in pointer[1:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return False
    return True


def nested(depth: int, *, key: str | None = None, innermost: Any = None) -> Any:
    """`innermost` inside `depth` arrays, or inside as many objects under `key`."""
    value = innermost
    for _ in range(depth):
        value = [value] if key is None else {key: value}
    return value
