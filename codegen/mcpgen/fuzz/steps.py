"""One step of a session before it has an id: what hypothesis draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from mcpgen.fuzz.script import Claim, Refers

#: What a step does to the state of the session, where it does anything.
Does: TypeAlias = Literal["", "cancel", "subscribe", "unsubscribe"]


@dataclass(frozen=True, slots=True)
class Step:
    """A message to be: as a line has it, `notifies` for one that asks nothing, `naked` without an envelope,
    `reports` if it asks for progress. `raw` is a whole message that is none, or a frame without an object.
    """

    method: str = ""
    params: Mapping[str, Any] | None = None
    claim: Claim = "valid"
    waits: bool = True
    notifies: bool = False
    naked: bool = False
    does: Does = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    refers: Refers = ""
    slow: bool = False
    reports: bool = False
    raw: Mapping[str, Any] | str | None = None
