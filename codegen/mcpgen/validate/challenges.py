"""`WWW-Authenticate`: what a server that refuses says of the credentials it takes.

RFC 9110, section 11.6.1; its parameters for tokens: RFC 6750, section 3, and RFC 9728, section 5.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# What begins after a comma or a blank: a parameter, whose value may lack the quotes that it should have, or
# else a word, the name of a scheme or, behind one, credentials without parameters (token68).
_PARAMETER = re.compile(r'([!#$%&\'*+\-.^_`|~\w]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"=][^\s,"]*))')
_WORD = re.compile(r"[^\s,]+")
_BETWEEN = re.compile(r"[\s,]+")
_ESCAPED = re.compile(r"\\(.)")
#: The schemes whose credentials are OAuth's access tokens: RFC 6750, RFC 9449.
OF_TOKENS = frozenset({"bearer", "dpop"})


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge: its scheme and the names of its parameters are in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def scopes(self) -> list[str]:
        """The scopes that it names."""
        return self.parameters.get("scope", "").split()


def challenges_in(values: Sequence[str]) -> list[Challenge]:
    """The challenges in the values of `WWW-Authenticate`, read as leniently as clients do."""
    found: list[Challenge] = []
    for value in values:
        scheme: str | None = None
        parameters: dict[str, str] = {}
        position = 0
        while position < len(value):
            if between := _BETWEEN.match(value, position):
                position = between.end()
            elif scheme is not None and (parameter := _PARAMETER.match(value, position)):
                name, quoted, bare = parameter.groups()
                text = bare if quoted is None else _ESCAPED.sub(r"\1", quoted)
                parameters.setdefault(name.lower(), text)
                position = parameter.end()
            elif word := _WORD.match(value, position):
                # Directly behind a scheme and without a comma, it is the scheme's token68.
                if scheme is None or parameters or "," in value[:position].rstrip()[-1:]:
                    scheme, parameters = word[0].lower(), {}
                    found.append(Challenge(scheme, parameters))
                position = word.end()
    return found


def of_tokens(values: Sequence[str]) -> Challenge | None:
    """The first challenge that asks for an access token, None where there is none."""
    return next((one for one in challenges_in(values) if one.scheme in OF_TOKENS), None)
