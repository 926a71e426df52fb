"""How long requests take, by method and name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import shorten
from mcpgen_runtime.jsonrpc import Error, Request, Response
from mcpgen_runtime.layering import CallNext
from mcpgen_runtime.layers.telling import is_no_method, is_of_nothing, subject_of

log = logging.getLogger("mcpgen_runtime")

#: What is counted together, for a client may invent any number of methods.
OTHER = ("_OTHER", None)


class Figures:
    """What requests of one kind took; times in seconds."""

    __slots__ = ("count", "failed", "longest", "seconds")

    def __init__(self) -> None:
        self.count = 0
        #: Of these, how many ended in an error or were cancelled.
        self.failed = 0
        self.seconds = 0.0
        self.longest = 0.0

    @property
    def mean(self) -> float:
        """Seconds a request."""
        return self.seconds / self.count if self.count else 0.0


class Timing:
    """The layer that measures: `figures` has them by method and name, resources together.

    `report(request, ctx, seconds)` is called after each request, cancelled ones included. What takes longer
    than `slow_seconds` is logged as a warning. The time is the host's, and includes waiting.
    """

    def __init__(
        self,
        report: Callable[[Request, RequestContext, float], None] | None = None,
        *,
        slow_seconds: float | None = None,
    ) -> None:
        self._report = report
        self._slow = float("inf") if slow_seconds is None else slow_seconds
        self._figures: dict[tuple[str, str | None], Figures] = {}

    def __repr__(self) -> str:
        return "Timing()"

    @property
    def figures(self) -> Mapping[tuple[str, str | None], Figures]:
        """Figures by method, and the name of the tool or the prompt where there is one."""
        return MappingProxyType(self._figures)

    async def __call__(self, request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        started = ctx.now()
        response: Response | None = None
        try:
            response = await call_next(request, ctx)
            return response
        finally:
            seconds = ctx.now() - started
            self._take(request, response, ctx, seconds)
            if self._report is not None:
                self._report(request, ctx, seconds)

    def _take(self, request: Request, response: Response | None, ctx: RequestContext, seconds: float) -> None:
        failed = response is None or isinstance(response, Error)
        key: tuple[str, str | None] = (request.method, None)
        if is_no_method(request, response):
            key = OTHER
        elif request.method != "resources/read" and not is_of_nothing(request, response, ctx):
            key = (request.method, subject_of(request))
        figures = self._figures.get(key)
        if figures is None:
            figures = self._figures[key] = Figures()
        figures.count += 1
        figures.failed += failed
        figures.seconds += seconds
        figures.longest = max(figures.longest, seconds)
        if seconds > self._slow:
            log.warning("%r took %.3f s", shorten(f"{key[0]} {key[1] or ''}".rstrip()), seconds)
