"""A server whose tools ask others over HTTP: served natively and as a component."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from mcpgen_runtime import RequestContext, Server
from mcpgen_runtime.outgoing import FetchFailed, fetch

Arguments = dict[str, Any]


async def ask(arguments: Arguments, ctx: RequestContext) -> str:
    """What is answered, as JSON; or why nothing is."""
    try:
        answer = await fetch(**arguments)
    except (FetchFailed, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return json.dumps({"status": answer.status, "kind": answer.header("Content-Type"), "text": answer.text()})


async def ask_all(arguments: Arguments, ctx: RequestContext) -> str:
    """What several answer that are asked at once, in the order of the addresses."""
    answers = await asyncio.gather(*(fetch(url) for url in arguments["urls"]))
    return json.dumps([answer.text() for answer in answers])


async def ask_briefly(arguments: Arguments, ctx: RequestContext) -> str:
    """Ask, and give up after so many seconds."""
    try:
        async with asyncio.timeout(arguments["seconds"]):
            await fetch(arguments["url"])
    except TimeoutError:
        return "gave up"
    return "answered"


server = Server("asking", "1.0.0")
for tool in (ask, ask_all, ask_briefly):
    server.add_tool({"name": tool.__name__, "inputSchema": {"type": "object"}}, tool)
