"""The workbench of the HTTP tests, inside a component; `workbench` is copied beside this."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from workbench import Workbench

from mcpgen_runtime.context import RequestContext

server = Workbench().server


async def linger(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """Reports, and then waits to be cancelled; it prints that it was."""
    await ctx.progress(1)
    try:
        await asyncio.sleep(arguments["seconds"])
    except asyncio.CancelledError:
        print("it was cancelled", file=sys.stderr)
        raise
    return "nobody cancelled it"


async def steps(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """Reports twice, half a second apart."""
    await ctx.progress(1)
    await asyncio.sleep(0.5)
    await ctx.progress(2)
    return "done"


for tool in (linger, steps):
    server.add_tool({"name": tool.__name__, "inputSchema": {"type": "object"}}, tool)
