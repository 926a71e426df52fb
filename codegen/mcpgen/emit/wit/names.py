"""From the protocol's names to WIT's: kebab-case, none twice, keywords marked by who writes them.

https://component-model.bytecodealliance.org/design/wit.html
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable

from mcpgen.ir.naming import words

#: Words that mean something in WIT: as names they are written with `%` in front.
_KEYWORDS = frozenset(
    {
        *("as", "async", "bool", "borrow", "char", "constructor", "enum", "error-context", "export"),
        *("f32", "f64", "flags", "from", "func", "future", "import", "include", "interface", "list", "map"),
        *("option", "own", "package", "record", "resource", "result", "s16", "s32", "s64", "s8", "static"),
        *("stream", "string", "tuple", "type", "u16", "u32", "u64", "u8", "use", "variant", "with"),
        "world",
    }
)


class KebabNames:
    """Names for one scope of WIT, of which none is given twice."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def give(self, name: str) -> str:
        """`name` in kebab-case, with 2, 3… behind it where that was given already."""
        wished = kebab(name)
        given, number = wished, 1
        while given in self._taken:
            number += 1
            given = f"{wished}{number}"
        self._taken.add(given)
        return given


def kebab(name: str) -> str:
    """The words of `name`, joined by hyphens: `inputSchema` gives `input-schema`, `sha256` itself.

    A word of WIT begins with a letter, so digits stay with the word before them, or get one.
    """
    joined: list[str] = []
    for word in words(name):
        if joined and word[0].isdigit():
            joined[-1] += word
        else:
            joined.append(word.lower() if not word[0].isdigit() else f"n{word}")
    return "-".join(joined) or "field"


def written(name: str) -> str:
    """`name` as WIT has to spell it."""
    return f"%{name}" if name in _KEYWORDS else name


def class_name(name: str) -> str:
    """What componentize-py calls the class of the type `name`, or the last part of that of a case."""
    camel = "".join(word[:1].upper() + word[1:] for word in name.split("-"))
    return f"{camel}_" if keyword.iskeyword(camel) else camel


def attribute_name(name: str) -> str:
    """What componentize-py calls a field or a function."""
    snake = name.replace("-", "_")
    return f"{snake}_" if keyword.iskeyword(snake) else snake


def constant_name(name: str) -> str:
    """What componentize-py calls a case of an enum."""
    return name.replace("-", "_").upper()
