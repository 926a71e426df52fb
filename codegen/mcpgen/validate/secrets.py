"""What a user gave in confidence, kept out of every report.

Headers and the environment are no part of what a target is described as. But a server may print them, on
its standard error or in a result, and a command line may hold a token: what is known to be a secret is
masked wherever it turns up.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from mcpgen.validate.client import REVISIONS

T = TypeVar("T")

MASK = "***"
# A shorter value is no secret, and may well stand in a text by itself.
_SHORTEST = 6
# Fields of a report that hold no word of the server's or the user's: a rule by another name would be none.
_OWN = {
    *("rule", "rules", "revision", "level", "verdict", "spec", "era", "side", "fail_on"),
    *("probe", "asks", "outcome", "code"),
}
# What a finding quotes is cut far below that; longer texts are as they came.
_LONGEST_CUT = 10_000
_TELLING = re.compile(r"key|token|secret|passw|pwd|auth|cred|cookie|session|dsn|private|sig", re.IGNORECASE)
# An option that takes a secret, with the secret or before it; and a header among a command's words.
_OPTION = re.compile(
    r"--?(?:[\w-]*[-_])?(?:key|token|secret|password|passwd|pwd|auth|bearer|credentials?|dsn)(?:=(.*))?",
    re.IGNORECASE | re.DOTALL,
)
_HEADER = re.compile(r"[\w-]+: ?(.*)", re.DOTALL)
# A JWT: what it says, and a signature. The first part is the same for everybody.
_JWT = re.compile(r"(eyJ[\w-]*)\.([\w-]*)\.([\w-]*)")
# Headers that say nothing which anybody would hide.
_OPEN = {
    "accept",
    "accept-language",
    "accept-encoding",
    "content-type",
    "user-agent",
    "origin",
    "host",
    "cache-control",
}
# What looks like a token whatever it is called: long, without blanks and slashes, letters and digits mixed.
_TOKEN = re.compile(r"(?=[^\s]*[A-Za-z])(?=[^\s]*\d)[A-Za-z0-9_\-+=.:~]{16,}")


def is_telling(name: str) -> bool:
    """Whether a variable, a parameter or an option of that name is likely to hold a secret."""
    return _TELLING.search(name) is not None


def secrets_in(
    *,
    command: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    url: str | None = None,
    others: Iterable[str] = (),
) -> frozenset[str]:
    """The texts that no report may hold, of a target's command, headers, variables and URL, and `others`."""
    found = set(others) | _of_command(command)
    for name, value in (headers or {}).items():
        if name.lower() in _OPEN or name.lower().startswith("mcp-protocol"):
            continue
        found.add(value)
        # "Bearer abc": the part after the scheme alone is the secret, and "Basic" is a name and a password.
        scheme, _, credentials = value.partition(" ")
        found.add(credentials.strip())
        if scheme.lower() == "basic":
            found |= _basic(credentials.strip())
    for name, value in (environment or {}).items():
        if is_telling(name) or _TOKEN.fullmatch(value):
            found.add(value)
    if url is not None:
        found |= _of_url(url)
    # It is sent with another signature, too, and a server may tell of single parts.
    for jwt in [match for secret in found if (match := _JWT.fullmatch(secret))]:
        found |= {f"{jwt[1]}.{jwt[2]}", jwt[2], jwt[3]}
    # What everybody may say is none.
    return frozenset(secret for secret in found - set(REVISIONS) if len(secret) >= _SHORTEST)


def masked(value: T, secrets: frozenset[str]) -> T:
    """`value` with `MASK` for every secret in any text of it: of dataclasses, containers and strings.

    Of a report, the rules, revisions and pages stay as they are, whatever the user gave in confidence.
    """
    if not secrets:
        return value
    # The longest first: one may be a part of another.
    ordered = sorted(secrets, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, ordered)))

    def of_text(text: str) -> str:
        return _without_ends(pattern.sub(MASK, text), ordered)

    result: T = _masked(value, of_text)
    return result


def _masked(value: Any, of_text: Callable[[str], str]) -> Any:
    match value:
        case str():
            return of_text(value)
        case dict():
            return {_masked(key, of_text): _masked(item, of_text) for key, item in value.items()}
        case list():
            return [_masked(item, of_text) for item in value]
        case tuple():
            return tuple(_masked(item, of_text) for item in value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return replace(
                value,
                **{
                    one.name: _masked(getattr(value, one.name), of_text)
                    for one in fields(value)
                    if one.init and one.name not in _OWN
                },
            )
        case _:
            return value


def _without_ends(text: str, secrets: Sequence[str]) -> str:
    """`text` with `MASK` for what is left of a secret cut where the text was, as an ellipsis tells."""
    if len(text) > _LONGEST_CUT or "…" not in text:
        return text
    for secret in secrets:
        for length in range(min(len(secret), len(text)) - 1, _SHORTEST - 1, -1):
            text = text.replace(f"{secret[:length]}…", f"{MASK}…").replace(f"…{secret[-length:]}", f"…{MASK}")
    return text


def _of_command(words: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for word, following in zip(words, [*words[1:], ""][: len(words)], strict=True):
        option, header = _OPTION.fullmatch(word), _HEADER.fullmatch(word)
        if option is not None:
            found.add(following if option[1] is None else option[1])
        elif header is not None and is_telling(word.partition(":")[0]):
            found |= {header[1], header[1].partition(" ")[2].strip()}
    return {secret for secret in found if not secret.startswith("-")}


def _basic(credentials: str) -> set[str]:
    try:
        return {base64.b64decode(credentials, validate=True).decode().partition(":")[2]}
    except ValueError:
        return set()


def _of_url(url: str) -> set[str]:
    try:
        password = urlsplit(url).password
    except ValueError:
        return set()
    found = {password, unquote(password)} if password else set()
    for name, _, value in (pair.partition("=") for pair in re.split("[&;]", urlsplit(url).query)):
        if is_telling(name):
            found |= {value, unquote(value)}
    return found
