"""Our server under measure: one tool, its input validated.

    mcpgen serve tests/bench/servers/ours.py:server [--stdio | --http HOST:PORT]

TOOLS=1000 adds that many tools. WITHOUT_ORJSON=1 leaves JSON to the standard library.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from mcpgen_runtime import RequestContext, Server

if os.environ.get("WITHOUT_ORJSON"):
    sys.modules["orjson"] = None  # type: ignore[assignment]

SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}

server = Server("bench", "1")


async def echo(arguments: dict[str, Any], ctx: RequestContext) -> str:
    text: str = arguments["text"]
    return text


for number in range(int(os.environ.get("TOOLS", "0"))):
    server.add_tool({"name": f"tool_{number}", "description": "d" * 120, "inputSchema": SCHEMA}, echo)
server.add_tool({"name": "echo", "description": "Echo", "inputSchema": SCHEMA}, echo)


def change(arguments: dict[str, Any], ctx: RequestContext) -> str:
    server.remove_tool("change")
    server.add_tool({"name": "change", "inputSchema": {"type": "object"}}, change)
    return "changed"


server.add_tool({"name": "change", "inputSchema": {"type": "object"}}, change)
