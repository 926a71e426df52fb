"""A server made with the official Python SDK, with one of everything that a client can use, in both eras.

The interpreter of tests/peers runs it: `official_server.py stdio`, `http PORT` or `sse PORT`.
"""

import sys
from typing import Annotated

import anyio
from mcp.server.mcpserver import Context, Elicit, ListRoots, MCPServer, Resolve, Sample
from mcp_types import (
    Completion,
    CreateMessageResult,
    ListRootsResult,
    SamplingMessage,
    TextContent,
)
from pydantic import BaseModel

server = MCPServer("official", instructions="Be careful.")


class Name(BaseModel):
    name: str


def who() -> Elicit[Name]:
    return Elicit("Who are you?", Name)


def poem() -> Sample:
    return Sample(
        [SamplingMessage(role="user", content=TextContent(type="text", text="A poem, please"))], max_tokens=50
    )


def roots() -> ListRoots:
    return ListRoots()


@server.tool()
def echo(text: str) -> str:
    return text


@server.tool()
def fail() -> str:
    raise ValueError("no")


@server.tool()
async def count(to: int, ctx: Context) -> str:
    for step in range(1, to + 1):
        await ctx.report_progress(step, to, f"step {step}")
        await ctx.info(f"counting {step}")
    return f"counted to {to}"


@server.tool()
async def wait(seconds: float) -> str:
    try:
        await anyio.sleep(seconds)
    except BaseException:
        print("the wait was cancelled", file=sys.stderr, flush=True)
        raise
    return "waited"


@server.tool()
async def greet(name: Annotated[Name, Resolve(who)]) -> str:
    return f"Hello, {name.name}"


@server.tool()
async def recite(answer: Annotated[CreateMessageResult, Resolve(poem)]) -> str:
    return f"It goes: {answer.content.text}"


@server.tool()
async def where(answer: Annotated[ListRootsResult, Resolve(roots)]) -> str:
    return ", ".join(str(root.uri) for root in answer.roots)


@server.tool()
async def touch(uri: str, ctx: Context) -> str:
    await ctx.notify_resource_updated(uri)
    await ctx.notify_tools_changed()
    return "touched"


@server.resource("note://one")
def note() -> str:
    return "the note"


@server.resource("file:///{name}")
def file(name: str) -> str:
    return f"the file {name}"


@server.prompt()
def review(code: str) -> str:
    return f"Review {code}"


@server.completion()
async def complete(ref, argument, context):
    return Completion(values=[f"{argument.value}{end}" for end in ("1", "2")], total=2, has_more=False)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["stdio"]:
            server.run("stdio")
        case ["http", port]:
            server.run("streamable-http", port=int(port))
        case ["sse", port]:
            server.run("sse", port=int(port))
