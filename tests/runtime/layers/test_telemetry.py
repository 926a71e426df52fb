"""Spans and figures, as the real SDK of OpenTelemetry gets them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from opentelemetry import baggage, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import ToolError
from mcpgen_runtime.host import Driver
from mcpgen_runtime.jsonrpc import Request, Response
from mcpgen_runtime.layering import CallNext
from mcpgen_runtime.layers import Telemetry
from mcpgen_runtime.server import Server
from mcpgen_runtime.testing import client

from ..core.client import NEUTRAL, Client
from .workbench import ALL, BOTH, Json, call, no_more, server_of

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
REMOTE: Json = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "rojo=1", "baggage": "user=ann"}


class Recorded:
    """What was exported."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._figures = InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.layer = Telemetry(
            tracer_provider=self.tracers, meter_provider=MeterProvider(metric_readers=[self._figures])
        )

    def spans(self) -> list[ReadableSpan]:
        """The spans that ended since the last time."""
        found = list(self._spans.get_finished_spans())
        self._spans.clear()
        return found

    def points(self) -> list[Any]:
        """The data points of the duration."""
        data = self._figures.get_metrics_data()
        assert data is not None
        (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
        assert (metric.name, metric.unit) == ("mcp.server.operation.duration", "s")
        return list(metric.data.data_points)


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@ALL
def test_a_call_is_a_span_with_the_attributes_of_the_conventions(revision: str, recorded: Recorded) -> None:
    client = Client(server_of(recorded.layer), revision)
    recorded.spans()
    call(client, secret="not for the trace")
    (span,) = recorded.spans()
    assert (span.name, span.kind, span.parent) == ("tools/call work", SpanKind.SERVER, None)
    assert dict(span.attributes or {}) == {
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": revision,
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "work",
        "jsonrpc.request.id": "1" if revision == NEUTRAL else "2",
    }
    assert span.status.status_code is StatusCode.UNSET


@BOTH
def test_prompts_resources_and_other_methods_have_their_names(revision: str, recorded: Recorded) -> None:
    server = server_of(recorded.layer)
    server.add_prompt({"name": "greet"}, lambda arguments, ctx: "hello")
    server.add_resource({"uri": "note://a", "name": "a"}, lambda uri, ctx: "a")
    client = Client(server, revision)
    recorded.spans()
    client.request("prompts/get", {"name": "greet"})
    client.request("resources/read", {"uri": "note://a"})
    client.request("tools/list")
    prompt, resource, tools = recorded.spans()
    # The URI is no part of a span's name: there may be any number of them.
    names = [span.name for span in (prompt, resource, tools)]
    assert names == ["prompts/get greet", "resources/read", "tools/list"]
    assert (prompt.attributes or {})["gen_ai.prompt.name"] == "greet"
    assert (resource.attributes or {})["mcp.resource.uri"] == "note://a"
    assert "gen_ai.operation.name" not in (tools.attributes or {})


@BOTH
def test_the_trace_of_the_client_goes_on_and_so_does_its_baggage(revision: str, recorded: Recorded) -> None:
    seen: list[Any] = []

    async def work(arguments: Json, ctx: RequestContext) -> str:
        with trace.get_tracer("shop", tracer_provider=recorded.tracers).start_as_current_span("query"):
            seen.append(baggage.get_baggage("user"))
        return "done"

    client = Client(server_of(recorded.layer, tool=work), revision, meta=REMOTE)
    recorded.spans()
    call(client)
    inner, span = recorded.spans()
    assert span.context is not None and span.parent is not None and inner.parent is not None
    assert f"{span.context.trace_id:032x}" == TRACE
    assert (f"{span.parent.span_id:016x}", span.parent.is_remote) == (PARENT, True)
    assert span.context.trace_state.get("rojo") == "1"
    assert inner.parent.span_id == span.context.span_id
    assert seen == ["ann"]


@BOTH
@pytest.mark.parametrize(
    "meta",
    [
        {"traceparent": 7},
        {"traceparent": "garbage"},
        {"traceparent": ["00"], "baggage": {}},
        {"baggage": ";;="},
    ],
)
def test_a_trace_that_is_none_is_ignored(meta: Json, revision: str, recorded: Recorded) -> None:
    client = Client(server_of(recorded.layer), revision, meta=meta)
    recorded.spans()
    assert "result" in call(client)
    assert recorded.spans()[0].parent is None


@BOTH
def test_what_is_current_here_besides_is_linked(revision: str, recorded: Recorded) -> None:
    async def transport(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        with recorded.tracers.get_tracer("http").start_as_current_span("POST"):
            return await call_next(request, ctx)

    for meta, parent in ((REMOTE, PARENT), ({}, None)):
        client = Client(server_of(transport, recorded.layer), revision, meta=meta)
        recorded.spans()
        call(client)
        span, post = recorded.spans()
        assert post.context is not None and span.parent is not None
        if parent is None:
            assert (span.parent.span_id, len(span.links)) == (post.context.span_id, 0)
        else:
            assert f"{span.parent.span_id:016x}" == parent
            assert [link.context.span_id for link in span.links] == [post.context.span_id]


@BOTH
def test_failures_are_told_apart(revision: str, recorded: Recorded) -> None:
    driver = Driver()

    async def work(arguments: Json, ctx: RequestContext) -> str:
        if "fail" in arguments:
            raise ToolError("no luck")
        if "wait" in arguments:
            await driver.promise()
        raise RuntimeError("a secret")

    client = Client(server_of(recorded.layer, tool=work), revision, driver=driver)
    recorded.spans()
    call(client, fail=True)
    call(client)
    client.start("tools/call", {"name": "work", "arguments": {"wait": True}}, id="slow")
    client.cancel("slow")
    found = [
        (
            (span.attributes or {})["error.type"],
            (span.attributes or {}).get("rpc.response.status_code"),
            span.status.description,
        )
        for span in recorded.spans()
    ]
    assert found == [
        ("tool_error", None, None),
        ("-32603", "-32603", "Internal error"),
        ("cancelled", None, None),
    ]


@BOTH
def test_each_round_of_a_request_is_a_span(revision: str, recorded: Recorded) -> None:
    async def work(arguments: Json, ctx: RequestContext) -> str:
        await ctx.elicit("Name?", {"type": "object", "properties": {}})
        return "done"

    client = Client(server_of(recorded.layer, tool=work), revision, meta=REMOTE)
    recorded.spans()
    client.converse("tools/call", {"name": "work"}, lambda method, params: {"action": "accept"})
    spans = recorded.spans()
    assert len(spans) == (2 if revision == NEUTRAL else 1)
    assert {span.status.status_code for span in spans} == {StatusCode.UNSET}
    assert {f"{span.parent.span_id:016x}" for span in spans if span.parent} == {PARENT}


@BOTH
def test_durations_are_measured_and_invented_names_are_not_their_attributes(
    revision: str, recorded: Recorded
) -> None:
    driver = Driver()

    async def work(arguments: Json, ctx: RequestContext) -> str:
        await driver.sleep(0.75)
        return "done"

    client = Client(server_of(recorded.layer, tool=work), revision, driver=driver)
    client.start("tools/call", {"name": "work"}, id="slow")
    driver.advance(1)
    for number in range(3):
        call(client, f"invented-{number}")
        client.request(f"invented/{number}")
    points = {
        (each.attributes["mcp.method.name"], each.attributes.get("gen_ai.tool.name")): each
        for each in recorded.points()
        if each.attributes["mcp.method.name"] not in ("initialize", "notifications/initialized")
    }
    assert set(points) == {("tools/call", "work"), ("tools/call", None), ("_OTHER", None)}
    assert (points["tools/call", "work"].sum, points["tools/call", "work"].count) == (0.75, 1)
    assert points["tools/call", "work"].explicit_bounds[:3] == (0.01, 0.02, 0.05)
    assert points["tools/call", None].count == points["_OTHER", None].count == 3
    assert points["_OTHER", None].attributes["error.type"] == "-32601"


@BOTH
def test_under_asyncio_calls_that_run_at_once_keep_their_traces_apart(
    revision: str, recorded: Recorded, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(arguments: Json, ctx: RequestContext) -> str:
        tracer = trace.get_tracer("shop", tracer_provider=recorded.tracers)
        await asyncio.sleep(0.02 * arguments["number"])
        with tracer.start_as_current_span(f"query {arguments['number']}"):
            await asyncio.sleep(0.02 * (3 - arguments["number"]))
        return "done"

    async def converse() -> None:
        async with client(server_of(recorded.layer, tool=work), revision=revision) as session:
            metas = [{"traceparent": f"00-{TRACE}-{number + 1:016x}-01"} for number in range(3)]
            calls = [session.call_tool("work", {"number": n}, meta=meta) for n, meta in enumerate(metas)]
            await asyncio.gather(*calls)

    asyncio.run(converse())
    spans = recorded.spans()
    calls = {span.context.span_id: span for span in spans if span.name == "tools/call work" and span.context}
    for span in spans:
        if span.name.startswith("query"):
            assert span.parent is not None
            parent = calls[span.parent.span_id].parent
            assert parent is not None
            assert parent.span_id == int(span.name[-1]) + 1
    assert len(calls) == 3
    assert "detach" not in caplog.text


def test_opening_a_session_is_in_the_revision_that_was_agreed_on(recorded: Recorded) -> None:
    Client(server_of(recorded.layer), "2025-03-26")
    (span,) = recorded.spans()
    assert (span.name, (span.attributes or {})["mcp.protocol.version"]) == ("initialize", "2025-03-26")


def test_without_an_sdk_nothing_happens() -> None:
    assert "result" in call(Client(server_of(Telemetry())))
    script = (
        "import sys; import mcpgen_runtime.layers as layers; print('opentelemetry' in sys.modules);"
        "layers.Telemetry; print(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_servers_name_it_in_their_stack(recorded: Recorded) -> None:
    from mcpgen_runtime.layers import stack

    assert stack(Server("s", "1", layers=[recorded.layer])) == "Telemetry()"


@BOTH
def test_names_that_clients_invent_take_no_memory_whoever_refuses_them(
    revision: str, recorded: Recorded
) -> None:
    server = server_of(recorded.layer, no_more)
    client = Client(server, revision)
    for number in range(3):
        client.error("tools/call", {"name": f"invented-{number}"})
        client.error("prompts/get", {"name": f"invented-{number}"})
        client.error(f"invented/{number}")
    call(client)
    seen = {
        (each.attributes["mcp.method.name"], each.attributes.get("gen_ai.tool.name"))
        for each in recorded.points()
        if each.attributes.get("error.type") == "-31000"
    }
    assert seen == {("tools/call", None), ("tools/call", "work"), ("prompts/get", None), ("_OTHER", None)}
    assert not any("gen_ai.prompt.name" in each.attributes for each in recorded.points())
