"""What the clients of the benchmarks send."""

from __future__ import annotations

import json
from typing import Any

LEGACY, MODERN = "2025-11-25", "2026-07-28"
REVISIONS = (LEGACY, MODERN)
_PREFIX = "io.modelcontextprotocol/"
CLIENT = {"name": "bench", "version": "1"}
META = {
    f"{_PREFIX}protocolVersion": MODERN,
    f"{_PREFIX}clientInfo": CLIENT,
    f"{_PREFIX}clientCapabilities": {},
}
CALL = {"name": "echo", "arguments": {"text": "hello"}}


def request(revision: str, id: int | str, method: str, params: dict[str, Any] | None = None) -> bytes:
    """A request as one line, without its end."""
    params = dict(params or {})
    if revision == MODERN:
        params["_meta"] = META
    message = {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
    return json.dumps(message, separators=(",", ":")).encode()


def initialize() -> bytes:
    """The legacy era's opening."""
    params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": CLIENT}
    return request(LEGACY, "init", "initialize", params)


INITIALIZED = b'{"jsonrpc":"2.0","method":"notifications/initialized"}'


def headers(
    revision: str, method: str, name: str | None = None, session: str | None = None
) -> dict[str, str]:
    """The HTTP headers of a request."""
    found = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if method != "initialize":
        found["MCP-Protocol-Version"] = revision
    if revision == MODERN:
        found["Mcp-Method"] = method
        if name:
            found["Mcp-Name"] = name
    if session:
        found["Mcp-Session-Id"] = session
    return found
