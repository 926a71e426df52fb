"""Regular expressions as JSON Schema writes them (ECMA-262, Unicode mode), for Python's `re`.

https://json-schema.org/draft/2020-12/json-schema-core#section-6.4

What the two understand differently is rewritten; what ECMA-262 does not have is refused, and so is what
`re` cannot do: lookbehind of variable width, and `\\p{…}` other than general categories. No pattern is
protected against its own cost. Patterns come from the author of the schema; an author who writes
`(a+)+$` lets every peer stall the server.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import groupby

Ranges = tuple[tuple[int, int], ...]

_DIGIT: Ranges = ((0x30, 0x39),)
_WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE: Ranges = (
    *((0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A)),
    *((0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
)
_SETS = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_CONTROLS = {"f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B}
_CATEGORIES = dict(
    pair.split("=")
    for pair in """
    Letter=L Cased_Letter=LC Uppercase_Letter=Lu Lowercase_Letter=Ll Titlecase_Letter=Lt Modifier_Letter=Lm
    Other_Letter=Lo Mark=M Combining_Mark=M Nonspacing_Mark=Mn Spacing_Mark=Mc Enclosing_Mark=Me Number=N
    Decimal_Number=Nd digit=Nd Letter_Number=Nl Other_Number=No Punctuation=P punct=P
    Connector_Punctuation=Pc Dash_Punctuation=Pd Open_Punctuation=Ps Close_Punctuation=Pe
    Initial_Punctuation=Pi Final_Punctuation=Pf Other_Punctuation=Po Symbol=S Math_Symbol=Sm
    Currency_Symbol=Sc Modifier_Symbol=Sk Other_Symbol=So Separator=Z Space_Separator=Zs Line_Separator=Zl
    Paragraph_Separator=Zp Other=C Control=Cc cntrl=Cc Format=Cf Surrogate=Cs Private_Use=Co Unassigned=Cn
    """.split()  # noqa: SIM905  as a list it would be forty lines
)
# What the parts of a pattern look like; compiled where there is a pattern, for that takes a while.
_QUANTIFIER = r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??"
_GROUP = r"\((?:\?(?:[:=!]|<[=!]|-?i:))?(?!\?)"
_NAMED_GROUP = r"\(\?<([A-Za-z_][A-Za-z0-9_]*)>"
_NAMED_REFERENCE = r"k<([A-Za-z_][A-Za-z0-9_]*)>"
_REFERENCE = r"[1-9][0-9]*"
_PROPERTY = r"[pP]\{(?:(?:General_Category|gc)=)?([A-Za-z0-9_]+)\}"
_CODE_POINT = (
    r"x(?P<two>[0-9A-Fa-f]{2})"
    r"|u(?P<high>[Dd][89ABab][0-9A-Fa-f]{2})\\u(?P<low>[Dd][C-Fc-f][0-9A-Fa-f]{2})"
    r"|u(?P<four>[0-9A-Fa-f]{4})"
    r"|u\{(?P<braced>0*(?:10|[0-9A-Fa-f])?[0-9A-Fa-f]{1,4})\}"
    r"|c(?P<control>[A-Za-z])"
    r"|(?P<nul>0)(?![0-9])"
)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The pattern of `re` that finds what `pattern` finds. Raises `ValueError` with a reason."""
    try:
        return re.compile(_Translation(pattern).whole())
    except re.error as error:
        raise ValueError(error.msg) from None
    except (OverflowError, RecursionError):
        raise ValueError("it is too large") from None


