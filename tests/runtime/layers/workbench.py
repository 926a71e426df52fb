"""A server whose layers are under test, and a client of each revision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import McpError
from mcpgen_runtime.jsonrpc import Request, Response
from mcpgen_runtime.layering import CallNext, Layer
from mcpgen_runtime.server import Server

from ..core.client import NEUTRAL, REVISIONS, Client

Json = dict[str, Any]
ALL = pytest.mark.parametrize("revision", REVISIONS)
#: One of each era.
BOTH = pytest.mark.parametrize("revision", [NEUTRAL, "2025-11-25"])
ANYTHING: Json = {"type": "object"}
Handler = Callable[[Json, RequestContext], Any]


def server_of(
    *layers: Layer,
    tool: Handler = lambda arguments, ctx: "done",
    of_tool: Iterable[Layer] = (),
    **options: Any,
) -> Server:
    """A server with one tool `work`, with `layers` around all of it and `of_tool` around the tool."""
    server = Server("layered", "1", layers=layers, **options)
    server.add_tool({"name": "work", "inputSchema": ANYTHING}, tool, layers=of_tool)
    return server


def call(client: Client, tool: str = "work", **arguments: Any) -> Json:
    """The answer to a call."""
    return client.request("tools/call", {"name": tool, "arguments": arguments})


def text_of(answer: Mapping[str, Any]) -> str:
    """The text of a tool's result."""
    assert "result" in answer, answer
    text: str = answer["result"]["content"][0]["text"]
    return text


def noting(heard: list[str], name: str) -> Layer:
    """A layer that notes when it is entered and left."""

    async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        heard.append(f"{name} before {request.method}")
        response = await call_next(request, ctx)
        heard.append(f"{name} after {request.method}")
        return response

    return layer


async def no_more(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
    """A layer that refuses whatever comes once the session is open, as a limit does."""
    if request.method == "initialize":
        return await call_next(request, ctx)
    raise McpError("No more", code=-31000)


def handler_noting(heard: list[str]) -> Handler:
    """A tool that notes when it runs."""

    def handler(arguments: Json, ctx: RequestContext) -> str:
        heard.append("handler")
        return "done"

    return handler
