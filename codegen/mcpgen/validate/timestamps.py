"""Dates with times of ISO 8601, in any of its forms: RFC 3339 is but one of them."""

from __future__ import annotations

import re

_DATE = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])|\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_WEEK_OR_DAY = r"\d{4}-?W(?:0[1-9]|[1-4]\d|5[0-3])-?[1-7]|\d{4}-?(?:[0-2]\d\d|3[0-6]\d)"
_TIME = r"(?:[01]\d|2[0-4])(?::?[0-5]\d(?::?(?:[0-5]\d|60))?)?(?:[.,]\d+)?"
_OFFSET = r"[Zz]|[+\u2212-](?:[01]\d|2[0-3])(?::?[0-5]\d)?"
_TIMESTAMP = re.compile(rf"(?:{_DATE}|{_WEEK_OR_DAY})[Tt ](?:{_TIME})(?:{_OFFSET})?", re.ASCII)


def is_timestamp(text: str) -> bool:
    """Whether a text is a date and a time of ISO 8601; it need not say of which zone."""
    return _TIMESTAMP.fullmatch(text) is not None
