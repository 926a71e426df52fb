"""What a client sends and accepts: Content-Type, Accept.

The specification has clients list both `application/json` and `text/event-stream` for POST, and the latter
for GET. A range such as `*/*` that covers them is taken for both, and so is no Accept header at all, as
RFC 9110 (12.5.1) reads them.
"""

from __future__ import annotations

from mcpgen_runtime.errors import InvalidRequest
from mcpgen_runtime.transports.http.refusal import NOT_ACCEPTABLE, UNSUPPORTED_MEDIA_TYPE, Refusal

JSON_TYPE = b"application/json"
EVENT_STREAM = b"text/event-stream"
_REMEMBERED = 64


class Negotiation:
    """The checks of POSTs; what passed once is remembered, for clients repeat themselves."""

    def __init__(self, *, accept: bool = True) -> None:
        #: Whether the Accept header matters: whether there is a reply.
        self._accept = accept
        self._passed: set[tuple[bytes | None, bytes | None, bytes | None]] = set()

    def check(self, raw: dict[bytes, bytes]) -> None:
        """Raise `Refusal` where a POST sends no JSON, or does not take both kinds of reply."""
        headers = (raw.get(b"content-type"), raw.get(b"accept"), raw.get(b"content-encoding"))
        if headers not in self._passed:
            self._check(*headers)
            if len(self._passed) < _REMEMBERED:
                self._passed.add(headers)

    def _check(self, content_type: bytes | None, accept: bytes | None, encoding: bytes | None) -> None:
        _check_type(content_type)
        if encoding is not None and encoding.strip() != b"identity":
            error = InvalidRequest("Content-Encoding is not supported: send plain JSON")
            raise Refusal(UNSUPPORTED_MEDIA_TYPE, error)
        if self._accept and not (accepts(accept, JSON_TYPE) and accepts(accept, EVENT_STREAM)):
            error = InvalidRequest("Accept must list both application/json and text/event-stream")
            raise Refusal(NOT_ACCEPTABLE, error)


def check_get(raw: dict[bytes, bytes]) -> None:
    """Raise `Refusal` where a GET does not want events."""
    if not accepts(raw.get(b"accept"), EVENT_STREAM):
        raise Refusal(NOT_ACCEPTABLE, InvalidRequest("Accept must list text/event-stream"))


def accepts(accept: bytes | None, media_type: bytes) -> bool:
    """Whether an Accept header allows `media_type`: its most specific range that covers it decides."""
    if accept is None:
        return True
    ranges = (media_type, media_type.partition(b"/")[0] + b"/*", b"*/*")
    best, allowed = len(ranges), False
    for each in accept.lower().split(b","):
        name, *parameters = (part.strip() for part in each.split(b";"))
        if name in ranges and ranges.index(name) <= best:
            best = ranges.index(name)
            allowed = not any(_is_zero(parameter) for parameter in parameters)
    return allowed


def _is_zero(parameter: bytes) -> bool:
    name, _, value = parameter.partition(b"=")
    return name.strip() == b"q" and value.strip().rstrip(b"0") in (b"", b"0.", b".")


def _check_type(content_type: bytes | None) -> None:
    name, *parameters = (part.strip() for part in (content_type or b"").lower().split(b";"))
    charsets = [part[8:].strip(b'"') for part in parameters if part.startswith(b"charset=")]
    if name != JSON_TYPE or any(charset not in (b"utf-8", b"utf8") for charset in charsets):
        raise Refusal(
            UNSUPPORTED_MEDIA_TYPE, InvalidRequest("Content-Type must be application/json, in UTF-8")
        )
