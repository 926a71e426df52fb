"""Our server under measure, code-first."""

from __future__ import annotations

import os
import sys

if os.environ.get("WITHOUT_ORJSON"):
    sys.modules["orjson"] = None  # type: ignore[assignment]

from mcpgen_runtime import Server

server = Server("bench", "1")


@server.tool(description="Echo")
async def echo(text: str) -> str:
    return text
