"""What a component says, for a log or a terminal: it steers neither, and looks like no line of ours."""

from __future__ import annotations

_TAB = "\t"
_INDENT = "\n    "


def shown(text: str) -> str:
    """`text`, its first line as it is, all others indented: a function's name may have a line break in it."""
    return _INDENT.join(map(shown_line, text.splitlines()))


def shown_line(line: str) -> str:
    """`line`, without what is not for reading: escape sequences are for terminals, not ours to pass on."""
    if line.isprintable():
        return line
    return "".join(
        each if each.isprintable() or each == _TAB else "\N{REPLACEMENT CHARACTER}" for each in line
    )
