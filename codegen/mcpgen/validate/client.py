"""The validator as a client: who it says it is, what it declares, and how it answers a server's requests.

It declares what it can answer without a person or a model: no roots, a refusal to every form, and one
fixed sentence for sampling. Declared, because many servers show their full surface only to a client that
has these; harmless, because nothing of the user's leaves through them. `bare` declares nothing.
"""

from __future__ import annotations

import json
from typing import Any

from mcpgen import __version__
from mcpgen_runtime.client.opening import (
    META_CAPABILITIES,
    META_CLIENT,
    META_LOG_LEVEL,
    META_SERVER,
    META_SUBSCRIPTION,
    META_VERSION,
)
from mcpgen_runtime.revisions import LEGACY as _NEWEST_FIRST
from mcpgen_runtime.revisions import NEUTRAL
from mcpgen_types import REVISIONS

LEGACY = tuple(reversed(_NEWEST_FIRST))
MODERN = (NEUTRAL,)

CLIENT_INFO = {"name": "mcpgen-validate", "version": __version__}

_NO_MODEL = "mcpgen validate has no model; this text stands in for what one would have said."


def era_of(revision: str) -> str:
    """`modern` for the revisions without a handshake, `legacy` for the others."""
    return "modern" if revision in MODERN else "legacy"


def capabilities(
    revision: str,
    *,
    bare: bool = False,
    sampling_tools: bool = False,
    elicit_url: bool = False,
    tasks: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What the validator declares to a server of this revision.

    Using tools in sampling, URLs to open, and `tasks` only where asked for.
    """
    if bare:
        return {}
    declared: dict[str, Any] = {"roots": {}, "sampling": {}}
    if sampling_tools and revision >= "2025-11-25":
        declared["sampling"] = {"tools": {}}
    if revision >= "2025-06-18":
        # An empty object means forms; the name for them is newer than the capability.
        declared["elicitation"] = {} if revision == "2025-06-18" else {"form": {}}
    if elicit_url and revision >= "2025-11-25":
        declared["elicitation"]["url"] = {}
    if tasks is not None and revision == "2025-11-25":
        declared["tasks"] = tasks
    return declared


def declares(declared: dict[str, Any], path: str) -> bool:
    """Whether a capability such as `elicitation.url` is among those declared."""
    keys = path.split(".")
    if keys[:2] == ["elicitation", "form"]:
        keys = keys[:1]
    node: Any = declared
    for key in keys:
        if not isinstance(node, dict) or node.get(key) in (None, False):
            return False
        node = node[key]
    return True


def result_for(method: str, declared: dict[str, Any], params: Any = None) -> dict[str, Any] | None:
    """The result that answers a server's request, or None where the validator does not do that."""
    if method == "ping":
        return {}
    if method == "roots/list" and "roots" in declared:
        return {"roots": []}
    if method == "elicitation/create" and "elicitation" in declared:
        return {"action": "decline"}
    if method == "sampling/createMessage" and "sampling" in declared:
        tool = _tool_to_use(params) if declares(declared, "sampling.tools") else None
        if tool is not None:
            use = {"type": "tool_use", "id": "use-1", "name": tool["name"], "input": {}}
            return {"role": "assistant", "content": use, "model": "none", "stopReason": "toolUse"}
        return {
            "role": "assistant",
            "content": {"type": "text", "text": _NO_MODEL},
            "model": "none",
            "stopReason": "endTurn",
        }
    return None


def _tool_to_use(params: Any) -> dict[str, Any] | None:
    """The tool that a model would use, once: it is offered, and none was used before."""
    if not isinstance(params, dict) or "tool_result" in json.dumps(params.get("messages")):
        return None
    offered = params.get("tools")
    named = [tool for tool in offered if isinstance(tool, dict)] if isinstance(offered, list) else []
    return next((tool for tool in named if isinstance(tool.get("name"), str)), None)


def reply_to(request: dict[str, Any], declared: dict[str, Any]) -> dict[str, Any]:
    """The JSON-RPC answer to a server's request."""
    method = request.get("method")
    result = result_for(method, declared, request.get("params")) if isinstance(method, str) else None
    reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
    if result is None:
        reply["error"] = {"code": -32601, "message": f"mcpgen validate does not answer {method}"}
    else:
        reply["result"] = result
    return reply


def input_responses(requests: Any, declared: dict[str, Any]) -> dict[str, Any] | None:
    """Responses to the `inputRequests` of an InputRequiredResult; None when one cannot be answered."""
    if requests is None:
        return {}
    if not isinstance(requests, dict):
        return None
    responses: dict[str, Any] = {}
    for key, request in requests.items():
        method, params = (
            (request.get("method"), request.get("params")) if isinstance(request, dict) else (None, None)
        )
        result = result_for(method, declared, params) if isinstance(method, str) else None
        if result is None:
            return None
        responses[key] = result
    return responses


__all__ = [
    "CLIENT_INFO",
    "LEGACY",
    "META_CAPABILITIES",
    "META_CLIENT",
    "META_LOG_LEVEL",
    "META_SERVER",
    "META_SUBSCRIPTION",
    "META_VERSION",
    "MODERN",
    "REVISIONS",
    "capabilities",
    "declares",
    "era_of",
    "input_responses",
    "reply_to",
    "result_for",
]
