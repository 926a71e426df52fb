"""A span and a duration for each request, for OpenTelemetry. Needs its API: the extra `telemetry`.

Names and attributes are those of the semantic conventions for MCP, server side, as OpenTelemetry publishes
them: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md (status:
development). Where the client's trace goes on, its `_meta` says: `traceparent`, `tracestate` and `baggage`
(2026-07-28 basic, `_meta`). Without an SDK the API does nothing, and costs little.
"""

from __future__ import annotations

from typing import Any

from opentelemetry import metrics, propagate, trace
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import shorten
from mcpgen_runtime.jsonrpc import Error, Request, Response, Result
from mcpgen_runtime.layering import CallNext
from mcpgen_runtime.layers.telling import CANCELLED, is_no_method, is_of_nothing, subject_of
from mcpgen_runtime.revisions import NEUTRAL

_SCOPE = "mcpgen_runtime"
#: What holds the name that a request names, by method.
_SUBJECTS = {
    "tools/call": "gen_ai.tool.name",
    "prompts/get": "gen_ai.prompt.name",
    "resources/read": "mcp.resource.uri",
}
_URIS = frozenset({"resources/subscribe", "resources/unsubscribe"})
_NETWORKS = {
    "stdio": {"network.transport": "pipe"},
    "http": {"network.transport": "tcp", "network.protocol.name": "http"},
    "websocket": {"network.transport": "tcp", "network.protocol.name": "websocket"},
    "tcp": {"network.transport": "tcp"},
    "unix": {"network.transport": "unix"},
}
_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)


class Telemetry:
    """The layer that traces requests and measures `mcp.server.operation.duration`.

    Spans and figures go to the given providers, or else to the global ones. Each round of a modern request
    that asks its client for input is a request, and a span. Neither arguments nor results are recorded.
    """

    def __init__(
        self,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(_SCOPE, tracer_provider=tracer_provider)
        self._duration = metrics.get_meter(_SCOPE, meter_provider=meter_provider).create_histogram(
            "mcp.server.operation.duration",
            unit="s",
            description="How long a request took, from its arrival until its answer",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )

    def __repr__(self) -> str:
        return "Telemetry()"

    async def __call__(self, request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        common: dict[str, Any] = {
            "mcp.method.name": shorten(request.method),
            "mcp.protocol.version": ctx.revision,
            **_NETWORKS.get(ctx.transport, {}),
        }
        subject = subject_of(request)
        name = common["mcp.method.name"]
        if request.method == "tools/call":
            common["gen_ai.operation.name"] = "execute_tool"
        if subject is not None and request.method != "resources/read":
            name = f"{name} {shorten(subject)}"
            common[_SUBJECTS[request.method]] = shorten(subject)
        parent, links = _parent(request)
        span = self._tracer.start_span(
            name,
            context=parent,
            kind=SpanKind.SERVER,
            attributes={**common, **_of_the_request(request, ctx)},
            links=links,
        )
        inside = trace.set_span_in_context(span, parent)
        token = attach(inside)
        started = ctx.now()
        failure: str | None = CANCELLED
        response: Response | None = None
        try:
            response = await call_next(request, ctx)
            failure = _failure(response)
            if request.method == "initialize" and isinstance(response, Result):
                common["mcp.protocol.version"] = response.result.get("protocolVersion", ctx.revision)
                span.set_attribute("mcp.protocol.version", common["mcp.protocol.version"])
            return response
        finally:
            if failure is not None:
                common["error.type"] = failure
                span.set_attribute("error.type", failure)
                told = response.message if isinstance(response, Error) else None
                span.set_status(Status(StatusCode.ERROR, told))
            if isinstance(response, Error):
                common["rpc.response.status_code"] = failure
                span.set_attribute("rpc.response.status_code", str(failure))
            span.end()
            seconds = max(0.0, ctx.now() - started)
            self._duration.record(seconds, _bounded(common, request, response, ctx), inside)
            detach(token)


def _parent(request: Request) -> tuple[Context, list[Link]]:
    """The context that the client's `_meta` continues; what is current here besides is linked."""
    meta = request.params.get("_meta")
    meta = meta if isinstance(meta, dict) else {}
    carrier = {key: value for key, value in meta.items() if isinstance(value, str)}
    here = trace.get_current_span().get_span_context()
    parent = propagate.extract(carrier, get_current())
    remote = trace.get_current_span(parent).get_span_context()
    return parent, [Link(here)] if here.is_valid and remote != here else []


def _of_the_request(request: Request, ctx: RequestContext) -> dict[str, str]:
    """What tells this request from others: for its span, not for figures."""
    found = {"jsonrpc.request.id": str(request.id)}
    uri = request.params.get("uri")
    if isinstance(uri, str) and (request.method == "resources/read" or request.method in _URIS):
        found["mcp.resource.uri"] = shorten(uri)
    if ctx.headers is not None and ctx.revision != NEUTRAL and "mcp-session-id" in ctx.headers:
        found["mcp.session.id"] = ctx.headers["mcp-session-id"]
    return found


def _failure(response: Response) -> str | None:
    """The `error.type` of an answer; None where all is well."""
    if isinstance(response, Error):
        return str(response.code)
    return "tool_error" if response.result.get("isError") is True else None


def _bounded(
    common: dict[str, Any], request: Request, response: Response | None, ctx: RequestContext
) -> dict[str, Any]:
    """Attributes without the names that a client may invent, one with every request."""
    if is_no_method(request, response):
        return {**common, "mcp.method.name": "_OTHER"}
    if request.method in _SUBJECTS and is_of_nothing(request, response, ctx):
        return {key: value for key, value in common.items() if key != _SUBJECTS[request.method]}
    return common
