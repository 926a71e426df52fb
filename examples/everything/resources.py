"""Resources: at a fixed URI, of a family of URIs, in bytes, and watched by clients."""

from __future__ import annotations

import base64
import json
from typing import Any

import work
from content import RED_PIXEL

from mcpgen_runtime import RequestContext, ResourceNotFound, Server

KNOWN_IDS = ("123", "124", "200")

touches = 0


def static_text(uri: str, ctx: RequestContext) -> str:
    return "This is the content of the static text resource."


def static_binary(uri: str, ctx: RequestContext) -> bytes:
    return base64.b64decode(RED_PIXEL)


def data(uri: str, variables: dict[str, Any], ctx: RequestContext) -> str:
    if variables["id"] not in KNOWN_IDS:
        raise ResourceNotFound(uri)
    return json.dumps(
        {"id": variables["id"], "templateTest": True, "data": f"Data for ID: {variables['id']}"}
    )


def complete_id(typed: str, settled: dict[str, str], ctx: RequestContext) -> list[str]:
    return [each for each in KNOWN_IDS if each.startswith(typed)]


def watched(uri: str, ctx: RequestContext) -> str:
    return f"Touched {touches} time(s)"


def cancelled_waits(uri: str, ctx: RequestContext) -> str:
    return str(work.cancelled_waits)


def register(server: Server) -> None:
    """Offer the resources, and a tool that changes one of them."""

    def touch(arguments: dict[str, Any], ctx: RequestContext) -> str:
        global touches
        touches += 1
        # Whoever subscribed is told, in the way of its revision, whatever connection it has.
        server.resource_updated("test://watched-resource")
        return "Touched"

    server.add_resource(
        {
            "uri": "test://static-text",
            "name": "static-text",
            "description": "Text that never changes",
            "mimeType": "text/plain",
        },
        static_text,
    )
    server.add_resource(
        {
            "uri": "test://static-binary",
            "name": "static-binary",
            "description": "A picture",
            "mimeType": "image/png",
        },
        static_binary,
    )
    server.add_resource(
        {
            "uri": "test://watched-resource",
            "name": "watched-resource",
            "description": "Subscribe to it, then call the tool `touch`",
            "mimeType": "text/plain",
        },
        watched,
    )
    server.add_resource(
        {
            "uri": "test://cancelled-waits",
            "name": "cancelled-waits",
            "description": "How many calls of the tool `wait` were cancelled",
            "mimeType": "text/plain",
        },
        cancelled_waits,
    )
    server.add_resource_template(
        {
            "uriTemplate": "test://template/{id}/data",
            "name": "data",
            "description": "What is known of an id",
            "mimeType": "application/json",
        },
        data,
        complete={"id": complete_id},
    )
    server.add_tool(
        {"name": "touch", "description": "Changes the watched resource", "inputSchema": {"type": "object"}},
        touch,
    )
