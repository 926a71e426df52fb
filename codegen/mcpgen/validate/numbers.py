"""Which JSON values are numbers: in Python a boolean is one, and 1e400 becomes infinity."""

from __future__ import annotations

import math
from typing import Any


def is_number(value: Any) -> bool:
    """Whether a JSON value is a finite number."""
    return _is_int(value) or (isinstance(value, float) and math.isfinite(value))


def is_integer(value: Any) -> bool:
    """Whether a JSON value is a number without a fraction; 5.0 is one."""
    return _is_int(value) or (isinstance(value, float) and value.is_integer())


def finite(value: Any) -> Any:
    """A JSON value in which numbers beyond the range of a float, which JSON cannot write, are strings."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _is_int(value: Any) -> bool:
    # Of any size: an integer with 400 digits is one too, though no float holds it.
    return isinstance(value, int) and not isinstance(value, bool)
