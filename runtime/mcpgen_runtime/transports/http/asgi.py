"""The words of ASGI that this package uses (https://asgi.readthedocs.io, HTTP and WebSocket, version 2.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from types import CoroutineType
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Event: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]
Asgi: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Header: TypeAlias = tuple[bytes, bytes]

JSON: Header = (b"content-type", b"application/json")
EMPTY: Header = (b"content-length", b"0")
CLOSE: Header = (b"connection", b"close")


class Disconnected(Exception):
    """The client is gone: nobody is left to answer."""


async def in_time(awaitable: Awaitable[Any], seconds: float) -> Any:
    """The value of `awaitable`. Raises `TimeoutError` after `seconds`.

    Most of what a server gives its application is there already, or done at once: a timer, which costs
    several microseconds, is set only where something really has to wait.
    """
    if awaitable.__class__ is CoroutineType:
        try:
            waits_for = awaitable.send(None)
        except StopIteration as stop:
            return stop.value
        awaitable = Begun(awaitable, waits_for)
    async with asyncio.timeout(seconds):
        return await awaitable


class Begun:
    """A coroutine that was advanced to the first place where it waits: await it to go on."""

    __slots__ = ("_coroutine", "_waits_for")

    def __init__(self, coroutine: CoroutineType[Any, Any, Any], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, Any]:
        coroutine, waits_for = self._coroutine, self._waits_for
        try:
            while True:
                try:
                    sent = yield waits_for
                except BaseException as error:
                    waits_for = coroutine.throw(error)
                else:
                    waits_for = coroutine.send(sent)
        except StopIteration as stop:
            return stop.value


def principal_of(scope: Scope) -> str | None:
    """Who asks, as an authentication middleware has put it into the scope; None where there is none.

    `scope["user"]` is what Starlette's AuthenticationMiddleware and its kin set: its `identity`, or else
    its `display_name` where it has no identity of its own, if it `is_authenticated`.
    """
    user = scope.get("user")
    if user is None or not getattr(user, "is_authenticated", False):
        return None
    try:
        identity = user.identity
    except (AttributeError, NotImplementedError):  # Starlette's SimpleUser has only a name
        identity = getattr(user, "display_name", None)
    return identity if isinstance(identity, str) and identity else None
