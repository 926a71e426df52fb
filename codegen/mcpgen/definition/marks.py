"""Where in a text each value stands, so that a finding can name line and column."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

#: How deep arrays and objects may nest. Python's own parser, which reads what is generated, takes 200.
MAX_DEPTH = 100

#: How many values a file may hold. Reading and judging each takes time and some hundred bytes.
MAX_VALUES = 500_000

_LINE_END = re.compile(r"\r\n|\n|\r")


class Member(NamedTuple):
    """One member of an object: where its key begins, and the mark of its value."""

    key_at: int
    mark: Mark


class Mark(NamedTuple):
    """Where a value begins, counted in characters from 0, and the marks of what is inside of it."""

    at: int
    inside: dict[str, Member] | list[Mark] | None = None


#: A value as `json.loads` gives it, and its mark.
Marked: TypeAlias = tuple[Any, Mark]


class Unreadable(ValueError):
    """A text that cannot be read: at which character, what is wrong, and what to do."""

    def __init__(self, at: int, what: str, hint: str) -> None:
        super().__init__(at, what, hint)
        self.at = at
        self.what = what
        self.hint = hint


def duplicate_key(at: int, key: str) -> Unreadable:
    """The error for a key that an object has twice, of which every reader takes another one."""
    return Unreadable(at, f"the key {key!r} is in this object already", "delete one of the two")


def too_deep(at: int) -> Unreadable:
    """The error for a value that nests deeper than `MAX_DEPTH`."""
    return Unreadable(
        at, f"arrays and objects nest deeper than {MAX_DEPTH}", "put parts of the schema under $defs"
    )


def too_many(at: int) -> Unreadable:
    """The error for the first value beyond `MAX_VALUES`."""
    return Unreadable(
        at,
        f"the file holds more than {MAX_VALUES:,} values",
        "a definition describes a server and holds no data: is it the right file?",
    )


class Lines:
    """The lines of a text, to say where a character of it is."""

    def __init__(self, text: str) -> None:
        # Four bytes a line, for a file may be nothing but line ends.
        self._starts = array("I", [0])
        self._starts.extend(end.end() for end in _LINE_END.finditer(text))

    def place(self, at: int) -> tuple[int, int]:
        """Line and column, both from 1, of the character `at`."""
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1


def find(mark: Mark, steps: Sequence[str], *, key: bool = False) -> int:
    """Where the value at `steps` begins, or its key; for what is not there, the nearest around it."""
    at = mark.at
    for step in steps:
        inside = mark.inside
        if isinstance(inside, dict) and step in inside:
            member = inside[step]
            mark = member.mark
            at = member.key_at if key else mark.at
        elif isinstance(inside, list) and step.isdecimal() and int(step) < len(inside):
            mark = inside[int(step)]
            at = mark.at
        else:
            return mark.at
    return at
