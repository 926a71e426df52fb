"""What Python asks its operating system for, where there is none.

A component is built with every system call a trap: a call of `time.time()` would end the instance. So what
the standard library and handlers commonly use is replaced, from the first line of the component on: clocks,
randomness, standard output and standard error. Nothing is ever read: standard input is at its end.
"""

from __future__ import annotations

import io
import os
import random
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Protocol


class Surroundings(Protocol):
    """What a host gives a component."""

    def now(self) -> float:
        """Seconds on a clock that never runs backwards."""

    def time(self) -> float:
        """Seconds since 1970."""

    def random(self, size: int) -> bytes:
        """Random bytes that nobody can foretell. Raises `NotImplementedError` where there are none."""

    def write(self, text: str) -> None:
        """What was printed, to standard output or standard error."""


def install(surroundings: Surroundings) -> None:
    """Have Python use `surroundings`, once and for all."""
    replaced: dict[str, Callable[..., Any]] = {
        "time": surroundings.time,
        "time_ns": lambda: round(surroundings.time() * 1e9),
        "monotonic": surroundings.now,
        "monotonic_ns": lambda: round(surroundings.now() * 1e9),
        "perf_counter": surroundings.now,
        "perf_counter_ns": lambda: round(surroundings.now() * 1e9),
        "process_time": surroundings.now,
        "get_clock_info": lambda name: SimpleNamespace(
            implementation="host", monotonic=name != "time", adjustable=name == "time", resolution=1e-6
        ),
    }
    for name, function in replaced.items():
        setattr(time, name, function)
    os.urandom = surroundings.random
    random._urandom = surroundings.random  # type: ignore[attr-defined]
    printed = _Printed(surroundings.write)
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = printed  # type: ignore
    sys.stdin = sys.__stdin__ = io.StringIO()  # type: ignore


class _Printed(io.TextIOBase):
    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._write(text)
        return len(text)
