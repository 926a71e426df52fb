"""A stdio server of five tools on the standard library alone, for `just bench --only validate`."""

from __future__ import annotations

import json
import sys
from typing import Any

TOOLS = [
    {
        "name": f"tool_{number}",
        "description": "Does something.",
        "inputSchema": {
            "type": "object",
            "properties": {"text": {"type": "string", "description": "What to do it with."}},
        },
    }
    for number in range(5)
]


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The result or the error that a request gets."""
    match request["method"]:
        case "initialize":
            return {
                "result": {
                    "protocolVersion": request["params"]["protocolVersion"],
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "five", "version": "1"},
                }
            }
        case "tools/list":
            return {"result": {"tools": TOOLS}}
        case "ping":
            return {"result": {}}
        case "tools/call":
            return {"error": {"code": -32602, "message": "there is no such tool"}}
        case _:
            return {"error": {"code": -32601, "message": "there is no such method"}}


for line in sys.stdin:
    request = json.loads(line)
    if isinstance(request, dict) and "id" in request and "method" in request:
        print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer(request)}), flush=True)
