"""JSON values as Python source."""

from __future__ import annotations

import json
from typing import Any

# Python's parser gives up at about 200 brackets inside each other, its compiler somewhat earlier.
_DEEPEST = 50


def literal(value: Any) -> str:
    """An expression for a JSON value."""
    if _depth(value) > _DEEPEST:
        return f"loads({json.dumps(value)!r})"
    return repr(value)


def _depth(value: Any) -> int:
    deepest = 0
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        inside = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        waiting.extend((each, depth + 1) for each in inside)
    return deepest
