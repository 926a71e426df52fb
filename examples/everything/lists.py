"""Tools that change what the server offers while it runs. Clients that listen are told of each change."""

from __future__ import annotations

from typing import Any

from content import simple_text
from prompts import simple

from mcpgen_runtime import RequestContext, Server


def register(server: Server) -> None:
    """Offer the tools of this module."""

    def change_tools(arguments: dict[str, Any], ctx: RequestContext) -> str:
        definition = {
            "name": "test_dynamic_tool",
            "description": "Comes and goes",
            "inputSchema": {"type": "object"},
        }
        server.add_tool(definition, simple_text)
        server.remove_tool("test_dynamic_tool")
        return "A tool came and went"

    def change_prompts(arguments: dict[str, Any], ctx: RequestContext) -> str:
        server.add_prompt({"name": "test_dynamic_prompt", "description": "Comes and goes"}, simple)
        server.remove_prompt("test_dynamic_prompt")
        return "A prompt came and went"

    for name, description, handler in (
        ("test_trigger_tool_change", "Adds a tool and removes it again", change_tools),
        ("test_trigger_prompt_change", "Adds a prompt and removes it again", change_prompts),
    ):
        server.add_tool(
            {"name": name, "description": description, "inputSchema": {"type": "object"}}, handler
        )
