"""The keys of `_meta` that belong to distributed tracing: W3C Trace Context and W3C Baggage.

Page: 2026-07-28 basic, `_meta`.
"""

from __future__ import annotations

import re
from typing import Any

TRACE_KEYS = frozenset({"traceparent", "tracestate", "baggage"})
_PARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?", re.ASCII
)
_MEMBER = re.compile(r"\s*[^\s=,;]+\s*=[^,]*")


def is_trace(key: str, value: Any) -> bool:
    """Whether `value` is what `key`, one of `TRACE_KEYS`, may have. Lists are judged by their shape alone."""
    if not isinstance(value, str):
        return False
    if key == "traceparent":
        return _PARENT.fullmatch(value) is not None
    return all(not member.strip() or _MEMBER.fullmatch(member) is not None for member in value.split(","))
