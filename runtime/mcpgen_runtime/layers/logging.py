"""A line in the log for each request, with an id that names it wherever it is mentioned.

The id is `ctx.correlation_id`, that of an `InternalError`, and in `CORRELATION` for whatever logs meanwhile:

    handler = logging.StreamHandler()
    handler.addFilter(WithCorrelation())        # every record gets a `correlation_id`
    handler.setFormatter(JsonLines())           # one JSON object a line
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import shorten
from mcpgen_runtime.frames import new_correlation_id
from mcpgen_runtime.jsonrpc import Error, Request, Response
from mcpgen_runtime.layering import CallNext
from mcpgen_runtime.layers.telling import CANCELLED, outcome_of, subject_of

#: The id of the request that is being served, in its own context.
CORRELATION: ContextVar[str | None] = ContextVar("mcpgen_correlation_id", default=None)

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class RequestLog:
    """The layer that logs: what was asked, by whom, how it ended and how long it took.

    A record's `mcp` holds the same as a dict. Errors are logged as warnings, all else as `level`. No
    argument and no result gets into the log.
    """

    def __init__(
        self,
        logger: logging.Logger | str = "mcpgen_runtime.requests",
        *,
        level: int = logging.INFO,
        correlation_id: Callable[[], str] = new_correlation_id,
    ) -> None:
        self._log = logging.getLogger(logger) if isinstance(logger, str) else logger
        self._level = level
        self._correlation_id = correlation_id

    def __repr__(self) -> str:
        return f"RequestLog({self._log.name})"

    async def __call__(self, request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        if ctx.correlation_id is None:
            ctx.correlation_id = self._correlation_id()
        CORRELATION.set(ctx.correlation_id)  # for this request alone: each has a context of its own
        started = ctx.now()
        response: Response | None = None
        try:
            response = await call_next(request, ctx)
            return response
        finally:
            self._tell(request, ctx, response, ctx.now() - started)

    def _tell(self, request: Request, ctx: RequestContext, response: Response | None, seconds: float) -> None:
        level = logging.WARNING if isinstance(response, Error) else self._level
        if not self._log.isEnabledFor(level):
            return
        fields: dict[str, Any] = {
            "correlation_id": ctx.correlation_id,
            "method": shorten(request.method),
            "request_id": request.id,
            "revision": ctx.revision,
            "transport": ctx.transport,
            "outcome": CANCELLED if response is None else outcome_of(response),
            "milliseconds": round(seconds * 1000, 3),
        }
        subject = subject_of(request)
        for key, value in (
            ("name", None if subject is None else shorten(subject)),
            ("principal", ctx.principal),
            ("session", ctx.session_number),
            ("trace_id", _trace_id(request)),
        ):
            if value is not None:
                fields[key] = value
        # repr, for the names are the client's: no line break of them gets into the log.
        what = repr(fields["method"])[1:-1] if subject is None else f"{request.method} {fields['name']!r}"
        told = "%s: %s in %.1f ms [%s]"
        values = (what, fields["outcome"], seconds * 1000, ctx.correlation_id)
        # Not `Logger.log`: it would look through the stack for who calls, which is always this.
        self._log.handle(
            self._log.makeRecord(
                self._log.name, level, __file__, 0, told, values, None, "_tell", {"mcp": fields}
            )
        )


class WithCorrelation(logging.Filter):
    """Gives every record the `correlation_id` of the request that it belongs to, or None."""

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging.Filter.filter`."""
        record.correlation_id = CORRELATION.get()
        return True


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object: time, level, logger, message, and what `RequestLog` adds."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        correlation_id = getattr(record, "correlation_id", None)
        if correlation_id is not None:
            told["correlation_id"] = correlation_id
        told |= getattr(record, "mcp", {})
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


def _trace_id(request: Request) -> str | None:
    """The trace that the client says the request is part of (2026-07-28 basic, `_meta`)."""
    meta = request.params.get("_meta")
    traceparent = meta.get("traceparent") if isinstance(meta, dict) else None
    found = _TRACEPARENT.fullmatch(traceparent) if isinstance(traceparent, str) else None
    return None if found is None else found[1]
