"""What of an HTTP head goes into a record: what the protocol and HTTP need, and of the rest only its name.

A list of what is secret is never complete, so it is a list of what is not. A session's id is as good as a key
while the session lasts, and yet rules compare it: it is replaced, the same by the same.
"""

from __future__ import annotations

import re

from mcpgen.tap.http_messages import Head

MASK = "***"
_OPEN = frozenset(
    {
        "accept", "accept-charset", "accept-encoding", "accept-language", "allow", "cache-control",
        "connection", "content-encoding", "content-length", "content-type", "date", "expect", "host",
        "keep-alive", "last-event-id", "mcp-method", "mcp-name", "mcp-protocol-version", "origin", "pragma",
        "retry-after", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "server", "te",
        "transfer-encoding", "upgrade", "user-agent", "vary",
    }
)  # fmt: skip
_MIRRORED = "mcp-param-"
_SESSION = "mcp-session-id"
_SCHEME = re.compile(r"(Basic|Bearer|Digest|DPoP|Negotiate) ", re.IGNORECASE)
_INVISIBLE = re.compile(r"[^\x21-\x7e]+")


class Masks:
    """The stand-ins of one conversation."""

    def __init__(self) -> None:
        self._sessions: dict[str, str] = {}

    def headers(self, head: Head) -> dict[str, str]:
        """The headers of a request, as they may be kept; of one that stands several times, one line."""
        shown: dict[str, str] = {}
        for name, _ in head.headers:
            value = head.joined(name)
            if name == _SESSION:
                shown[name] = self.session(value)
            elif name in _OPEN or name.startswith(_MIRRORED):
                shown[name] = value
            else:
                scheme = _SCHEME.match(value)
                shown[name] = (scheme[0] if scheme else "") + MASK
        return shown

    def session(self, value: str) -> str:
        """What stands for a session's id. What should not be in one is kept: a rule asks for it."""
        if not value:
            return value
        number = len(self._sessions) + 1
        wrong = "".join(_INVISIBLE.findall(value))
        return self._sessions.setdefault(value, f"session-{number}{wrong}")
