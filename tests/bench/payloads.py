"""Messages as real servers send them, read from JSON text, so that no key is a literal of ours."""

from __future__ import annotations

import json
from typing import Any

_VERBS = ("search", "create", "update", "delete", "list", "summarise", "export", "watch", "merge", "label")
_THINGS = ("issue", "page", "file", "branch", "event", "ticket", "invoice", "contact", "query", "dashboard")

_PARAMETERS: dict[str, dict[str, Any]] = {
    "query": {"type": "string", "description": "What to look for; words in quotes must appear together"},
    "limit": {
        "type": "integer",
        "description": "How many to return",
        "minimum": 1,
        "maximum": 100,
        "default": 20,
    },
    "cursor": {"type": "string", "description": "Where the previous page ended"},
    "archived": {"type": "boolean", "description": "Whether archived ones are included", "default": False},
    "labels": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Only those with all of these labels",
    },
}


def tool_list(revision: str, tools: int = 100) -> Any:
    """A `ListToolsResult` of `tools` tools with 3 to 5 parameters each, every third with annotations."""
    listed = [_tool(number) for number in range(tools)]
    return _read({"tools": listed, **_modern(revision, {"ttlMs": 60_000, "cacheScope": "private"})})


def tool_result(revision: str, blocks: int = 5) -> Any:
    """A `CallToolResult` of `blocks` text blocks."""
    text = (
        "Merged #4821 into main after two approvals; the deploy to staging began at 14:02 and took 3 minutes."
    )
    content = [{"type": "text", "text": f"{number}. {text}"} for number in range(blocks)]
    return _read({"content": content, "isError": False, **_modern(revision, {})})


def _tool(number: int) -> dict[str, Any]:
    verb, thing = _VERBS[number % 10], _THINGS[number // 10 % 10]
    names = list(_PARAMETERS)[: 3 + number % 3]
    tool: dict[str, Any] = {
        "name": f"{verb}_{thing}",
        "title": f"{verb.title()} {thing}s",
        "description": f"{verb.title()} one {thing} or several that the caller may see, the newest first.",
        "inputSchema": {
            "type": "object",
            "properties": {name: _PARAMETERS[name] for name in names},
            "required": names[:1],
        },
    }
    if number % 3 == 0:
        tool["annotations"] = {"readOnlyHint": verb in ("search", "list"), "openWorldHint": True}
    return tool


def _modern(revision: str, more: dict[str, Any]) -> dict[str, Any]:
    return {"resultType": "complete", **more} if revision >= "2026-07-28" else {}


def _read(message: dict[str, Any]) -> Any:
    return json.loads(json.dumps(message))
