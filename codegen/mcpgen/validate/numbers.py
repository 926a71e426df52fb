"""Which JSON values are numbers: in Python a boolean is one, and 1e400 becomes infinity."""

from __future__ import annotations

import math
from typing import Any


def is_number(value: Any) -> bool:
    """Whether a JSON value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_integer(value: Any) -> bool:
    """Whether a JSON value is a number without a fraction; 5.0 is one."""
    return is_number(value) and (isinstance(value, int) or value.is_integer())
