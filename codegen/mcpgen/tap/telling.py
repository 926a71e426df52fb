"""Telling the user something from the process that carries the bytes: never at its cost."""

from __future__ import annotations

import contextlib
import sys

NAME = "mcpgen tap"


def tell(text: str) -> None:
    """Write a line to standard error; nothing happens where that is gone."""
    with contextlib.suppress(OSError, ValueError):
        print(f"{NAME}: {text}", file=sys.stderr, flush=True)
