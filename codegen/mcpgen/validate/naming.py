"""Names that give secrets away. A guess by its nature: who goes by it only warns, and quotes the name."""

from __future__ import annotations

import re

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
    """Whether a name, split at its case and separators, ends as that of a password, a key or the like.

    A `password_hint` or a `credential_type` is none.
    """
    words = tuple(word.lower() for word in _WORDS.findall(name))
    return words[-1:] != () and (words[-1] in _ALONE or words[-2:] in _TOGETHER)
