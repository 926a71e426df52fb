"""A server inside every layer that needs no package, for tests over real transports: `layered.py:server`."""

from __future__ import annotations

import asyncio
from typing import Any

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.layers import (
    AllowList,
    Cache,
    CallNext,
    RateLimit,
    Request,
    RequestLog,
    Response,
    Timeout,
    Timing,
)
from mcpgen_runtime.server import Server

ANYTHING = {"type": "object"}
NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
timing = Timing()


async def broken(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
    """A layer that breaks."""
    raise RuntimeError("a secret")


server = Server(
    "layered",
    "1.0.0",
    ttl_ms=60_000,
    cache_scope="public",
    layers=[
        RequestLog(),
        timing,
        AllowList(tools=["echo", "wait", "ask", "broken", "limited", "entered"]),
        Cache(),
        Timeout(20),
    ],
)


def entered(arguments: dict[str, Any], ctx: RequestContext) -> str:
    return str(timing.figures["tools/list", None].count)


async def wait(arguments: dict[str, Any], ctx: RequestContext) -> str:
    await asyncio.sleep(60)
    return "never"


async def ask(arguments: dict[str, Any], ctx: RequestContext) -> str:
    answer = await ctx.elicit("Your name?", NAME)
    return str((answer.content or {}).get("name"))


server.add_tool({"name": "echo", "inputSchema": ANYTHING}, lambda arguments, ctx: str(arguments["text"]))
server.add_tool({"name": "hidden", "inputSchema": ANYTHING}, lambda arguments, ctx: "hidden")
server.add_tool({"name": "entered", "inputSchema": ANYTHING}, entered)
server.add_tool({"name": "wait", "inputSchema": ANYTHING}, wait, layers=[Timeout(0.1)])
server.add_tool({"name": "ask", "inputSchema": ANYTHING}, ask, layers=[Timeout(10)])
server.add_tool({"name": "broken", "inputSchema": ANYTHING}, lambda arguments, ctx: "", layers=[broken])
server.add_tool(
    {"name": "limited", "inputSchema": ANYTHING},
    lambda arguments, ctx: "done",
    layers=[RateLimit(0.001, burst=1, per=lambda request, ctx: request.params["arguments"]["key"])],
)
