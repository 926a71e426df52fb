"""A server with tools that do one thing each, when the test says so."""

from __future__ import annotations

import asyncio
from typing import Any

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.server import Server

Json = dict[str, Any]

ANY: Json = {"type": "object"}
TEXT: Json = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
REGION: Json = {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}
FORM: Json = {"type": "object", "properties": {"name": {"type": "string"}}}


class Workbench:
    """The server; `go` lets its waiting tools go on, `began` and `ended` say what became of them."""

    def __init__(self) -> None:
        self.server = Server("workbench", "1")
        self.go = asyncio.Event()
        self.began = asyncio.Event()
        self.ended: list[str] = []
        self.seen: list[RequestContext] = []
        tools = {
            "echo": TEXT,
            "wait": ANY,
            "pause": ANY,
            "report": ANY,
            "report_and_wait": ANY,
            "wait_and_report": ANY,
            "ask": ANY,
            "flood": ANY,
            "hang_up": ANY,
            "locate": REGION,
            "change": ANY,
            "not_json": ANY,
        }
        for name, schema in tools.items():
            self.server.add_tool({"name": name, "inputSchema": schema}, getattr(self, name))
        self.server.add_resource({"uri": "test://a", "name": "a"}, lambda uri, ctx: "A")

    def echo(self, arguments: Json, ctx: RequestContext) -> str:
        """What it is given."""
        self.seen.append(ctx)
        text: str = arguments["text"]
        return text

    async def wait(self, arguments: Json, ctx: RequestContext) -> str:
        """Says nothing until it may go on."""
        await self._wait()
        return "waited"

    async def pause(self, arguments: Json, ctx: RequestContext) -> str:
        """Waits for a turn of the loop."""
        await asyncio.sleep(0)
        return "paused"

    async def report(self, arguments: Json, ctx: RequestContext) -> str:
        """Says how far it is, and never waits."""
        await ctx.progress(1, total=2)
        await ctx.progress(2, total=2)
        return "reported"

    async def report_and_wait(self, arguments: Json, ctx: RequestContext) -> str:
        """Says how far it is before and after it waits."""
        await ctx.progress(1, total=2)
        await self._wait()
        await ctx.progress(2, total=2)
        return "reported"

    async def wait_and_report(self, arguments: Json, ctx: RequestContext) -> str:
        """Says how far it is once it may go on."""
        await self._wait()
        await ctx.progress(1)
        return "reported"

    async def ask(self, arguments: Json, ctx: RequestContext) -> str:
        """Asks the user for a name."""
        answer = await ctx.elicit("Who?", FORM)
        return f"{answer.action}: {answer.content}"

    async def flood(self, arguments: Json, ctx: RequestContext) -> str:
        """Reports more than anybody wants to read."""
        for step in range(int(arguments.get("reports", 1000))):
            await ctx.progress(step, message="x" * 1000)
            await asyncio.sleep(0)
        return "flooded"

    async def hang_up(self, arguments: Json, ctx: RequestContext) -> str:
        """Closes the stream of its own answer, says how far it is, and waits."""
        await ctx.close_stream()
        await ctx.progress(1)
        await self._wait()
        return "still here"

    def locate(self, arguments: Json, ctx: RequestContext) -> str:
        """Has an argument that a header mirrors."""
        region: str = arguments.get("region", "nowhere")
        return region

    def change(self, arguments: Json, ctx: RequestContext) -> str:
        """Changes what there is."""
        self.server.add_tool({"name": f"new-{len(self.server.tools)}", "inputSchema": ANY}, self.echo)
        self.server.resource_updated("test://a")
        return "changed"

    def not_json(self, arguments: Json, ctx: RequestContext) -> Json:
        """Returns what nobody can write down."""
        return {"value": float("nan")}

    async def _wait(self) -> None:
        self.began.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.ended.append("cancelled")
            raise
        self.ended.append("done")
