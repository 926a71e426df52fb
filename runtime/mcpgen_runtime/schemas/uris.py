"""What a URI means that is relative to another. `urllib` would do, but costs a server's start 3 ms.

https://www.rfc-editor.org/rfc/rfc3986#section-5.2
"""

from __future__ import annotations

import re

_PARTS = r"(?s:(?:([A-Za-z][A-Za-z0-9+.-]*):)?(//[^/?]*)?([^?]*)(\?.*)?)"


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
