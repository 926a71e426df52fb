"""Fuzzing, as the tests do it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from mcpgen.fuzz.run import Options, Outcome, fuzz
from mcpgen.validate.target import Target

PLANTED = Path(__file__).with_name("planted.py")


def planted(fault: str = "") -> Target:
    """The server of `planted.py`, with a fault or without."""
    # Without site: it is started a hundred times.
    return Target(command=(sys.executable, "-S", str(PLANTED), *filter(None, [fault])))


def fuzzed(target: Target, **options: Any) -> tuple[Outcome, list[list[dict[str, Any]]]]:
    """What fuzzing found, and what was said in each session."""
    said: list[list[dict[str, Any]]] = []
    outcome = asyncio.run(
        fuzz(
            target,
            Options(**({"seconds": 120.0, "seed": 1, "timeout": 30.0} | options)),
            announce=lambda _: None,
            tell=lambda _: None,
            watch=lambda spoken: said.append([line.message for line in spoken.lines]),
        )
    )
    return outcome, said
