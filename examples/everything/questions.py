"""Tools that ask: the user, the client's model, the client itself.

The calls below mean the same to every client. Up to 2025-11-25 the server sends a request and the handler
waits. Since 2026-07-28 the call ends with the question, and the retry that brings the answer runs the
handler again from the top: so do nothing before a question that must not be done twice.
"""

from __future__ import annotations

from typing import Any

from mcpgen_runtime import RequestContext, Server
from mcpgen_types.v2026_07_28 import (
    CreateMessageRequestParams,
    ElicitResult,
    SamplingMessage,
    TextContent,
)


def shown(answer: ElicitResult) -> str:
    # The user may decline or cancel; only accepted answers have a content.
    return f"action={answer.action}, content={answer.content or {}}"


async def sampling(arguments: dict[str, Any], ctx: RequestContext) -> str:
    prompt = SamplingMessage(role="user", content=TextContent(text=arguments["prompt"]))
    result = await ctx.sample(CreateMessageRequestParams(messages=[prompt], max_tokens=100))
    assert isinstance(result.content, TextContent)
    return f"LLM response: {result.content.text}"


async def elicitation(arguments: dict[str, Any], ctx: RequestContext) -> str:
    answer = await ctx.elicit(
        arguments["message"],
        {
            "type": "object",
            "properties": {
                "username": {"type": "string", "description": "User's response"},
                "email": {"type": "string", "description": "User's email address"},
            },
            "required": ["username", "email"],
        },
    )
    return f"User response: {shown(answer)}"


async def elicitation_defaults(arguments: dict[str, Any], ctx: RequestContext) -> str:
    answer = await ctx.elicit(
        "Please provide user information",
        {
            "type": "object",
            "properties": {
                "name": {"type": "string", "default": "John Doe"},
                "age": {"type": "integer", "default": 30},
                "score": {"type": "number", "default": 95.5},
                "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
                "verified": {"type": "boolean", "default": True},
            },
        },
    )
    return f"Elicitation completed: {shown(answer)}"


async def elicitation_enums(arguments: dict[str, Any], ctx: RequestContext) -> str:
    plain = ["option1", "option2", "option3"]
    titled = [
        {"const": "value1", "title": "First Option"},
        {"const": "value2", "title": "Second Option"},
        {"const": "value3", "title": "Third Option"},
    ]
    answer = await ctx.elicit(
        "Please choose",
        {
            "type": "object",
            "properties": {
                "untitledSingle": {"type": "string", "enum": plain},
                "titledSingle": {"type": "string", "oneOf": titled},
                # How titles were given before 2025-11-25.
                "legacyEnum": {
                    "type": "string",
                    "enum": ["opt1", "opt2", "opt3"],
                    "enumNames": ["Option One", "Option Two", "Option Three"],
                },
                "untitledMulti": {"type": "array", "items": {"type": "string", "enum": plain}},
                "titledMulti": {"type": "array", "items": {"anyOf": titled}},
            },
        },
    )
    return f"Elicitation completed: {shown(answer)}"


async def elicitation_after_progress(arguments: dict[str, Any], ctx: RequestContext) -> str:
    # What a call has sent before it asks has been sent: the question ends the stream, it does not undo it.
    await ctx.progress(1, total=2, message="About to ask")
    answer = await ctx.elicit("Go on?", {"type": "object", "properties": {"ok": {"type": "boolean"}}})
    return f"User response: {shown(answer)}"


async def elicitation_url(arguments: dict[str, Any], ctx: RequestContext) -> str:
    # For what the client must not see, such as a password or a payment: the user goes to a page of ours.
    answer = await ctx.elicit_url("Please sign in", "https://example.com/sign-in", elicitation_id="sign-in")
    return f"User response: action={answer.action}"


async def missing_capability(arguments: dict[str, Any], ctx: RequestContext) -> str:
    # Nothing to check here: to ask a client for what it has not declared ends the call with an error that
    # names the capability.
    return await sampling({"prompt": "Are you there?"}, ctx)


def register(server: Server) -> None:
    """Offer the tools of this module."""
    nothing = {"type": "object"}
    server.add_tool(
        {
            "name": "test_sampling",
            "description": "Asks the client's model",
            "inputSchema": {
                "type": "object",
                "properties": {"prompt": {"type": "string"}},
                "required": ["prompt"],
            },
        },
        sampling,
    )
    server.add_tool(
        {
            "name": "test_elicitation",
            "description": "Asks the user",
            "inputSchema": {
                "type": "object",
                "properties": {"message": {"type": "string"}},
                "required": ["message"],
            },
        },
        elicitation,
    )
    for name, description, handler in (
        ("test_elicitation_sep1034_defaults", "Asks the user, with defaults", elicitation_defaults),
        ("test_elicitation_sep1330_enums", "Asks the user to choose", elicitation_enums),
        ("test_streaming_elicitation", "Reports progress, then asks the user", elicitation_after_progress),
        ("elicitation_url", "Sends the user to a page", elicitation_url),
        ("test_missing_capability", "Needs a client with a model", missing_capability),
    ):
        server.add_tool({"name": name, "description": description, "inputSchema": nothing}, handler)
