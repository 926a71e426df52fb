"""A small server whose tools do what transports must stand: wait, print, fail, flood, and worse.

mcpgen serve tests/runtime/servers/workshop.py:server
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import McpError
from mcpgen_runtime.server import Server

H = TypeVar("H", bound=Callable[..., Any])

server = Server("workshop", "1.0.0")

NOTHING: dict[str, Any] = {"type": "object"}


def tool(name: str, schema: dict[str, Any] = NOTHING, **more: Any) -> Callable[[H], H]:
    """Offer what is decorated as a tool."""

    def offer(handler: H) -> H:
        server.add_tool({"name": name, "inputSchema": schema, **more}, handler)
        return handler

    return offer


ECHO = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


@tool("echo", ECHO)
def echo(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """What it is given."""
    text: str = arguments["text"]
    return text


@tool("wait", {"type": "object", "properties": {"seconds": {"type": "number"}}, "required": ["seconds"]})
async def wait(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """Takes some time."""
    await asyncio.sleep(arguments["seconds"])
    return "waited"


@tool("flood", {"type": "object", "properties": {"bytes": {"type": "integer"}}, "required": ["bytes"]})
def flood(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """As much as one wants."""
    return "x" * int(arguments["bytes"])


@tool("fail")
def fail(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """Raises what no client must see."""
    raise ValueError("the password is swordfish")


@tool("fail.unspeakably")
def fail_unspeakably(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """Raises what nobody can write down."""
    raise McpError("look at this", data=object())


#: The names that calls of `hold` hold.
held: set[str] = set()
HOLD = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


@tool("hold", HOLD)
async def hold(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """Holds a name until it is cancelled."""
    held.add(arguments["name"])
    try:
        await asyncio.Event().wait()
    finally:
        held.discard(arguments["name"])
    return "never"


@tool("is_held", HOLD)
def is_held(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """Whether a call holds the name: yes or no."""
    return "yes" if arguments["name"] in held else "no"


@tool(
    "contradict",
    outputSchema={"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]},
)
def contradict(arguments: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """Breaks its own output schema."""
    return {"count": "many"}


@tool("print")
def print_everywhere(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """Prints to standard output in every way there is."""
    print("by print")
    assert sys.__stdout__ is not None
    sys.__stdout__.write("by the old object\n")
    os.write(1, b"by descriptor\n")
    subprocess.run([sys.executable, "-c", "print('by a child')"], check=True)
    return f"read {sys.stdin.read()!r}"


@tool("block", {"type": "object", "properties": {"seconds": {"type": "number"}}, "required": ["seconds"]})
async def block(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """Takes some time in a thread, which nobody can stop."""
    await asyncio.to_thread(time.sleep, arguments["seconds"])
    return "blocked"


LATER = {"type": "object", "properties": {"bytes": {"type": "integer"}, "seconds": {"type": "number"}}}


@tool("flood.later", LATER)
async def flood_later(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """As much as one wants, after some time."""
    await asyncio.sleep(arguments["seconds"])
    return "x" * int(arguments["bytes"])


@tool("ask")
async def ask(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """Asks the user, and waits for the answer."""
    answer = await ctx.elicit("What is your quest?", {"type": "object", "properties": {}})
    return answer.action
