"""What is a URI, and what one means that is relative to another.

`urllib` would do, but costs a server's start 3 ms.
https://www.rfc-editor.org/rfc/rfc3986 (sections 3.1 and 5.2)
"""

from __future__ import annotations

import re

#: What no URI holds as it is (RFC 3986), whatever its scheme.
_NOT_IN_URIS = frozenset([*map(chr, range(0x21)), *'<>"{}|\\^`\x7f'])
_PARTS = r"(?s:(?:([A-Za-z][A-Za-z0-9+.-]*):)?(//[^/?]*)?([^?]*)(\?.*)?)"


def is_uri(text: str) -> bool:
    """Whether `text` can be a URI: it has a scheme and a rest, without spaces and the like (RFC 3986)."""
    rest = text.partition(":")[2]
    return bool(rest) and begins_with_scheme(text) and _NOT_IN_URIS.isdisjoint(rest)


def begins_with_scheme(text: str) -> bool:
    """Whether `text` begins with the scheme of a URI and its colon (RFC 3986, 3.1)."""
    scheme, colon, _ = text.partition(":")
    letters = scheme.translate({ord(sign): None for sign in "+-."})
    return bool(colon) and scheme.isascii() and scheme[:1].isalpha() and letters.isalnum()


def join(base: str, reference: str) -> str:
    """The URI that `reference` means inside of `base`. Neither has a fragment."""
    scheme, authority, path, query = _split(reference)
    base_scheme, base_authority, base_path, base_query = _split(base)
    if scheme:
        path = _without_dots(path)
    else:
        scheme = base_scheme
        if authority:
            path = _without_dots(path)
        else:
            authority = base_authority
            if not path:
                path, query = base_path, query or base_query
            elif path.startswith("/"):
                path = _without_dots(path)
            else:
                before = base_path.rpartition("/")[0] + "/" if "/" in base_path or authority else ""
                path = _without_dots(before + path)
    return f"{scheme}:{authority}{path}{query}" if scheme else f"{authority}{path}{query}"


def _split(uri: str) -> tuple[str, str, str, str]:
    found = re.fullmatch(_PARTS, uri)
    assert found is not None, uri
    scheme, authority, path, query = (part or "" for part in found.groups())
    return scheme, authority, path, query


def _without_dots(path: str) -> str:
    """`path` with its `.` and `..` resolved."""
    kept: list[str] = []
    steps = path.split("/")
    for step in steps:
        if step == "..":
            if len(kept) > 1 or (kept and kept[0]):
                kept.pop()
        elif step != ".":
            kept.append(step)
    if steps[-1] in (".", "..") and path.startswith("/"):
        kept.append("")
    return "/".join(kept)
