"""The server under soak: its tools answer, wait, report progress, flood and fail.

mcpgen serve tests.soak.server:server
"""

from __future__ import annotations

import asyncio
from typing import Any

from mcpgen_runtime import RequestContext, Server

server = Server("soak", "1")


def _takes(**properties: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": type} for name, type in properties.items()},
        "required": list(properties),
    }


def echo(arguments: dict[str, Any], ctx: RequestContext) -> str:
    text: str = arguments["text"]
    return text


async def wait(arguments: dict[str, Any], ctx: RequestContext) -> str:
    await asyncio.sleep(arguments["seconds"])
    return "waited"


async def steps(arguments: dict[str, Any], ctx: RequestContext) -> str:
    for step in range(int(arguments["count"])):
        await ctx.progress(step + 1)
        if step % 2:
            await asyncio.sleep(0)
    return "done"


def flood(arguments: dict[str, Any], ctx: RequestContext) -> str:
    return "x" * int(arguments["bytes"])


def fail(arguments: dict[str, Any], ctx: RequestContext) -> str:
    raise ValueError("as a bug in a handler does")


def change(arguments: dict[str, Any], ctx: RequestContext) -> str:
    server.remove_tool("change")
    server.add_tool({"name": "change", "inputSchema": _takes()}, change)
    return "changed"


for handler, schema in (
    (echo, _takes(text="string")),
    (wait, _takes(seconds="number")),
    (steps, _takes(count="integer")),
    (flood, _takes(bytes="integer")),
    (fail, _takes()),
    (change, _takes()),
):
    server.add_tool({"name": handler.__name__, "inputSchema": schema}, handler)
