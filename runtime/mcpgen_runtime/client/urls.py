"""URLs as they may be shown."""

from __future__ import annotations

import re

_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)?[^/?#]*@")


def shown(url: str) -> str:
    """`url` without the name and password that may stand in it."""
    return _USER.sub(r"\1", url)
