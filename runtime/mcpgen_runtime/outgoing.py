"""HTTP requests that handlers make of others, in the same words natively and inside a component.

    answer = await fetch("https://api.example.org/rates?of=EUR", timeout=5)

Natively a thread sends them, with the standard library. A component sends them through its host, which has to
allow it: `mcpgen build --target tools-http`, and `mcpgen serve server.wasm --allow-host api.example.org`.
Redirects are not followed: where a request goes, the code says that makes it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, quote, urlsplit

#: What an answer may have unless its caller says otherwise.
MAX_BYTES = 16 * 1024 * 1024
_SAFE = "%/?:@!$&'()*+,;=~[]"
#: What follows from the request, or is between the host and the next hop.
_NOT_FOR_HANDLERS = frozenset(
    {
        *("connection", "content-length", "host", "http2-settings", "keep-alive", "proxy-authenticate"),
        *("proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
_IN_A_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_~")
_HAVE_A_BODY = frozenset({"POST", "PUT", "PATCH"})


class FetchFailed(Exception):
    """There is no answer, or not all of one: nobody listens, it took too long, the host does not allow it."""


class Outgoing(NamedTuple):
    """A request that is checked: `target` is the path with its query, `headers` are as they are sent."""

    method: str
    scheme: str
    authority: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout: float
    max_bytes: int


class Fetched(NamedTuple):
    """An answer, whatever its status. The names of `headers` are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    def text(self) -> str:
        """The body, which is taken for UTF-8."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The body as JSON. Raises `ValueError`."""
        return json.loads(self.body)


Send = Callable[[Outgoing], Awaitable[Fetched]]


async def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: bytes | str = b"",
    timeout: float = 30.0,
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """Send a request, and give its answer, be it of any status.

    `timeout` is in seconds, to connect, until the answer begins, and between any two parts of it. Raises
    `FetchFailed` where there is no answer or one of more than `max_bytes`, and `ValueError` for what is no
    request.
    """
    return await _send(
        _checked(url, method, headers, body.encode() if isinstance(body, str) else body, timeout, max_bytes)
    )


def send_with(send: Send) -> None:
    """Have requests sent by `send` from now on: a component's host has its own way."""
    global _send
    _send = send


def _checked(
    url: str,
    method: str,
    headers: Mapping[str, str] | Iterable[tuple[str, str]],
    body: bytes,
    timeout: float,
    max_bytes: int,
) -> Outgoing:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url[:80]!r} is no URL of http or https")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL with a name or a password is not sent: say it in a header")
    if not method.isascii() or not method.replace("-", "").isalpha():
        raise ValueError(f"{method[:20]!r} is no method")
    items = tuple(headers.items() if isinstance(headers, Mapping) else headers)
    for name, value in items:
        if not name.isascii() or not name or not all(c.isalnum() or c in "!#$%&'*+-.^_`|~" for c in name):
            raise ValueError(f"{name[:40]!r} is no name of a header")
        if name.lower() in _NOT_FOR_HANDLERS:
            raise ValueError(f"the header {name} is not for handlers to say: it is up to who sends it")
        if any(each < " " or each == "\x7f" or each > "\xff" for each in value) or value != value.strip():
            raise ValueError(f"the header {name} has a value that cannot be sent")
    if timeout <= 0:
        raise ValueError("a timeout is more than 0 seconds")
    if all(name.lower() != "accept-encoding" for name, _ in items):
        items = (*items, ("Accept-Encoding", "identity"))  # nothing here would decode another
    method = method.upper()
    if body or method in _HAVE_A_BODY:
        items = (*items, ("Content-Length", str(len(body))))
    return Outgoing(method, parts.scheme, _authority(parts), _target(parts), items, body, timeout, max_bytes)


def _authority(parts: SplitResult) -> str:
    assert parts.hostname is not None
    name = parts.hostname
    try:
        name = name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        name = ""
    if ":" in name:
        name = f"[{name}]"
    elif not all(
        0 < len(each) < 64 and _IN_A_NAME.issuperset(each) for each in name.removesuffix(".").split(".")
    ):
        raise ValueError(f"{parts.hostname[:40]!r} is no name of a host")
    return name if parts.port is None else f"{name}:{parts.port}"


def _target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe=_SAFE)
    return f"{path}?{quote(parts.query, safe=_SAFE)}" if parts.query else path


async def _natively(request: Outgoing) -> Fetched:
    return await asyncio.to_thread(_blocking, request)


_send: Send = _natively


def _blocking(request: Outgoing) -> Fetched:
    """Send a request, and wait for its answer, in the thread that calls. Raises `FetchFailed`."""
    # None of it exists in a component, which imports this module as well.
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    kind = HTTPSConnection if request.scheme == "https" else HTTPConnection
    connection = kind(request.authority, timeout=request.timeout)
    try:
        # Its `request` takes a mapping, and so one header of a name.
        connection.putrequest(request.method, request.target, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        connection.endheaders(request.body or None)
        answer = connection.getresponse()
        body = answer.read(request.max_bytes + 1)
        if len(body) > request.max_bytes:
            raise too_large(request)
        if answer.length:  # that many bytes are missing, and `read` says nothing of it
            raise FetchFailed(f"the answer from {request.authority} broke off")
        headers = tuple((name.lower(), value) for name, value in answer.getheaders())
        return Fetched(answer.status, headers, body)
    except (OSError, HTTPException) as error:
        raise FetchFailed(f"no answer from {request.authority}: {error or type(error).__name__}") from error
    finally:
        connection.close()


def too_large(request: Outgoing) -> FetchFailed:
    """What to raise for an answer that is larger than its caller allows."""
    return FetchFailed(f"the answer from {request.authority} has more than {request.max_bytes} bytes")
