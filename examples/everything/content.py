"""What a tool may return: text, pictures, sound, resources, links, structured values, and errors."""

from __future__ import annotations

from typing import Any

from mcpgen_runtime import RequestContext, Server, ToolError
from mcpgen_types.v2026_07_28 import (
    AudioContent,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

#: A picture of one red pixel, and a sound of no length.
RED_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="

#: The whole vocabulary of JSON Schema 2020-12 may describe a tool's arguments, and clients get it as written.
CONTACT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def simple_text(arguments: dict[str, Any], ctx: RequestContext) -> str:
    # A handler that waits for nothing needs no `async`.
    return "This is a simple text response for testing."


def image(arguments: dict[str, Any], ctx: RequestContext) -> ImageContent:
    return ImageContent(data=RED_PIXEL, mime_type="image/png")


def audio(arguments: dict[str, Any], ctx: RequestContext) -> AudioContent:
    return AudioContent(data=SILENCE, mime_type="audio/wav")


def embedded_resource(arguments: dict[str, Any], ctx: RequestContext) -> EmbeddedResource:
    return EmbeddedResource(
        resource=TextResourceContents(
            uri="test://embedded-resource",
            mime_type="text/plain",
            text="This is an embedded resource content.",
        )
    )


def multiple_content_types(
    arguments: dict[str, Any], ctx: RequestContext
) -> list[TextContent | ImageContent | EmbeddedResource]:
    return [
        TextContent(text="Multiple content types test:"),
        ImageContent(data=RED_PIXEL, mime_type="image/png"),
        EmbeddedResource(
            resource=TextResourceContents(
                uri="test://mixed-content-resource",
                mime_type="application/json",
                text='{"test":"data","value":123}',
            )
        ),
    ]


def resource_link(arguments: dict[str, Any], ctx: RequestContext) -> ResourceLink:
    # Clients older than 2025-06-18 know no links: they get the same as text, without a line of code here.
    return ResourceLink(uri="test://static-text", name="static-text", mime_type="text/plain")


def add(arguments: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    # A dict is structured content. It is held against the tool's outputSchema before it is sent.
    return {"sum": arguments["a"] + arguments["b"]}


def error_handling(arguments: dict[str, Any], ctx: RequestContext) -> str:
    # For the model to read, and to try again. What any other exception says stays here, in the log.
    raise ToolError("This tool intentionally returns an error for testing")


def contact(arguments: dict[str, Any], ctx: RequestContext) -> str:
    return f"Contact: {arguments.get('phone') or arguments['email']}"


def mirrored(arguments: dict[str, Any], ctx: RequestContext) -> str:
    return f"region={arguments.get('region', 'none')}"


def register(server: Server) -> None:
    """Offer the tools of this module."""
    nothing = {"type": "object"}
    # The arguments of each call are held against the inputSchema before the handler sees them.
    server.add_tool(
        {"name": "test_simple_text", "description": "Returns a line of text", "inputSchema": nothing},
        simple_text,
    )
    server.add_tool(
        {"name": "test_image_content", "description": "Returns a picture", "inputSchema": nothing}, image
    )
    server.add_tool(
        {"name": "test_audio_content", "description": "Returns a sound", "inputSchema": nothing}, audio
    )
    server.add_tool(
        {
            "name": "test_embedded_resource",
            "description": "Returns a resource inside the result",
            "inputSchema": nothing,
        },
        embedded_resource,
    )
    server.add_tool(
        {
            "name": "test_multiple_content_types",
            "description": "Returns text, a picture and a resource",
            "inputSchema": nothing,
        },
        multiple_content_types,
    )
    server.add_tool(
        {"name": "resource_link", "description": "Returns a link to a resource", "inputSchema": nothing},
        resource_link,
    )
    server.add_tool(
        {
            "name": "add",
            "title": "Add two numbers",
            "description": "Returns a structured value",
            # Hints for the client, by the server's own account: a host may ask its user less often.
            "annotations": {"readOnlyHint": True, "idempotentHint": True, "openWorldHint": False},
            "icons": [
                {"src": f"data:image/png;base64,{RED_PIXEL}", "mimeType": "image/png", "sizes": ["1x1"]}
            ],
            "inputSchema": {
                "type": "object",
                "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
                "required": ["a", "b"],
            },
            "outputSchema": {
                "type": "object",
                "properties": {"sum": {"type": "number"}},
                "required": ["sum"],
            },
        },
        add,
    )
    server.add_tool(
        {"name": "test_error_handling", "description": "Always fails", "inputSchema": nothing}, error_handling
    )
    server.add_tool(
        {
            "name": "json_schema_2020_12_tool",
            "description": "Takes a contact, which a schema with conditions describes",
            "inputSchema": CONTACT,
        },
        contact,
    )
    server.add_tool(
        {
            "name": "test_x_mcp_header",
            "description": "Has its argument repeated in a header, by which a proxy can route the call",
            "inputSchema": {
                "type": "object",
                "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
            },
        },
        mirrored,
    )
