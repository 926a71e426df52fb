"""Tools that change what the server offers while it runs. Clients that listen are told."""

from __future__ import annotations

from typing import Any

from content import simple_text
from prompts import simple

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.server import Server


def register(server: Server) -> None:
    """Offer the tools of this module."""

    def change_tools(arguments: dict[str, Any], ctx: RequestContext) -> str:
        if "test_dynamic_tool" in server.tools:
            server.remove_tool("test_dynamic_tool")
            return "Removed test_dynamic_tool"
        server.add_tool(
            {
                "name": "test_dynamic_tool",
                "description": "Comes and goes",
                "inputSchema": {"type": "object"},
            },
            simple_text,
        )
        return "Added test_dynamic_tool"

    def change_prompts(arguments: dict[str, Any], ctx: RequestContext) -> str:
        if "test_dynamic_prompt" in server.prompts:
            server.remove_prompt("test_dynamic_prompt")
            return "Removed test_dynamic_prompt"
        server.add_prompt({"name": "test_dynamic_prompt", "description": "Comes and goes"}, simple)
        return "Added test_dynamic_prompt"

    server.add_tool(
        {
            "name": "test_trigger_tool_change",
            "description": "Adds a tool, or removes it again",
            "inputSchema": {"type": "object"},
        },
        change_tools,
    )
    server.add_tool(
        {
            "name": "test_trigger_prompt_change",
            "description": "Adds a prompt, or removes it again",
            "inputSchema": {"type": "object"},
        },
        change_prompts,
    )
