"""Answers that are given again, for as long as the server said that they may be.

Spec page: 2026-07-28 server/utilities/caching. What it lets clients and gateways do, this does beside the
server:

1.  Only complete results of the six methods that have hints are kept, and only where `ttlMs` is positive.
2.  A result is found again by its method and all params but `_meta`, in one revision, for clients that
    declared the same capabilities: a handler may have looked at them.
3.  "public" results are for everybody. "private" ones are for the same principal, or else the same session;
    where a request has neither, they are not kept.
4.  Requests that carry answers of an earlier round, and results that ask for input, are never kept.
5.  What is announced makes stale what it is about: a changed list its pages, an updated resource its
    contents.
6.  What is given again says how much of its `ttlMs` is left.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary

from mcpgen_runtime.changes import (
    PROMPTS_CHANGED,
    RESOURCE_UPDATED,
    RESOURCES_CHANGED,
    TOOLS_CHANGED,
    Changes,
)
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.jsonrpc import Request, Response, Result
from mcpgen_runtime.layering import CallNext
from mcpgen_types.v2026_07_28 import encode_ClientCapabilities

#: The methods whose results have caching hints, and what makes them stale besides time.
CACHED = {
    "server/discover": (TOOLS_CHANGED, PROMPTS_CHANGED, RESOURCES_CHANGED),
    "tools/list": (TOOLS_CHANGED,),
    "prompts/list": (PROMPTS_CHANGED,),
    "resources/list": (RESOURCES_CHANGED,),
    "resources/templates/list": (RESOURCES_CHANGED,),
    "resources/read": (RESOURCES_CHANGED,),
}


class Cache:
    """The layer that keeps up to `max_entries` answers, and gives them again while they are fresh.

    How long is what the server says: `Server(ttl_ms=…)` for lists, `ReadResourceResult(ttl_ms=…)` for
    contents.
    """

    def __init__(self, *, max_entries: int = 1_000) -> None:
        if max_entries < 1:
            raise ValueError(f"max_entries must be a positive integer, not {max_entries!r}")
        self._max = max_entries
        self._stores: WeakKeyDictionary[Changes, _Store] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"Cache({self._max} entries)"

    async def __call__(self, request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        params = request.params
        if request.method not in CACHED or "requestState" in params or "inputResponses" in params:
            return await call_next(request, ctx)
        store = self._stores.get(ctx.changes)
        if store is None:
            store = self._stores[ctx.changes] = _Store(self._max)
            ctx.changes.watch(store.hear)
        key = _key(request, ctx)
        reader = _reader(ctx)
        kept = store.find((key, None), ctx.now())
        if kept is None and reader is not None:
            kept = store.find((key, reader), ctx.now())
        if kept is not None:
            left = int((kept.until - ctx.now()) * 1000)
            ctx.caching = (left, kept.scope)
            result = {**kept.result, "ttlMs": left} if "ttlMs" in kept.result else dict(kept.result)
            return Result(request.id, result)
        heard = store.heard
        response = await call_next(request, ctx)
        hints = _hints(response, ctx)
        # What was announced meanwhile may be about this: then it is not what one would read now.
        if hints is not None and isinstance(response, Result) and store.heard == heard:
            milliseconds, scope = hints
            if scope == "public" or reader is not None:
                kept = Kept(request, response.result, ctx.now() + milliseconds / 1000, scope)
                store.keep((key, None if scope == "public" else reader), kept)
        return response


class Kept:
    """A result, and until when it is fresh."""

    __slots__ = ("method", "result", "scope", "until", "uri")

    def __init__(self, request: Request, result: dict[str, Any], until: float, scope: str) -> None:
        self.method = request.method
        self.uri = _digest(request.params.get("uri")) if request.method == "resources/read" else None
        #: The members of its own: whoever gets the result may put others there.
        self.result = dict(result)
        self.until = until
        self.scope = scope


class _Store:
    """What is kept of one server."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Hashable, Kept] = {}
        #: How much was announced so far.
        self.heard = 0

    def find(self, key: Hashable, now: float) -> Kept | None:
        """What is kept there and fresh."""
        kept = self._kept.get(key)
        if kept is not None and kept.until <= now:
            del self._kept[key]
            return None
        return kept

    def keep(self, key: Hashable, kept: Kept) -> None:
        """Keep it; the oldest goes where there are too many."""
        self._kept.pop(key, None)
        self._kept[key] = kept
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]

    def hear(self, announced: str, params: dict[str, Any]) -> None:
        """Drop what is stale by what was announced."""
        self.heard += 1
        uri = _digest(params.get("uri")) if announced == RESOURCE_UPDATED else None
        stale = [
            key
            for key, kept in self._kept.items()
            if announced in CACHED[kept.method] or (uri is not None and kept.uri == uri)
        ]
        for key in stale:
            del self._kept[key]


def _key(request: Request, ctx: RequestContext) -> bytes:
    asked = {key: value for key, value in request.params.items() if key != "_meta"}
    declared = encode_ClientCapabilities(ctx.client_capabilities)
    return _digest([ctx.revision, request.method, asked, declared])


def _digest(asked: Any) -> bytes:
    # What clients write is kept in no length but this.
    return sha256(json.dumps(asked, sort_keys=True).encode()).digest()


def _reader(ctx: RequestContext) -> Hashable:
    """Whom a private result is for; None where nobody can tell."""
    if ctx.principal is not None:
        return ("principal", ctx.principal)
    return None if ctx.session_number is None else ("session", ctx.session_number)


def _hints(response: Response, ctx: RequestContext) -> tuple[int, str] | None:
    """`ttlMs` and `cacheScope` of a result that may be kept."""
    if not isinstance(response, Result) or response.result.get("resultType", "complete") != "complete":
        return None
    hints = ctx.caching
    if "ttlMs" in response.result:
        hints = (response.result["ttlMs"], response.result.get("cacheScope", "private"))
    return hints if hints is not None and hints[0] > 0 else None
