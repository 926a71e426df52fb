"""What the log says of a request, and the id that is the same wherever it is mentioned."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import ToolError
from mcpgen_runtime.host import Driver
from mcpgen_runtime.layers import JsonLines, RequestLog, WithCorrelation

from ..core.client import NEUTRAL, Client
from .workbench import ALL, BOTH, Json, call, server_of


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a log of JSON lines gets, of the requests and of everything else."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(WithCorrelation())
    handler.setFormatter(JsonLines())
    logger = logging.getLogger()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(before)


def told(lines: io.StringIO) -> list[Json]:
    """The lines so far, parsed."""
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    lines.truncate(0)
    lines.seek(0)
    return found


@ALL
def test_each_request_is_one_line(revision: str, lines: io.StringIO) -> None:
    client = Client(server_of(RequestLog()), revision, principal="ann")
    told(lines)
    call(client, secret="not for the log")
    (line,) = told(lines)
    assert "secret" not in json.dumps(line)
    assert {key: line[key] for key in ("logger", "level", "method", "name", "outcome", "principal")} == {
        "logger": "mcpgen_runtime.requests",
        "level": "info",
        "method": "tools/call",
        "name": "work",
        "outcome": "result",
        "principal": "ann",
    }
    assert (line["revision"], line["transport"], line["milliseconds"]) == (revision, "memory", 0.0)
    assert line["message"] == f"tools/call 'work': result in 0.0 ms [{line['correlation_id']}]"


@BOTH
def test_the_id_is_the_same_in_every_line_in_the_context_and_in_the_error(
    revision: str, lines: io.StringIO
) -> None:
    def work(arguments: Json, ctx: RequestContext) -> str:
        logging.getLogger("shop").warning("half done")
        raise RuntimeError(f"a secret of {ctx.correlation_id}")

    client = Client(server_of(RequestLog(), tool=work), revision)
    told(lines)
    first, second = call(client)["error"]["data"], call(client)["error"]["data"]
    found = told(lines)
    assert [line["logger"] for line in found] == 2 * ["shop", "mcpgen_runtime", "mcpgen_runtime.requests"]
    assert {line["correlation_id"] for line in found[:3]} == {first["correlationId"]}
    assert {line["correlation_id"] for line in found[3:]} == {second["correlationId"]}
    assert first != second
    assert "a secret" in found[1]["exception"]
    assert (found[2]["outcome"], found[2]["level"]) == ("error -32603", "warning")


@BOTH
def test_outcomes_are_told_apart(revision: str, lines: io.StringIO) -> None:
    driver = Driver()

    async def work(arguments: Json, ctx: RequestContext) -> str:
        if "fail" in arguments:
            raise ToolError("no luck")
        if "wait" in arguments:
            await driver.promise()
        await ctx.elicit("Name?", {"type": "object", "properties": {}})
        return "done"

    client = Client(server_of(RequestLog(), tool=work), revision, driver=driver)
    told(lines)
    call(client, fail=True)
    client.start("tools/call", {"name": "work", "arguments": {"wait": True}}, id="slow")
    driver.advance(1.5)
    client.cancel("slow")
    client.converse("tools/call", {"name": "work"}, lambda method, params: {"action": "decline"})
    client.request("tools/call", {"name": "saw\nnext line"})
    found = [line for line in told(lines) if line["logger"] == "mcpgen_runtime.requests"]
    rounds = ["input required", "result"] if revision == NEUTRAL else ["result"]
    assert [line["outcome"] for line in found] == ["tool error", "cancelled", *rounds, "error -32602"]
    assert found[1]["milliseconds"] == 1500
    assert "\n" not in found[-1]["message"]


def test_requests_that_wait_at_the_same_time_keep_their_ids_apart(lines: io.StringIO) -> None:
    driver = Driver()
    promises = {name: driver.promise() for name in ("a", "b")}

    async def work(arguments: Json, ctx: RequestContext) -> str:
        await promises[arguments["name"]]
        logging.getLogger("shop").warning(arguments["name"])
        return "done"

    ids = iter(["id-a", "id-b"])
    client = Client(server_of(RequestLog(correlation_id=lambda: next(ids)), tool=work), driver=driver)
    for name in "ab":
        client.start("tools/call", {"name": "work", "arguments": {"name": name}}, id=name)
    for name in "ba":
        promises[name].set_result(None)
        driver.run()
    spoken = [(line["message"], line["correlation_id"]) for line in told(lines) if line["logger"] == "shop"]
    assert spoken == [("b", "id-b"), ("a", "id-a")]


@BOTH
def test_the_trace_that_a_client_names_is_told(revision: str, lines: io.StringIO) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"

    def traced(traceparent: Any) -> Any:
        client = Client(server_of(RequestLog()), revision, meta={"traceparent": traceparent})
        told(lines)
        call(client)
        return told(lines)[0].get("trace_id")

    assert traced(f"00-{trace}-00f067aa0ba902b7-01") == trace
    assert traced("garbage") is None
    assert traced(7) is None


def test_nothing_is_formatted_for_a_log_that_nobody_wants(caplog: pytest.LogCaptureFixture) -> None:
    client = Client(server_of(RequestLog("quiet")))
    with caplog.at_level(logging.WARNING, "quiet"):
        call(client)
        assert caplog.records == []
        client.request("no/such")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
