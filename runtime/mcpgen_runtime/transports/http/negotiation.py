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
    """The checks; what passed once is remembered, for clients repeat themselves."""

    def __init__(self) -> None:
        self._accepts: set[bytes | None] = {None}
        self._types: set[bytes | None] = {JSON_TYPE}

    def check_post(self, raw: dict[bytes, bytes], *, accept: bool = True) -> None:
        """Raise `Refusal` where a POST sends no JSON, or, if `accept` matters, does not take both replies."""
        content_type = raw.get(b"content-type")
        if content_type not in self._types:
            _check_type(content_type)
            _remember(self._types, content_type)
        if b"content-encoding" in raw and raw[b"content-encoding"] != b"identity":
            raise Refusal(
                UNSUPPORTED_MEDIA_TYPE, InvalidRequest("Content-Encoding is not supported: send plain JSON")
            )
        accepted = raw.get(b"accept")
        if accept and accepted not in self._accepts:
            if not (accepts(accepted, JSON_TYPE) and accepts(accepted, EVENT_STREAM)):
                raise Refusal(
                    NOT_ACCEPTABLE,
                    InvalidRequest("Accept must list both application/json and text/event-stream"),
                )
            _remember(self._accepts, accepted)


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


def _remember(known: set[bytes | None], value: bytes | None) -> None:
    if len(known) < _REMEMBERED:
        known.add(value)
