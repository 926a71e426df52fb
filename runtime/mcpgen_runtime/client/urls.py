"""URLs as they may be shown."""

from __future__ import annotations

import re

_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)?[^/?#]*@")
# Parameters that servers take keys by, for want of a header.
_SECRET = re.compile(
    r"([?&;][^=&;#]*(?:key|token|secret|passw|auth|cred|sig)[^=&;#]*=)[^&;#]+", re.IGNORECASE
)


def shown(url: str) -> str:
    """`url` without the name and password that may stand in it, and without keys in its query."""
    return _SECRET.sub(r"\1***", _USER.sub(r"\1", url))
