"""What to do about a target that could not be reached, or that would not let mcpgen in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from mcpgen.validate.challenges import OF_TOKENS, challenges_in
from mcpgen_runtime.client.urls import shown

# As our transports and the operating system tell that nobody listens, and that there is no such host.
_NOBODY = ("nothing listens there", "Connect call failed", "Connection refused")
_NO_HOST = ("Name or service not known", "nodename nor servname", "name resolution", "No address associated")
_REDIRECTED = "redirected to "
_ASKS_FOR = "; it asks for "
# As our own transports tell of a status, and as websockets does.
_STATUS = re.compile(r"\bHTTP (?:status )?([1-5]\d\d)\b")
# What h11 says of replies that are no HTTP.
_BROKEN_REPLIES = {
    "Receive buffer too long": "the head or the trailer of its reply is longer than any client reads",
    "without sending complete message body": "it broke off a reply before its announced end: see its log",
    "illegal": "what listens there does not speak HTTP as clients do: is it another server's port?",
}
_SCHEMES = {"--url": "http", "--sse": "http", "--ws": "ws"}


def reach_hint(error: str, *, option: str | None, endpoint: str | None, address: str | None) -> str:
    """What to do about `error`.

    `option` is the one that named the `endpoint`, a URL, where there is one; `address` names any other target
    than a command.
    """
    if endpoint is None or option is None:
        if address is not None:
            return f"check that what listens at {address} is an MCP server"
        return "run the command by hand to see whether it starts"
    status = _STATUS.search(error)
    if _REDIRECTED in error:
        return f"if you trust the address that it names: {option} {error.partition(_REDIRECTED)[2]}"
    if status is not None and status[1] in ("401", "403"):
        if asks_for_password(error):
            return (
                "it asks for a name and a password: --header 'Authorization: Basic …', or both in the URL,"
                f" {option} {endpoint.partition(':')[0]}://NAME:PASSWORD@HOST/…"
            )
        if status[1] == "403" and not _schemes_in(error) & OF_TOKENS:
            return (
                "it asks for nothing that would let you in: see the server's log;"
                " a key goes into --header 'Name: value'"
            )
        return "give what it asks for: --bearer-env NAME with a token in $NAME, or --header 'Name: value'"
    if status is not None and status[1] == "407":
        return "put the proxy's name and password into HTTP_PROXY or HTTPS_PROXY"
    if "CERTIFICATE_VERIFY_FAILED" in error:
        return "if you trust whoever signed its certificate, name their file: SSL_CERT_FILE=ca.pem mcpgen …"
    if "TLS" in error and endpoint.lower().startswith(("https:", "wss:")):
        return f"try {_SCHEMES[option]}:{shown(endpoint).partition(':')[2]}"
    if "Content-Type" in error:
        return (
            "a server answers a POST with application/json or text/event-stream and says so;"
            " if it is right, check that the URL is the MCP endpoint itself"
        )
    for sign, hint in _BROKEN_REPLIES.items():
        if sign in error:
            return hint
    if status is None and (variable := _proxy_of(endpoint)) is not None:
        return f"the proxy that {variable} names was asked for it: check that, or add the host to NO_PROXY"
    there = urlsplit(endpoint)
    if _says(error, _NOBODY):
        port = there.port or {"https": 443, "wss": 443}.get(there.scheme, 80)
        return f"does the server run, and listen on port {port} of {there.hostname}? {option} names both"
    if _says(error, _NO_HOST):
        return f"check the host in {option}: no name server knows {there.hostname}"
    if option == "--sse":
        return f"an endpoint of Streamable HTTP takes --url {shown(endpoint)}; HTTP+SSE is often at /sse"
    form = f"{_SCHEMES[option]}://localhost:3001/mcp"
    return f"check the URL: it must be the MCP endpoint itself, such as {form}"


def asks_for_password(error: str) -> bool:
    """Whether `error` tells of a server that asks for a name and a password, and takes no token instead."""
    schemes = _schemes_in(error)
    return "basic" in schemes and not schemes & OF_TOKENS


def _schemes_in(error: str) -> set[str]:
    return {one.scheme for one in challenges_in([error.partition(_ASKS_FOR)[2]])}


def nobody_there(error: str) -> bool:
    """Whether `error` tells of an address at which no server was met at all."""
    return _says(error, (*_NOBODY, *_NO_HOST))


def _says(error: str, signs: Sequence[str]) -> bool:
    return any(sign in error for sign in signs)


def _proxy_of(endpoint: str) -> str | None:
    """The variable by which requests to `endpoint` go through a proxy, if they do."""
    from urllib.request import getproxies, proxy_bypass  # dear to import, and seldom needed

    url = urlsplit(endpoint)
    proxies = getproxies()
    if url.scheme not in ("http", "https") or proxy_bypass(url.hostname or ""):
        return None
    return next((f"{name.upper()}_PROXY" for name in (url.scheme, "all") if name in proxies), None)
