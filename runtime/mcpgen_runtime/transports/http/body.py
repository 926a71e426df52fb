"""The body of a POST, read within its limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from types import CoroutineType
from typing import Any

from mcpgen_runtime.errors import InvalidRequest, LimitReached
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.http.asgi import CLOSE, Begun, Disconnected, Event, Receive
from mcpgen_runtime.transports.http.refusal import (
    BAD_REQUEST,
    CONTENT_TOO_LARGE,
    REQUEST_TIMEOUT,
    Refusal,
)


def read_body(
    receive: Receive, raw: dict[bytes, bytes], *, limits: Limits, seconds: float
) -> bytes | Coroutine[Any, Any, bytes]:
    """The whole body, or a coroutine for it: nearly every body is there already, and need not be awaited.

    Nothing larger than `max_message_bytes` is ever held; `seconds` is how long it may take to arrive. Both
    raise `Refusal`, and `Disconnected` where the client has gone away.
    """
    most = limits.max_message_bytes
    text = raw.get(b"content-length")
    declared = None if text is None else _length(text, most)
    reading = receive()
    if reading.__class__ is CoroutineType:
        try:
            waits_for = reading.send(None)
        except StopIteration as stop:
            event = stop.value
            if event["type"] == "http.request" and not event.get("more_body"):
                return _checked(event.get("body", b""), declared, most)
            reading = _there(event)
        else:
            reading = Begun(reading, waits_for)
    return _whole(reading, receive, declared, most, seconds)


async def _there(event: Event) -> Event:
    return event


async def _whole(
    reading: Awaitable[Event], receive: Receive, declared: int | None, most: int, seconds: float
) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                event = await reading
                if event["type"] != "http.request":
                    raise Disconnected
                parts.append(event.get("body", b""))
                size += len(parts[-1])
                if size > most:
                    raise _too_large(most)
                if not event.get("more_body"):
                    return _checked(b"".join(parts), declared, most)
                reading = receive()
    except TimeoutError:
        error = LimitReached(
            f"The body took longer than message_seconds ({seconds:g})", limit="message_seconds", value=seconds
        )
        raise Refusal(REQUEST_TIMEOUT, error, headers=(CLOSE,)) from None


def _length(text: bytes, most: int) -> int:
    """What a Content-Length says. Raises `Refusal` where it is none, or more than `most`."""
    if not text.isdigit():
        raise Refusal(BAD_REQUEST, InvalidRequest("Content-Length must be a number"), headers=(CLOSE,))
    length = int(text) if len(text) <= 18 else most + 1
    if length > most:
        raise _too_large(most)
    return length


def _checked(body: bytes, declared: int | None, most: int) -> bytes:
    if declared is None:
        if len(body) > most:
            raise _too_large(most)
    elif declared != len(body):
        error = InvalidRequest("Content-Length is not the length of the body")
        raise Refusal(BAD_REQUEST, error, headers=(CLOSE,))
    return body


def _too_large(most: int) -> Refusal:
    # The connection stays: a client that still sends gets to read this before it is cut off.
    error = LimitReached(
        f"The message is larger in bytes than max_message_bytes ({most})",
        limit="max_message_bytes",
        value=most,
    )
    return Refusal(CONTENT_TOO_LARGE, error)
