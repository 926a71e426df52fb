"""Versions of packages: which follow which, and which one a change asks for.

https://semver.org, with the leftmost number that is not zero as the one that a breaking change counts up.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

_VERSION = re.compile(
    r"(?P<major>\d+)\.(?P<minor>\d+)\.(?P<patch>\d+)(?:-(?P<early>[0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
)


class Level(IntEnum):
    """How much a change means to who used what was there before."""

    NOTE = 0
    ADDITION = 1
    BREAKING = 2


class Version(NamedTuple):
    """A version. `early` is what a pre-release says of itself; it goes before its release."""

    major: int
    minor: int
    patch: int
    early: str = ""

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}" + (f"-{self.early}" if self.early else "")

    @property
    def track(self) -> str:
        """What hosts link by: all versions with the same can stand for each other."""
        if self.early:
            return str(self)
        if self.major:
            return str(self.major)
        return f"0.{self.minor}" if self.minor else f"0.0.{self.patch}"

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts as versions do."""
        parts = tuple(
            (0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.early.split(".")
        )
        return (self.major, self.minor, self.patch, not self.early, parts)


def parse_version(text: str) -> Version:
    """The version that `text` is, which wasm-tools has accepted as one."""
    found = _VERSION.fullmatch(text)
    assert found is not None, text
    return Version(int(found["major"]), int(found["minor"]), int(found["patch"]), found["early"] or "")


def due(old: Version, level: Level | None) -> Version:
    """The least version that has to follow `old` after changes up to `level`; None stands for no change."""
    if level is None:
        return old
    if old.early:  # it promised nothing yet
        return Version(old.major, old.minor, old.patch)
    if level is Level.BREAKING:
        if old.major:
            return Version(old.major + 1, 0, 0)
        return Version(0, old.minor + 1, 0) if old.minor else Version(0, 0, old.patch + 1)
    if level is Level.ADDITION and old.major:
        return Version(old.major, old.minor + 1, 0)
    return Version(old.major, old.minor, old.patch + 1)


def is_enough(new: Version, old: Version, level: Level | None) -> bool:
    """Whether `new` may follow `old` after changes up to `level`."""
    if level is None:
        return new.order >= old.order
    if old.early:
        return new.order > old.order
    asked = due(old, level)
    # A pre-release of what is due announces it.
    return new.order >= asked.order or (new.early != "" and new[:3] == asked[:3])
