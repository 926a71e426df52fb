"""A server of 2025-11-25 over stdio with one fault, named on its command line; none without a name.

Standard library only: it is started a hundred times in a test.

    character   ends at one code point
    number      answers -32603 from one number on
    hang        stops reading after a long text
    state       answers wrongly after an unsubscription
    lax         takes arguments that its schema forbids
    leak        ends with what it was given in confidence, after an unsubscription
    frame       ends at what is no JSON, and is lax
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
SCHEMA = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "number": {"type": "integer"},
        "seconds": {"type": "number"},
    },
    "required": ["text"],
}
TOOLS = [
    {
        "name": "echo",
        "description": "Says it again.",
        "inputSchema": SCHEMA,
        "annotations": {"readOnlyHint": True},
    },
    {"name": "erase", "description": "Erases it all.", "inputSchema": {"type": "object"}},
]
CAPABILITIES = {"tools": {}, "resources": {"subscribe": True}}
left = False


class Refused(Exception):
    """Answered with an error of this code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def is_number(value: Any, *, whole: bool) -> bool:
    """Whether `value` is a number, in the sense of JSON Schema."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return not whole or value == int(value)


def call(params: dict[str, Any]) -> dict[str, Any]:
    """The result of `tools/call`."""
    if params.get("name") != "echo":
        raise Refused(-32602, "Unknown tool")
    given = params.get("arguments")
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        raise Refused(-32602, "Invalid arguments")
    number, seconds = given.get("number", 0), given.get("seconds", 0)
    if FAULT not in ("lax", "frame") and not (
        is_number(number, whole=True) and is_number(seconds, whole=False)
    ):
        raise Refused(-32602, "Invalid arguments")
    if FAULT == "character" and "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}" in given["text"]:
        sys.exit("cannot say that")
    if FAULT == "number" and number > 1000:
        raise Refused(-32603, "Internal error")
    if FAULT == "hang" and len(given["text"]) > 300:
        time.sleep(3600)
    if FAULT == "leak" and left:
        sys.exit(f"ended with {os.environ['API_TOKEN']}")
    if FAULT == "state" and left:
        return {"content": "nothing"}
    return {"content": [{"type": "text", "text": given["text"]}]}


def answer(method: str, params: Any) -> dict[str, Any]:
    """The result of a request. Raises `Refused`."""
    global left
    if params is not None and not isinstance(params, dict):
        raise Refused(-32602, "Invalid params")
    params = params or {}
    match method:
        case "initialize":
            server = {"name": "planted", "version": "1"}
            return {"protocolVersion": "2025-11-25", "capabilities": CAPABILITIES, "serverInfo": server}
        case "ping" | "resources/subscribe":
            return {}
        case "resources/unsubscribe":
            left = True
            return {}
        case "tools/list":
            return {"tools": TOOLS}
        case "resources/list":
            return {"resources": [{"uri": "text:a", "name": "a"}]}
        case "resources/templates/list":
            return {"resourceTemplates": []}
        case "resources/read" if params.get("uri") == "text:a":
            return {"contents": [{"uri": "text:a", "text": "a"}]}
        case "resources/read":
            raise Refused(-32002, "Resource not found")
        case "tools/call":
            return call(params)
    raise Refused(-32601, "Method not found")


def refuse_constant(name: str) -> Any:
    """`NaN` is no JSON."""
    raise ValueError(name)


for line in sys.stdin:
    try:
        message = json.loads(line, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        if FAULT == "frame":
            raise
        continue
    method = message.get("method") if isinstance(message, dict) else None
    if not isinstance(method, str) or message.get("id") is None:
        continue
    reply: dict[str, Any] = {"jsonrpc": "2.0", "id": message["id"]}
    try:
        reply["result"] = answer(method, message.get("params"))
    except Refused as refused:
        reply["error"] = {"code": refused.code, "message": str(refused)}
    print(json.dumps(reply), flush=True)
