"""Names that give secrets away. A guess by its nature: who goes by it only warns, and quotes the name."""

from __future__ import annotations

import re
from itertools import pairwise

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ALONE = frozenset(
    {
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "secret",
        "apikey",
        "credential",
        "credentials",
        "cvv",
        "ssn",
    }
)
#: A "token" alone may be one of text, and a "key" one of a table.
_TOGETHER = frozenset(
    {
        ("api", "key"),
        ("private", "key"),
        ("secret", "key"),
        ("access", "key"),
        ("access", "token"),
        ("auth", "token"),
        ("bearer", "token"),
        ("api", "token"),
        ("refresh", "token"),
        ("credit", "card"),
        ("card", "number"),
        ("pass", "word"),
    }
)


def names_a_secret(name: str) -> bool:
    """Whether a name, split at its case and separators, is that of a password, a key or the like."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return any(word in _ALONE for word in words) or any(pair in _TOGETHER for pair in pairwise(words))
