"""URI templates (RFC 6570, level 4), in both directions.

https://www.rfc-editor.org/rfc/rfc6570

The RFC tells how values become a URI. The way back is ambiguous (`{a}{b}`), and not every URI that should
match was made from the template. These rules decide:

- A variable is a string, decoded. An exploded one (`{list*}`) is a list of strings, or an object of strings
  where every item is written `key=value`.
- `{var}` takes one segment of a path: no `/`, `?` or `#`, which in an expansion are `%2F`, `%3F` and `%23`.
  `{+var}` and `{#var}` take any character of a URI.
- `{var}` and `{+var}` take a character at least. Expressions with another operator may be missing, and so
  are their variables then; but where they can be there, they are.
- Earlier expressions take as much as they can.
- Parameters, as of `{?x,y}`, come in any order; one that the template does not name is no match.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .expanding import expand
from .matching import Match, Matcher
from .syntax import Literal, UriTemplateError, parse

__all__ = ["Match", "UriTemplate", "UriTemplateError"]


class UriTemplate:
    """The template `text`. `variables` are the names in it, in order.

    Raises `UriTemplateError` where the text is no template.
    """

    __slots__ = ("_matcher", "_parts", "text", "variables")

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts = tuple(parse(text))
        self._matcher = Matcher(self._parts)
        expressions = (part for part in self._parts if not isinstance(part, Literal))
        names = (variable.name for expression in expressions for variable in expression.variables)
        self.variables: tuple[str, ...] = tuple(dict.fromkeys(names))

    def __repr__(self) -> str:
        return f"UriTemplate({self.text!r})"

    def expand(self, values: Mapping[str, Any]) -> str:
        """The URI for these values: strings, numbers, lists of them, objects of them.

        A variable without a value, with None, or with an empty list or object is left out. Raises
        `ValueError` for a list or an object where the template takes the first characters of a string, and
        `TypeError` for other values.
        """
        return "".join([expand(part, values) for part in self._parts])

    def match(self, uri: str) -> Match | None:
        """The values with which the template leads to `uri`, or None where there are none.

        They are decoded, so `{var}` too may hold any character: check before you make a path of it. The time
        this takes grows with the length of the URI, whatever the URI is.
        """
        return self._matcher.match(uri)
