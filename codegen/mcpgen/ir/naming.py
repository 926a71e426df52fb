"""Names: from keys on the wire to identifiers, the same way every time."""

from __future__ import annotations

import builtins
import keyword
import re

#: Attributes that generated classes have for themselves.
RESERVED = frozenset({"extra"})

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def words(name: str) -> list[str]:
    """The words of a key, whatever style it is written in: `_meta`, `inputSchema`, `io.example/fooBar`.

    A namespace before a slash is dropped.
    """
    return _WORD.findall(name.rpartition("/")[2])


def snake_case(name: str) -> str:
    """The attribute for a key: `inputSchema` gives `input_schema`; keywords get a trailing underscore."""
    attribute = "_".join(word.lower() for word in words(name)) or "field"
    if attribute[0].isdigit():
        attribute = f"field_{attribute}"
    return f"{attribute}_" if keyword.iskeyword(attribute) or attribute in RESERVED else attribute


def pascal_case(name: str) -> str:
    """The name's words, each with a capital: `_meta` gives `Meta`, `requestedSchema` `RequestedSchema`."""
    return "".join(word[0].upper() + word[1:] for word in words(name)) or "Field"


def is_type_name(name: str) -> bool:
    """Whether a definition's name can be a Python class as it stands."""
    return name.isidentifier() and not keyword.iskeyword(name) and not hasattr(builtins, name)
