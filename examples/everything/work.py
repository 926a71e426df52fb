"""Tools that take their time: progress, log messages, cancellation, and a client that hangs up meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

from mcpgen_runtime import RequestContext, Server

#: How many calls of `wait` their clients have cancelled; see the resource test://cancelled-waits.
cancelled_waits = 0


async def with_progress(arguments: dict[str, Any], ctx: RequestContext) -> str:
    for step in (0, 50, 100):
        # Reaches the client where it sent a progress token with the call; else it goes nowhere.
        await ctx.progress(step, total=100, message=f"Completed step {step} of 100")
        await asyncio.sleep(0.05)
    return "Tool with progress executed successfully"


async def with_logging(arguments: dict[str, Any], ctx: RequestContext) -> str:
    # Each client chose the level it wants to hear: for its session up to 2025-11-25, per request since.
    await ctx.log("info", "Tool execution started")
    await asyncio.sleep(0.05)
    await ctx.log("info", "Tool processing data")
    await asyncio.sleep(0.05)
    await ctx.log("info", "Tool execution completed", logger="everything")
    return "Tool with logging executed successfully"


async def wait(arguments: dict[str, Any], ctx: RequestContext) -> str:
    # A client that cancels the call ends this coroutine where it waits. Nothing is answered then.
    global cancelled_waits
    await ctx.progress(0, total=1, message="Waiting")
    try:
        await asyncio.sleep(arguments["seconds"])
    except asyncio.CancelledError:
        cancelled_waits += 1
        raise
    return "Nothing happened"


async def reconnection(arguments: dict[str, Any], ctx: RequestContext) -> str:
    # On HTTP with 2025-11-25, a server may close the connection of a long call: the client comes back
    # for the rest and misses nothing. Elsewhere this does nothing.
    await ctx.close_stream()
    await asyncio.sleep(0.1)
    return "Reconnection test completed"


def register(server: Server) -> None:
    """Offer the tools of this module."""
    nothing = {"type": "object"}
    server.add_tool(
        {"name": "test_tool_with_progress", "description": "Reports its progress", "inputSchema": nothing},
        with_progress,
    )
    server.add_tool(
        {"name": "test_tool_with_logging", "description": "Logs what it does", "inputSchema": nothing},
        with_logging,
    )
    # The same under the name by which the suite checks that nobody gets log messages unasked.
    server.add_tool(
        {"name": "test_logging_tool", "description": "Logs what it does", "inputSchema": nothing},
        with_logging,
    )
    server.add_tool(
        {
            "name": "wait",
            "description": "Waits to be cancelled",
            "inputSchema": {
                "type": "object",
                "properties": {"seconds": {"type": "number", "minimum": 0, "maximum": 60}},
                "required": ["seconds"],
            },
        },
        wait,
    )
    server.add_tool(
        {
            "name": "test_reconnection",
            "description": "Closes the connection while it works",
            "inputSchema": nothing,
        },
        reconnection,
    )
