"""What one component may use at most."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from math import isfinite

_MOST_INSTANCES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentLimits:
    """The limits of a component. A value that is no positive number raises `ValueError`.

    `call_seconds` is the time that one call may take by the clock, `cpu_seconds` what it may compute;
    a call whose client has cancelled it may go on for `cancel_seconds`.
    """

    max_memory_bytes: int = 256 * 1024 * 1024
    max_instances: int = min(os.cpu_count() or 1, _MOST_INSTANCES)
    cpu_seconds: float = 30
    call_seconds: float = 60
    cancel_seconds: float = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            # ctypes passes what is larger as something else.
            if not (isfinite(value) and 0 < value < 2**63):
                raise ValueError(f"{field.name} must be a positive number, not {value!r}")
