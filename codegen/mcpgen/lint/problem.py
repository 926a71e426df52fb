"""One thing that is wrong in a room."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: in which file of the room, what, and how to mend it.

    `file` ends with the line and the column where they are known.
    """

    file: str
    message: str
    hint: str
