"""From the bytes of one frame to its JSON value, strictly: UTF-8, RFC 8259, bounded.

Python's own reader is looser than the standard (it takes NaN) and has limits of its own (nesting, digits).
The first is a fault of the server; the second is a limit of ours and must not be held against it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

from mcpgen.validate.journal import Received, Stream
from mcpgen_runtime.client.errors import LimitPassed

# How much of a frame that is not JSON is kept to show.
_SHOWN = 500
# No message of the protocol is nested nearly as deep; a tool's schema may be.
DEEPEST = 200
_TOO_DEEP = f"the server sent a message nested more than {DEEPEST} deep"


def _refuse_constant(name: str) -> Any:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


def read_frame(
    data: bytes,
    *,
    at: float,
    stream: Stream,
    carrier: int | None = None,
    status: int | None = None,
    weigh: Callable[[int], None] | None = None,
) -> Received:
    """The journal entry for one frame.

    `weigh` is told what its value will take of memory, before it is made, and may raise `LimitPassed`. So
    does this where the frame may be right but is nested deeper, or has numbers longer, than Python reads.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        shown = data[:_SHOWN].decode("utf-8", "backslashreplace")
        return Received(
            at, shown, None, "not-utf-8", f"byte {error.start}: {error.reason}", stream, carrier, status
        )
    if weigh is not None:
        weigh(weight(text))
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        detail = f"column {error.pos + 1}: {error.msg}"
        return Received(at, text[:_SHOWN], None, "not-json", detail, stream, carrier, status)
    except RecursionError:
        raise LimitPassed(_TOO_DEEP) from None
    except ValueError:
        raise LimitPassed("the server sent a number longer than mcpgen reads") from None
    # What Python reads at one depth of the stack it may not write at another: well below its limit.
    if text.count("[") + text.count("{") > DEEPEST and depth(value) > DEEPEST:
        raise LimitPassed(_TOO_DEEP)
    twice = _repeated(text) if '"inputRequests"' in text else ()
    return Received(at, text[:_SHOWN], value, None, "", stream, carrier, status, twice)


def _repeated(text: str) -> tuple[str, ...]:
    """The keys that an `inputRequests` in `text`, which is JSON, has more than once."""
    found: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> _Pairs:
        made = _Pairs(items)
        made.keys_in_text = [key for key, _ in items]
        inner = made.get("inputRequests")
        if isinstance(inner, _Pairs):
            found.extend(key for key, count in Counter(inner.keys_in_text).items() if count > 1)
        return made

    json.loads(text, object_pairs_hook=pairs)
    return tuple(found)


class _Pairs(dict[str, Any]):
    keys_in_text: list[str]


def weight(text: str) -> int:
    """About how many bytes of memory the value of a JSON `text` takes, seldom less than it does.

    Read before the value is made: three bytes of text, an empty object and a comma, become seventy of memory.
    """
    return (
        sys.getsizeof(text)
        + 110 * text.count("{")
        + 64 * text.count("[")
        + 32 * text.count(",")
        + 24 * text.count('"')
        + 20 * text.count(":")
    )


def depth(value: Any) -> int:
    """How many arrays and objects stand inside each other."""
    depth = 0
    level = [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth
