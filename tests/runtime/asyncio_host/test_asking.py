"""Questions asked side by side, with what asyncio has for that, work in both eras."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.runtime.core.client import META, NEUTRAL

from mcpgen_runtime.connection import Connection
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.server import Server
from mcpgen_runtime.transports.asyncio_host import AsyncioHost

from .conftest import Run, turns

FORM = {"type": "object", "properties": {"name": {"type": "string"}}}


async def with_gather(ctx: RequestContext) -> list[str]:
    """Names, asked for by `asyncio.gather`."""
    answers = await asyncio.gather(*(ctx.elicit(f"{number}?", FORM) for number in range(3)))
    return [str((answer.content or {})["name"]) for answer in answers]


async def with_group(ctx: RequestContext) -> list[str]:
    """Names, asked for in a group of tasks, one of them inside another."""
    async with asyncio.TaskGroup() as group:
        first = group.create_task(ctx.elicit("0?", FORM))
        async with asyncio.TaskGroup() as inner:
            rest = [inner.create_task(ctx.elicit(f"{number}?", FORM)) for number in (1, 2)]
    return [str((task.result().content or {})["name"]) for task in (first, *rest)]


async def with_timeout(ctx: RequestContext) -> list[str]:
    """Names, each asked for with a timeout."""
    answers = []
    for number in range(3):
        async with asyncio.timeout(5):
            answers.append(await ctx.elicit(f"{number}?", FORM))
    return [str((answer.content or {})["name"]) for answer in answers]


def no_eager_group(host: AsyncioHost) -> None:
    """Skip where tasks are eager: there a group takes no second task once the first has asked."""
    if host.loop.get_task_factory() is not None:
        pytest.skip("an eager task ends its group before the next one is in it")


async def named(
    host: AsyncioHost, revision: str, ask: Callable[[RequestContext], Awaitable[list[str]]]
) -> str:
    """The text of a tool that asks for names, whose client answers "N0", "N1" and "N2"."""

    async def handler(arguments: dict[str, Any], ctx: RequestContext) -> str:
        return " ".join(await ask(ctx))

    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": {"type": "object"}}, handler)
    sent: list[bytes] = []
    connection = Connection(ServerCore(server), host, sent.extend, limits=Limits(), transport="memory")

    async def receive(*messages: dict[str, Any]) -> list[Any]:
        sent.clear()
        connection.receive([json.dumps({"jsonrpc": "2.0", **message}).encode() for message in messages])
        await turns(20)
        return [json.loads(text) for text in sent]

    def answer(question: dict[str, Any]) -> dict[str, Any]:
        return {"action": "accept", "content": {"name": f"N{question['message'][0]}"}}

    capabilities: dict[str, Any] = {"elicitation": {}}
    params: dict[str, Any] = {"name": "t"}
    if revision == NEUTRAL:
        params["_meta"] = {META + "protocolVersion": revision, META + "clientCapabilities": capabilities}
    else:
        client = {"clientInfo": {"name": "c", "version": "1"}, "capabilities": capabilities}
        opening = {"id": 0, "method": "initialize", "params": {"protocolVersion": revision, **client}}
        await receive(opening)
        await receive({"method": "notifications/initialized"})
    frames = await receive({"id": 1, "method": "tools/call", "params": params})
    for _ in range(10):
        last = frames[-1]
        if "method" in last:
            frames = await receive(*({"id": each["id"], "result": answer(each["params"])} for each in frames))
            continue
        if "inputRequests" not in last.get("result", {}):
            return str(last["result"]["content"][0]["text"])
        asked = last["result"]["inputRequests"].items()
        params["requestState"] = last["result"]["requestState"]
        params["inputResponses"] = {key: answer(each["params"]) for key, each in asked}
        frames = await receive({"id": 1, "method": "tools/call", "params": params})
    raise AssertionError("questions without end")


@pytest.mark.parametrize("revision", [NEUTRAL, "2025-11-25"])
@pytest.mark.parametrize("ask", [with_gather, with_group, with_timeout])
def test_questions_side_by_side_are_answered_each_in_its_place(run: Run, revision: str, ask: Any) -> None:
    async def main(host: AsyncioHost) -> None:
        if ask is with_group:
            no_eager_group(host)
        assert await named(host, revision, ask) == "N0 N1 N2"

    run(main)


async def fails_beside(ctx: RequestContext) -> list[str]:
    """Asks, and fails in another task meanwhile."""

    async def fail() -> None:
        raise KeyError("the password")

    async with asyncio.TaskGroup() as group:
        group.create_task(ctx.elicit("0?", FORM))
        group.create_task(fail())
    return []


@pytest.mark.parametrize("revision", [NEUTRAL, "2025-11-25"])
def test_what_fails_beside_a_question_fails_the_request(
    run: Run, revision: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main(host: AsyncioHost) -> None:
        no_eager_group(host)
        with pytest.raises(KeyError, match="result"):
            await named(host, revision, fails_beside)

    run(main)
    assert "KeyError" in caplog.text
