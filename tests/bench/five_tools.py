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
                    "protocolVersion": "2025-11-25",
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "five", "version": "1"},
                }
            }
        case "tools/list" if "cursor" in request.get("params", {}):
            return {"error": {"code": -32602, "message": "there is one page only"}}
        case "tools/list":
            return {"result": {"tools": TOOLS}}
        case "ping":
            return {"result": {}}
        case "tools/call":
            return {"error": {"code": -32602, "message": "there is no such tool"}}
        case _:
            return {"error": {"code": -32601, "message": "there is no such method"}}


def reply(line: str) -> dict[str, Any] | None:
    """The answer to a line, if it wants one."""
    try:
        request = json.loads(line)
    except ValueError:
        return {"id": None, "error": {"code": -32700, "message": "this is no JSON"}}
    if (
        not isinstance(request, dict)
        or request.get("jsonrpc") != "2.0"
        or not isinstance(request.get("method"), str)
    ):
        return {"id": None, "error": {"code": -32600, "message": "this is no request"}}
    return {"id": request["id"], **answer(request)} if "id" in request else None


for line in sys.stdin:
    replied = reply(line)
    if replied is not None:
        print(json.dumps({"jsonrpc": "2.0", **replied}), flush=True)
