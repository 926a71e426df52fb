"""The headers of a request: their limits, what may not come twice, and what they must mirror of the body.

Spec page: 2026-07-28 basic/transports/streamable-http (request metadata, server validation).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mcpgen_runtime.errors import HeaderMismatch, InvalidRequest, LimitReached
from mcpgen_runtime.jsonrpc import Request
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.mirrored_headers import NAMED, decode_header
from mcpgen_runtime.modern import VERSION
from mcpgen_runtime.transports.http.asgi import CLOSE, Header
from mcpgen_runtime.transports.http.refusal import BAD_REQUEST, HEADERS_TOO_LARGE, Refusal

SESSION_ID = b"mcp-session-id"
PROTOCOL_VERSION = b"mcp-protocol-version"
LAST_EVENT_ID = b"last-event-id"
METHOD = b"mcp-method"
NAME = b"mcp-name"

#: Where two would let two readers of one request see different things.
_ONCE = frozenset({b"host", b"origin", b"authorization", b"content-length", b"content-type", LAST_EVENT_ID})


class Headers(Mapping[str, str]):
    """The headers by lower-case name, as a handler finds them in `ctx.headers`. Decoded when asked for."""

    __slots__ = ("raw",)

    def __init__(self, raw: dict[bytes, bytes]) -> None:
        self.raw = raw

    def __getitem__(self, name: str) -> str:
        return self.raw[name.encode("latin-1", "replace")].decode("latin-1").strip(" \t")

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in self.raw)

    def __len__(self) -> int:
        return len(self.raw)


def merged(pairs: Sequence[Header]) -> dict[bytes, bytes]:
    """Headers by name, some of which come twice. Raises `Refusal` for those that may not."""
    raw: dict[bytes, bytes] = {}
    for name, value in pairs:
        if name not in raw:
            raw[name] = value
        elif name in _ONCE or name.startswith(b"mcp-"):
            header = name.decode("latin-1")
            raise Refusal(BAD_REQUEST, InvalidRequest(f"The header {header} is there twice"))
        else:
            raw[name] += b", " + value
    return raw


def check_sizes(pairs: Sequence[Header], size: int, limits: Limits) -> None:
    """Raise `Refusal` where headers of `size` bytes together go over a limit."""
    exceeded: str | None = None
    if size > limits.max_headers_bytes:
        exceeded = "max_headers_bytes"
    elif any(len(value) > limits.max_header_bytes for _, value in pairs):
        exceeded = "max_header_bytes"
    if exceeded is not None:
        raise headers_too_large(exceeded, limits)


def headers_too_large(limit: str, limits: Limits) -> Refusal:
    """What a request gets whose headers go over `limit`."""
    value: int = getattr(limits, limit)
    what = "The headers are" if limit == "max_headers_bytes" else "A header is"
    error = LimitReached(f"{what} larger in bytes than {limit} ({value})", limit=limit, value=value)
    return Refusal(HEADERS_TOO_LARGE, error, headers=(CLOSE,))


def check_mirrored(request: Request, raw: Mapping[bytes, bytes]) -> None:
    """Raise `HeaderMismatch` where a standard header of 2026-07-28 is missing or contradicts the body.

    What the body itself lacks is not told here: its decoder says that better.
    """
    get, params = raw.get, request.params
    method = get(METHOD)
    if method is None or method.decode("latin-1") != request.method:
        _check("Mcp-Method", method, request.method)
    meta = params.get("_meta")
    declared = meta.get(VERSION) if meta.__class__ is dict else None
    version = get(PROTOCOL_VERSION)
    if version is None or (declared.__class__ is str and version.decode("latin-1") != declared):
        _check("MCP-Protocol-Version", version, str(declared))
    member = NAMED.get(request.method)
    if member is not None:
        named = params.get(member)
        if named.__class__ is str:
            value = get(NAME, b"")
            name = value.decode("latin-1")
            if (
                name.strip(" \t") != named
                or not value.isascii()
                or name[:2] == "=?"
                or not name.isprintable()
            ):
                _check("Mcp-Name", get(NAME), named, encoded=True)


def _check(header: str, value: bytes | None, body: str, *, encoded: bool = False) -> None:
    if value is None:
        raise HeaderMismatch(f"Header mismatch: {header} is missing")
    text = value.decode("latin-1").strip(" \t")
    if encoded:
        text = decode_header(header, text)
    if text != body:
        raise HeaderMismatch(f"Header mismatch: {header} says {_short(text)}, the body {_short(body)}")


def _short(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:100]}…")
