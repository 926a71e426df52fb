"""JSON as editors keep it: with comments, and commas before a closing bracket.

Both become blanks, so that everything else stays where it was and an error names the place in the file.
"""

from __future__ import annotations

import re

from mcpgen.definition.json_reader import read_json
from mcpgen.definition.marks import Marked, Unreadable

# Possessive groups are broken in Python 3.11.2.
_STRING = r'"[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*"'
_COMMENT = re.compile(rf"{_STRING}|(//[^\r\n]*+|/\*[\s\S]*?\*/)|(/\*)")
_LAST_COMMA = re.compile(rf"{_STRING}|(,)(?=\s*+[}}\]])")
_NO_LINE_END = re.compile(r"[^\r\n]")


def read_commented_json(text: str) -> Marked:
    """The value of `text`, and where everything in it stands. Raises `Unreadable`."""
    return read_json(_LAST_COMMA.sub(_blank, _COMMENT.sub(_blank, text)))


def _blank(found: re.Match[str]) -> str:
    if found.re is _COMMENT and found[2] is not None:
        raise Unreadable(found.start(), "this comment has no end", "end it with */")
    return found[0] if found[1] is None else _NO_LINE_END.sub(" ", found[0])
