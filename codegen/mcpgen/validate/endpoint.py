"""The HTTP endpoint that the user names, and the client that their environment allows for it."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

import httpx

from mcpgen.errors import TargetUnreachable, UsageError

_CONNECT_SECONDS = 10.0
_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)?[^/?#]*@")
_FORM = "the form is --url http://HOST:PORT/PATH"
_PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def shown(url: str) -> str:
    """`url` as it may be shown: without the name and password that may stand in it."""
    return _USER.sub(r"\1", url)


def check_url(url: str) -> None:
    """Raises `UsageError` where `url` is not one of HTTP that can be connected to."""
    try:
        # httpx takes an open bracket for a host.
        urlsplit(url)
        parsed = httpx.URL(url)
        scheme, host, port = parsed.scheme, parsed.host, parsed.port
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        # Among the ValueErrors: a host that is no valid internationalised name.
        raise UsageError(f"{shown(url)!r} is not a URL: {error}", hint=_FORM) from None
    if scheme not in ("http", "https") or not host:
        raise UsageError(f"{shown(url)!r} is not an http URL", hint=_corrected(url))
    if port is not None and not 0 < port < 65536:
        raise UsageError(f"{shown(url)!r} is not a URL: there is no port {port}", hint=_FORM)


def _corrected(url: str) -> str:
    """A hint with `url` as it was likely meant, where it looks like a host and a path."""
    rest = shown(url).rpartition("://")[2].lstrip("/")
    host = rest.partition("/")[0]
    if "." in host or ":" in host or host == "localhost":
        return f"try --url http://{rest}"
    return _FORM


def new_client() -> httpx.AsyncClient:
    """A client that waits as long as it is told. Raises `TargetUnreachable` where the environment forbids it.

    Every request has a connection of its own: servers that never end a stream would use up a pool, and one
    that closes after a complete reply may do so just when a kept connection is taken up again.
    """
    try:
        return httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )
    except OSError as error:
        raise _hindered(_CERTIFICATES, error) from None
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise _hindered(_PROXIES, error) from None


def _hindered(variables: tuple[str, ...], error: Exception) -> TargetUnreachable:
    found = [name for known in variables for name in (known, known.lower()) if os.environ.get(name)]
    named = " or ".join(found) or "the environment"
    return TargetUnreachable(
        f"no HTTP client can be made with {named} as it is: {error}",
        hint=f"correct {named} or unset it; a proxy must be one of HTTP"
        if variables is _PROXIES
        else f"correct {named} or unset it",
    )
