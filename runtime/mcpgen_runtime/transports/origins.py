"""Whom a browser may bring here: the checks of `Origin` and `Host`, the same over HTTP and WebSocket.

A page that a user visits can send requests to any server that the user's machine reaches, also to one on
the machine itself, and by rebinding its name's address even as if they were its own. Browsers cannot
forge these two headers, so they tell.

- `Origin` is absent outside of browsers; that passes. Without `allowed_origins`, pages that come from the
  machine itself pass; with them, those and no others. "*" lets every page in.
- `Host` must be one of `allowed_hosts`, whatever its port. Without them, a server that is bound to the
  machine itself knows only the machine's own names; one that is bound elsewhere cannot know its names.

Spec pages: basic/transports (security warning), 2026-07-28 basic/transports/streamable-http.
"""

from __future__ import annotations

from mcpgen_runtime.transports.config import TransportConfig

_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})


def origin_allowed(origin: str | None, config: TransportConfig) -> bool:
    """Whether a request with this `Origin` header (None: it has none) may be served; 403 where not."""
    if origin is None:
        return True
    origin = origin.lower()
    if config.allowed_origins:
        return "*" in config.allowed_origins or origin in config.allowed_origins
    scheme, _, authority = origin.partition("://")
    return scheme in ("http", "https") and _without_port(authority) in _LOCAL


def host_allowed(host: str | None, config: TransportConfig) -> bool:
    """Whether a request with this `Host` header may be served; 403 where not."""
    name = _without_port((host or "").lower())
    if config.allowed_hosts:
        return "*" in config.allowed_hosts or name in config.allowed_hosts
    return name in _LOCAL or name == config.host.lower() or not _is_local(config.host)


def _without_port(authority: str) -> str:
    name, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        return authority
    return name if port.isdecimal() else authority


def _is_local(host: str) -> bool:
    return host.lower() in ("localhost", "::1", "[::1]") or host.startswith("127.")
