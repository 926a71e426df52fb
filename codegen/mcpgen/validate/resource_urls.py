"""Where a protected server's metadata is, and whether a URL is its own: RFC 9728, sections 3 and 3.3."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

WELL_KNOWN = "/.well-known/oauth-protected-resource"
_PORTS = {"http": 80, "https": 443}
# Names that mean something on one network only: RFC 6761, RFC 6762, RFC 8375, and what is customary.
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid", ".svc")


def well_known(endpoint: str) -> list[str]:
    """The addresses at which clients look for the metadata of the server at `endpoint`, in their order."""
    url = urlsplit(endpoint)
    root = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{WELL_KNOWN}"
    path = url.path.rstrip("/")
    # Only a slash that is the whole path is taken away, yet most servers make nothing of any.
    return list(dict.fromkeys([root + url.path, root + path, root] if path else [root]))


def absolute(url: object) -> SplitResult | None:
    """`url` in its parts, None where it is no absolute URL of HTTP."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        # Looked at for what it raises.
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in _PORTS and parts.hostname and not set(url) & set(" \t\r\n") else None


def same_origin(one: SplitResult, other: SplitResult) -> bool:
    """Whether both are at one address; all names of this machine are one."""
    return _origin(one) == _origin(other)


def on_loopback(url: SplitResult) -> bool:
    """Whether it is at an address of this machine."""
    host = url.hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(url: SplitResult) -> bool:
    """Whether the host is one that anybody may reach: no address or name of a private network."""
    host = (url.hostname or "").rstrip(".")
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE_NAMES) and ".cluster." not in host


def holds_path(outer: SplitResult, inner: SplitResult) -> bool:
    """Whether the path of `inner` is that of `outer` or lies below it."""
    above = unquote(outer.path).rstrip("/")
    below = unquote(inner.path).rstrip("/")
    return below == above or below.startswith(above + "/")


def _origin(url: SplitResult) -> tuple[str, str, int]:
    host = "localhost" if on_loopback(url) else (url.hostname or "").rstrip(".")
    return url.scheme, host, url.port or _PORTS[url.scheme]
