"""Not more requests than a server can bear, or than one client shall have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import Literal, TypeAlias

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import METHODS
from mcpgen_runtime.errors import LimitReached
from mcpgen_runtime.jsonrpc import Request, Response
from mcpgen_runtime.layering import CallNext
from mcpgen_runtime.layers.telling import has_tool, subject_of

Trait: TypeAlias = Literal["principal", "session", "tool"]
_TRAITS: dict[str, Callable[[Request, RequestContext], Hashable]] = {
    "principal": lambda request, ctx: ctx.principal,
    "session": lambda request, ctx: ctx.session_number,
    "tool": lambda request, ctx: _tool_of(request, ctx),
}


def _tool_of(request: Request, ctx: RequestContext) -> str | None:
    # Tools that are not there share a bucket: who invents names gets no more, and takes no memory.
    name = subject_of(request) if request.method == "tools/call" else None
    return name if has_tool(name, ctx) else None


_PRINCIPAL: tuple[Trait, ...] = ("principal",)


class RateLimited(LimitReached):
    """There were too many requests; `data["retryAfterMs"]` says when there is room again."""

    def __init__(self, rate: float, seconds: float) -> None:
        super().__init__(f"Too many requests: try again in {seconds:.3g} s", limit="rate_limit", value=rate)
        self.data["retryAfterMs"] = max(1, -int(-seconds * 1000 // 1))


class RateLimit:
    """The layer that lets `rate` requests a second pass, and `burst` at once (a token bucket).

    `per` says who shares a bucket: the same principal, session and tool, as far as they are named there, or
    what a function of your own gives: something short, for it is kept. Who has no principal shares one with
    all others who have none, and so do tools that the server has not. `methods` are those that count, by
    their full names; without it, all do, `server/discover` and the lists included. `burst` is by default
    what `rate` lets pass in a second, at least 1. Where there are more than `max_buckets`, those that are
    full again are forgotten, or else those that were not used for longest. What finds no room gets a
    `RateLimited`. Raises `ValueError` for a method that no server has, and `TypeError` for a string in
    place of a collection.
    """

    def __init__(
        self,
        rate: float,
        *,
        burst: int | None = None,
        # The tuple besides: of one word alone, mypy finds no `Collection` of these words in the union.
        per: tuple[Trait, ...]
        | Collection[Trait]
        | Callable[[Request, RequestContext], Hashable] = _PRINCIPAL,
        methods: Collection[str] | None = None,
        max_buckets: int = 10_000,
    ) -> None:
        if not rate > 0:
            raise ValueError(f"rate must be positive, not {rate!r}")
        self._rate = rate
        self._burst = float(max(1, round(rate)) if burst is None else burst)
        if self._burst < 1:
            raise ValueError(f"burst must be a positive integer, not {burst!r}")
        self._methods = None if methods is None else _known("methods", methods, METHODS)
        self._max = max_buckets
        self._buckets: dict[Hashable, tuple[float, float]] = {}
        if callable(per):
            self._key, self._shared_by = per, getattr(per, "__qualname__", repr(per))
        else:
            self._key, self._shared_by = _key_of(per), " and ".join(per) or "server"

    def __repr__(self) -> str:
        return f"RateLimit({self._rate:g} a second, burst {self._burst:g}, per {self._shared_by})"

    async def __call__(self, request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        if self._methods is None or request.method in self._methods:
            self._take(self._key(request, ctx), ctx.now())
        return await call_next(request, ctx)

    def _take(self, key: Hashable, now: float) -> None:
        buckets = self._buckets
        left, then = buckets.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._rate)
        if left < 1:
            buckets[key] = (left, now)
            raise RateLimited(self._rate, (1 - left) / self._rate)
        buckets[key] = (left - 1, now)
        if len(buckets) > self._max:
            self._forget(now)

    def _forget(self, now: float) -> None:
        full = [
            key
            for key, (left, then) in self._buckets.items()
            if left + (now - then) * self._rate >= self._burst
        ]
        # The first are those that were not used for longest.
        for key in full or list(self._buckets)[: len(self._buckets) - self._max]:
            del self._buckets[key]


def _key_of(traits: Collection[str]) -> Callable[[Request, RequestContext], Hashable]:
    _known("per", traits, _TRAITS)
    found = tuple(_TRAITS[trait] for trait in traits)
    if len(found) == 1:
        return found[0]
    return lambda request, ctx: tuple(trait(request, ctx) for trait in found)


def _known(argument: str, given: Collection[str], known: Collection[str]) -> frozenset[str]:
    """What is given, if it is known: a word that nobody knows would limit nothing, and nobody would hear."""
    if isinstance(given, str):
        raise TypeError(f"{argument} must be a collection such as ({given!r},), not one string")
    found = frozenset(given)
    unknown = sorted(found.difference(known))
    if unknown:
        raise ValueError(f"{argument} knows {', '.join(sorted(known))}, not {', '.join(unknown)}")
    return found
