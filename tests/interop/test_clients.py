"""Clients that others wrote, as real processes, against examples/everything: each uses every feature once.

The scripts are in tests/peers/clients. Each prints what its client saw, in the same words, and what is
expected depends on the revision alone.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime.revisions import LEGACY, NEUTRAL, REVISIONS

Require = Callable[[str | Path], str]

CLIENTS = {
    "mcp_2.py": REVISIONS,
    "fastmcp_4.py": REVISIONS,
    "typescript_1.mjs": LEGACY,
    "typescript_2.mjs": REVISIONS,
}
MEETINGS = [
    *((client, revision, "stdio") for client in CLIENTS for revision in CLIENTS[client]),
    *((client, revision, "http") for client in CLIENTS for revision in CLIENTS[client]),
    # HTTP+SSE is what 2024-11-05 had instead.
    *((client, "2024-11-05", "sse") for client in CLIENTS),
    # The only client that has a WebSocket.
    *(("typescript_1.mjs", revision, "websocket") for revision in CLIENTS["typescript_1.mjs"]),
]
RED_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
TOOLS = [
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "resource_link",
    "add",
    "test_error_handling",
    "json_schema_2020_12_tool",
    "test_x_mcp_header",
    "test_tool_with_progress",
    "test_tool_with_logging",
    "test_logging_tool",
    "wait",
    "test_reconnection",
    "test_sampling",
    "test_elicitation",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
    "test_streaming_elicitation",
    "elicitation_url",
    "test_missing_capability",
    "test_input_required_result_elicitation",
    "test_input_required_result_sampling",
    "test_input_required_result_list_roots",
    "test_input_required_result_multi_round",
    "test_input_required_result_tampered_state",
    "test_input_required_result_request_state",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_capabilities",
    "touch",
    "test_trigger_tool_change",
    "test_trigger_prompt_change",
]


def expected(revision: str) -> dict[str, Any]:
    """What any client sees in that revision."""
    structured = revision >= "2025-06-18"
    return {
        "revision": revision,
        "server": "everything",
        "tools": TOOLS,
        "prompts": [
            "test_simple_prompt",
            "test_prompt_with_arguments",
            "test_prompt_with_embedded_resource",
            "test_prompt_with_image",
            "test_input_required_result_prompt",
        ],
        "resources": [
            "test://static-text",
            "test://static-binary",
            "test://watched-resource",
            "test://cancelled-waits",
        ],
        "templates": ["test://template/{id}/data"],
        # What a revision does not know comes as text.
        "sum": ['{"sum":5.5}', {"sum": 5.5} if structured else None],
        "link": "resource_link" if structured else "text",
        "tool error": [True, "This tool intentionally returns an error for testing"],
        "unknown tool": -32602,
        "text": "This is the content of the static text resource.",
        "blob": RED_PIXEL,
        "template": {"id": "123", "templateTest": True, "data": "Data for ID: 123"},
        "unknown resource": -32602 if revision == NEUTRAL else -32002,
        "prompt": "Prompt with arguments: arg1='Paris', arg2='Louvre'",
        "cities": ["Lima", "Lisbon"],
        # What is settled already is told since 2025-06-18.
        "sights": ["Louvre"] if structured else [],
        "ids": ["123", "124"],
        "elicited": "User response: action=accept, content={'username': 'ada', 'email': 'ada@example.com'}"
        if structured
        else -32600,
        # Pages to visit came with 2025-11-25.
        "visited": "User response: action=accept" if revision >= "2025-11-25" else -32600,
        "sampled": "LLM response: echo of hello",
        "roots": "Client exposed 1 root(s): file:///work",
        "progress": [[0, 100], [50, 100], [100, 100]],
        "log": ["Tool execution started", "Tool processing data", "Tool execution completed"],
        # Over HTTP in 2025-11-25 the server hangs up meanwhile, and the client comes back for the answer.
        "reconnected": "Reconnection test completed",
        "cancelled": 1,
        "changes": ["ResourceUpdated", "ToolsListChanged"],
    }


def interpreter(script: Path, peers: Path, require_tool: Require) -> str:
    if script.suffix == ".py":
        return require_tool(peers / ".venv/bin/python")
    return require_tool(peers / "node_modules/.bin/node")


@pytest.mark.slow
@pytest.mark.parametrize(("client", "revision", "transport"), MEETINGS)
def test_client_sees_everything(
    client: str,
    revision: str,
    transport: str,
    peers: Path,
    everything_directory: Path,
    everything_url: str,
    mcpgen: str,
    require_tool: Require,
) -> None:
    script = peers / "clients" / client
    target = {
        "stdio": [mcpgen, "serve", "server:server", "--stdio"],
        "http": [everything_url],
        "sse": [everything_url.removesuffix("/mcp") + "/sse"],
        "websocket": [everything_url.replace("http://", "ws://")],
    }
    run = subprocess.run(
        [interpreter(script, peers, require_tool), script, transport, revision, *target[transport]],
        cwd=everything_directory,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    saw = json.loads(run.stdout)
    if client == "typescript_2.mjs":
        # It tells its users the newest code, whatever the older revisions have for it.
        assert saw.pop("unknown resource") == -32602
        saw["unknown resource"] = expected(revision)["unknown resource"]
    assert saw == expected(revision)
