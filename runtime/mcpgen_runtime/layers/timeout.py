"""An end for requests that take too long."""

from __future__ import annotations

import logging

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import McpError, shorten
from mcpgen_runtime.jsonrpc import Request, Response
from mcpgen_runtime.layering import CallNext

log = logging.getLogger("mcpgen_runtime")


class Timeout:
    """The layer that cancels what is inside of it after `seconds`, and answers with an error.

    The handler ends where it waits, as if the client had cancelled it; the answer leaves once it has ended.
    One that never waits cannot be stopped. `Limits.handler_seconds` stays in force around all layers.
    """

    def __init__(self, seconds: float) -> None:
        if not seconds > 0:
            raise ValueError(f"seconds must be positive, not {seconds!r}")
        self._seconds = seconds

    def __repr__(self) -> str:
        return f"Timeout({self._seconds:g} s)"

    async def __call__(self, request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        try:
            return await ctx.within(self._seconds, call_next(request, ctx))
        except TimeoutError:
            log.warning("%r was ended after %g s", shorten(request.method), self._seconds)
            raise McpError(
                f"The request took longer than {self._seconds:g} s and was ended",
                data={"limit": "timeout", "value": self._seconds},
            ) from None
