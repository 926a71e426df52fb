"""The endpoint that the user names, and what their environment makes of it."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from mcpgen.errors import TargetUnreachable, UsageError
from mcpgen_runtime.client.urls import shown

_KINDS = {"http": "an http", "ws": "a ws"}
_PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def check_url(url: str, *, option: str = "--url", schemes: tuple[str, ...] = ("http", "https")) -> None:
    """Raises `UsageError` where `url` is not one of these schemes that can be connected to."""
    import httpx  # which a server that is started has no use for

    form = f"the form is {option} {schemes[0]}://HOST:PORT/PATH"
    try:
        # httpx takes an open bracket for a host.
        urlsplit(url)
        parsed = httpx.URL(url)
        scheme, host, port = parsed.scheme, parsed.host, parsed.port
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        # Among the ValueErrors: a host that is no valid internationalised name.
        raise UsageError(f"{shown(url)!r} is not a URL: {error}", hint=form) from None
    if scheme not in schemes or not host:
        hint = _corrected(url, option, schemes[0]) or form
        raise UsageError(f"{shown(url)!r} is not {_KINDS[schemes[0]]} URL", hint=hint)
    if port is not None and not 0 < port < 65536:
        raise UsageError(f"{shown(url)!r} is not a URL: there is no port {port}", hint=form)


def _corrected(url: str, option: str, scheme: str) -> str | None:
    """A hint with `url` as it was likely meant, where it looks like a host and a path."""
    rest = shown(url).rpartition("://")[2].lstrip("/")
    host = rest.partition("/")[0]
    if "." in host or ":" in host or host == "localhost":
        return f"try {option} {scheme}://{rest}"
    return None


def hindered(error: Exception) -> TargetUnreachable:
    """The error for an environment in which no HTTP client can be made, which `error` says."""
    variables = _CERTIFICATES if isinstance(error, OSError) else _PROXIES
    found = [name for known in variables for name in (known, known.lower()) if os.environ.get(name)]
    named = " or ".join(found) or "the environment"
    return TargetUnreachable(
        f"no HTTP client can be made with {named} as it is: {error}",
        hint=f"correct {named} or unset it; a proxy must be one of HTTP"
        if variables is _PROXIES
        else f"correct {named} or unset it",
    )