class _Translation:
    """One pattern on its way; `at` is how far it has been read."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def whole(self) -> str:
        return "".join(self._parts())

    def _parts(self) -> Iterable[str]:
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            if char == "\\":
                yield self._escape()
            elif char == "[":
                yield self._class()
            elif char == "(":
                yield self._group()
            elif char == "$":
                self.at += 1
                yield r"\Z"
            elif char == ".":
                self.at += 1
                yield r"[^\n\r\u2028\u2029]"
            elif quantifier := self._take(_QUANTIFIER):
                if self.pattern[self.at : self.at + 1] == "+":
                    raise ValueError(f"there is nothing to repeat at position {self.at}")
                yield quantifier[0]
            else:
                self.at += 1
                yield rf"\{char}" if char in "{}]" else char

    def _take(self, what: str) -> re.Match[str] | None:
        found = re.compile(what).match(self.pattern, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def _group(self) -> str:
        if name := self._take(_NAMED_GROUP):
            return f"(?P<{name[1]}>"
        if group := self._take(_GROUP):
            return group[0]
        raise ValueError(f"ECMA-262 knows no group {self.pattern[self.at : self.at + 3]!r}")

    def _escape(self) -> str:
        self.at += 1
        char = self.pattern[self.at : self.at + 1]
        if char in ("b", "B"):
            self.at += 1
            return rf"(?a:\{char})"
        if number := self._take(_REFERENCE):
            return rf"(?:\{number[0]})"
        if name := self._take(_NAMED_REFERENCE):
            return f"(?P={name[1]})"
        what = self._escaped()
        return re.escape(chr(what)) if isinstance(what, int) else f"[{_written(what)}]"

    def _escaped(self) -> int | Ranges:
        """What follows a backslash, inside a class or outside: a code point, or a set of them."""
        if code := self._take(_CODE_POINT):
            if code["control"]:
                return ord(code["control"]) % 32
            if code["high"]:
                return 0x10000 + ((int(code["high"], 16) - 0xD800) << 10) + int(code["low"], 16) - 0xDC00
            return int(code["two"] or code["four"] or code["braced"] or code["nul"], 16)
        if category := self._take(_PROPERTY):
            ranges = _category(_CATEGORIES.get(category[1], category[1]))
            return _complement(ranges) if category[0].startswith("P") else ranges
        char = self.pattern[self.at : self.at + 1]
        self.at += 1
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char.lower() in _SETS:
            return _complement(_SETS[char.lower()]) if char.isupper() else _SETS[char]
        if not char or char.isalnum():
            raise ValueError(f"ECMA-262 knows no escape '\\{char}'")
        return ord(char)

    def _class(self) -> str:
        opened = self.at
        self.at += 1
        negated = self.pattern.startswith("^", self.at)
        self.at += negated
        ranges: list[tuple[int, int]] = []
        while not self.pattern.startswith("]", self.at):
            first = self._member(opened)
            if not isinstance(first, int):
                ranges.extend(first)
                continue
            last = first
            if self.pattern.startswith("-", self.at) and not self.pattern.startswith("-]", self.at):
                self.at += 1
                end = self._member(opened)
                last = end if isinstance(end, int) else -1
            if last < first:
                raise ValueError(f"a range has no end after its start at position {self.at}")
            ranges.append((first, last))
        self.at += 1
        if not ranges:
            return r"[\s\S]" if negated else "(?!)"
        return f"[{'^' if negated else ''}{_written(ranges)}]"

    def _member(self, opened: int) -> int | Ranges:
        if self.at >= len(self.pattern):
            raise ValueError(f"the class that starts at position {opened} does not end")
        char = self.pattern[self.at]
        self.at += 1
        if char != "\\":
            return ord(char)
        if self.pattern.startswith("b", self.at):
            self.at += 1
            return 0x08
        return self._escaped()


def _written(ranges: Iterable[tuple[int, int]]) -> str:
    """Ranges of code points as the inside of a class."""
    return "".join(
        re.escape(chr(first)) if first == last else f"{re.escape(chr(first))}-{re.escape(chr(last))}"
        for first, last in ranges
    )


def _complement(ranges: Ranges) -> Ranges:
    """The code points outside of `ranges`, which are in order."""
    firsts = [0, *(last + 1 for _, last in ranges)]
    lasts = [*(first - 1 for first, _ in ranges), sys.maxunicode]
    return tuple((first, last) for first, last in zip(firsts, lasts, strict=True) if first <= last)


@cache
def _category(name: str) -> Ranges:
    """The code points of a general category of Unicode, such as "Lu", or "L" for all letters."""
    names = ("Lu", "Ll", "Lt") if name == "LC" else (name,)
    ranges = tuple((first, last) for first, last, category in _categories() if category.startswith(names))
    if not ranges:
        raise ValueError(
            f"'\\p{{{name}}}' is not a general category of Unicode, and others are not supported"
        )
    return ranges


@cache
def _categories() -> list[tuple[int, int, str]]:
    """All code points as runs of one category: the first, the last, the category. It takes a while."""
    runs: list[tuple[int, int, str]] = []
    first = 0
    for category, run in groupby(map(unicodedata.category, map(chr, range(sys.maxunicode + 1)))):
        length = len(list(run))
        runs.append((first, first + length - 1, category))
        first += length
    return runs
