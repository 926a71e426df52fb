"""The body of a POST, read within its limits."""

from __future__ import annotations

from types import CoroutineType

from mcpgen_runtime.errors import InvalidRequest, LimitReached
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.http.asgi import CLOSE, Begun, Disconnected, Event, Receive, in_time
from mcpgen_runtime.transports.http.refusal import (
    BAD_REQUEST,
    CONTENT_TOO_LARGE,
    REQUEST_TIMEOUT,
    Refusal,
)


async def read_body(receive: Receive, raw: dict[bytes, bytes], *, limits: Limits, seconds: float) -> bytes:
    """The whole body, `max_message_bytes` at most; nothing larger is ever held.

    `seconds` is how long it may take to arrive. Raises `Refusal`, and `Disconnected` where the client
    goes away meanwhile.
    """
    most = limits.max_message_bytes
    declared = raw.get(b"content-length")
    if declared is not None and (not declared.isdigit() or len(declared) > 18 or int(declared) > most):
        raise _unfit(declared, most)
    event: Event
    try:
        # As `in_time` does, but in this coroutine: nearly every body is there already.
        reading = receive()
        if reading.__class__ is CoroutineType:
            try:
                waits_for = reading.send(None)
            except StopIteration as stop:
                event = stop.value
            else:
                event = await in_time(Begun(reading, waits_for), seconds)
        else:
            event = await in_time(reading, seconds)
        if event["type"] != "http.request":
            raise Disconnected
        body: bytes = event.get("body", b"")
        if event.get("more_body"):
            body = await in_time(_rest(receive, body, most), seconds)
    except TimeoutError:
        error = LimitReached(
            f"The body took longer than message_seconds ({seconds:g})", limit="message_seconds", value=seconds
        )
        raise Refusal(REQUEST_TIMEOUT, error, headers=(CLOSE,)) from None
    if declared is None:
        if len(body) > most:
            raise _too_large(most)
    elif int(declared) != len(body):
        mismatch = InvalidRequest("Content-Length is not the length of the body")
        raise Refusal(BAD_REQUEST, mismatch, headers=(CLOSE,))
    return body


async def _rest(receive: Receive, first: bytes, most: int) -> bytes:
    parts, size = [first], len(first)
    more = True
    while more and size <= most:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Disconnected
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        more = event.get("more_body", False)
    if size > most:
        raise _too_large(most)
    return b"".join(parts)


def _unfit(declared: bytes, most: int) -> Refusal:
    if declared.isdigit():
        return _too_large(most)
    return Refusal(BAD_REQUEST, InvalidRequest("Content-Length must be a number"), headers=(CLOSE,))


def _too_large(most: int) -> Refusal:
    # The connection stays: a client that still sends gets to read this before it is cut off.
    error = LimitReached(
        f"The message is larger in bytes than max_message_bytes ({most})",
        limit="max_message_bytes",
        value=most,
    )
    return Refusal(CONTENT_TOO_LARGE, error)
