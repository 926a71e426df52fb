"""What makes a protected server of the conforming one: a token is wanted, and metadata says from whom."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: The token that is valid, in the form of a JWT.
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtY3BnZW4ifQ.c2lnbmVkLWJ5LW1jcGdlbg"
#: One that is valid for another server.
FOREIGN_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJvdGhlciJ9.c2lnbmVkLWJ5LXRoZS1zYW1l"
#: One of another user's.
OTHER_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJvdGhlciJ9.c2lnbmVkLWJ5LW1jcGdlbg"
WELL_KNOWN = "/.well-known/oauth-protected-resource"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: for which method, with which token, in a session or without one."""

    method: str | None
    token: str | None
    in_session: bool


def knows(caller: Caller) -> bool:
    """Whether the caller has the valid token."""
    return caller.token == TOKEN


def points(metadata: str) -> list[str]:
    """A challenge that says where the metadata is, and which scope is needed."""
    return [f'Bearer resource_metadata="{metadata}", scope="notes:read"']


def tells(resource: str) -> dict[str, Any] | None:
    """Metadata as it should be."""
    return {
        "resource": resource,
        "authorization_servers": ["https://auth.example.com"],
        "scopes_supported": ["notes:read", "notes:write"],
    }


@dataclass(frozen=True, slots=True)
class Guard:
    """Who is let in, and what the others are told; as it should be, except for what is given otherwise.

    Where the metadata is `apart`, it is at no well-known address.
    """

    lets_in: Callable[[Caller], bool] = knows
    status: int = 401
    challenge: Callable[[str], list[str]] = points
    metadata: Callable[[str], dict[str, Any] | None] = tells
    apart: bool = False

    def refuses(
        self, path: str, headers: Mapping[str, str], asked: Any
    ) -> tuple[int, list[tuple[str, str]], Any] | None:
        """The status, headers and body with which a request to the server at `path` is refused, if it is."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        method = asked.get("method") if isinstance(asked, dict) else None
        known = token if scheme.lower() == "bearer" else None
        if self.lets_in(Caller(method, known, "mcp-session-id" in headers)):
            return None
        where = path.removesuffix("/mcp") + "/about" if self.apart else WELL_KNOWN + path
        wanted = self.challenge(f"http://{headers['host']}{where}")
        return self.status, [("www-authenticate", one) for one in wanted], {"error": "invalid_token"}

    def document(self, path: str, host: str) -> bytes | None:
        """The metadata that is at `path`, if it is there."""
        own = path.removesuffix("/about") + "/mcp" if self.apart else path.removeprefix(WELL_KNOWN)
        if own == path or path.startswith(WELL_KNOWN) is self.apart:
            return None
        metadata = self.metadata(f"http://{host}{own}")
        return None if metadata is None else json.dumps(metadata).encode()
