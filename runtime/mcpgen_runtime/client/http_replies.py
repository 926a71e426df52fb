"""What the HTTP transports share: their clients, and what a reply is, in words, that brought no message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import httpx

from mcpgen_runtime.client.errors import ConnectFailed
from mcpgen_runtime.client.packing import PACKED, unpacked
from mcpgen_runtime.client.transport import Document
from mcpgen_runtime.client.urls import shown

#: What does the HTTP: it may be given, with proxies, certificates and authentication of its own.
HttpClient: TypeAlias = httpx.AsyncClient

EVENTS = "text/event-stream"
JSON = "application/json"
# What shows that a server cannot be reached. Not only what httpx makes of it: looking up a name and
# connecting to several addresses at once have errors of their own.
BROKEN = (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, ExceptionGroup)
# What OpenSSL, by its age, makes of a peer that answers a TLS greeting with something else.
_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL")


def patient(connect_seconds: float) -> httpx.Timeout:
    """No bound but on connecting: how long an answer may take is for whoever waits for it."""
    return httpx.Timeout(None, connect=connect_seconds)


def new_client(connect_seconds: float, *, keeps_alive: bool = True) -> HttpClient:
    """A client that waits as long as it is told. Raises `ConnectFailed` where the environment forbids it."""
    pool = httpx.Limits(max_connections=None, max_keepalive_connections=None if keeps_alive else 0)
    try:
        return httpx.AsyncClient(limits=pool)
    except (OSError, ImportError, ValueError, httpx.InvalidURL) as error:
        raise ConnectFailed(f"no HTTP client can be made in this environment: {error}") from error


def media_type(reply: httpx.Response) -> str:
    """What the `Content-Type` of a reply names, without its parameters; empty where there is none."""
    return str(reply.headers.get("content-type", "")).split(";")[0].strip().lower()


def challenge(reply: httpx.Response) -> str:
    """What a server that refuses asks for: RFC 9110, section 11.6.1."""
    asked = reply.headers.get("www-authenticate") if reply.status_code in (401, 403) else None
    return "" if asked is None else f"; it asks for {asked:.300}"


def elsewhere(reply: httpx.Response) -> str:
    """Where the endpoint may be, if the URL has no path and nothing is there."""
    if reply.status_code != 404 or reply.request.url.path != "/":
        return ""
    return f"; is the endpoint at {shown(str(reply.request.url.copy_with(path='/mcp', query=None)))}?"


async def read_document(
    client: HttpClient, url: str, at_most: int, timeout: httpx.Timeout, measure: Callable[[int], None]
) -> Document:
    """GET `url`. `measure` is told the size of each chunk, and may raise `LimitPassed`; raises `BROKEN`."""
    headers = {"Accept": JSON, "Accept-Encoding": PACKED}
    async with client.stream("GET", url, headers=headers, timeout=timeout) as reply:
        head = reply.status_code, media_type(reply)
        body = bytearray()
        async for chunk in unpacked(reply):
            measure(len(chunk))
            body += chunk
            if len(body) > at_most:
                return Document(*head, broken=f"it is longer than {at_most} bytes")
        return Document(*head, bytes(body))


def raw_header(reply: httpx.Response, name: bytes) -> bytes:
    """The first header of that name, byte for byte."""
    return next(value for key, value in reply.headers.raw if key.lower() == name)


def unread(status: int, kind: str, *, has_body: bool) -> str:
    """What a reply was that brought no message, or none that was read."""
    head = f"HTTP status {status}"
    if not has_body:
        return f"{head}, no body"
    if kind in (JSON, EVENTS):
        return f"{head}, {kind}"
    return f"{head}, " + (f"Content-Type {kind}" if kind else "no Content-Type")


def described(error: BaseException) -> str:
    """What broke a connection, in words."""
    if isinstance(error, BaseExceptionGroup):
        return described(error.exceptions[0])
    text = str(error) or type(error).__name__
    if any(sign in text for sign in _NOT_TLS):
        return f"what listens there does not speak TLS ({text})"
    if isinstance(error, httpx.ConnectError) and text == "All connection attempts failed":
        return "nothing listens there"
    return text
