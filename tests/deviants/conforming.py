"""The server that all deviants are mutations of: every feature once, in both eras, and no rule broken."""

from __future__ import annotations

from typing import Any, Literal

from mcpgen_runtime import RequestContext, ResourceNotFound, Server
from mcpgen_types.v2026_07_28 import (
    CreateMessageRequestParams,
    EmbeddedResource,
    ImageContent,
    PromptMessage,
    ResourceLink,
    SamplingMessage,
    TextResourceContents,
    ToolUseContent,
    decode_SamplingMessage,
    decode_Tool,
)

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
FORM = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
SUM = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
TIME = {"type": "object", "properties": {"time": {"type": "string"}}, "required": ["time"]}
READ_ONLY = {"readOnlyHint": True}
NOTHING: dict[str, Any] = {"type": "object"}
CITIES = ("Lima", "Lisbon", "London")


def server() -> Server:
    """A new one: what happens to it happens to no other."""
    made = Server("conforming", "1.0.0", page_size=3, ttl_ms=1000, cache_scope="public")
    _tools(made)
    _resources(made)
    _prompts(made)
    return made


def _tools(made: Server) -> None:
    def tool(name: str, handler: Any, schema: dict[str, Any] = NOTHING, **more: Any) -> None:
        definition = {
            "name": name,
            "description": "Of the conforming server",
            "inputSchema": schema,
            "annotations": READ_ONLY,
            **more,
        }
        made.add_tool(definition, handler)

    mirrored = {"type": "string", "x-mcp-header": "Region"}
    terms = {
        "a": {"type": "integer", "x-mcp-header": "Term"},
        "b": {"type": "integer", "x-mcp-header": "Other"},
        "region": mirrored,
    }
    schema = {"type": "object", "properties": terms, "required": ["a", "region"]}
    tool("add", _add, schema, outputSchema=SUM)
    tool("work", _work, _meta={"traceparent": f"00-{'1' * 32}-{'2' * 16}-00"})
    tool("embed", _embed)
    tool("ask", _ask)
    tool("confirm", _confirm)


def _add(arguments: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    return {"sum": arguments["a"] + arguments.get("b", 0)}


async def _work(arguments: dict[str, Any], ctx: RequestContext) -> str:
    await ctx.progress(1, total=2)
    await ctx.log("info", "half done")
    await ctx.progress(2, total=2)
    return "done"


def _embed(arguments: dict[str, Any], ctx: RequestContext) -> list[EmbeddedResource | ResourceLink]:
    contents = TextResourceContents(uri="memo://one", mime_type="text/plain", text="one")
    return [
        EmbeddedResource(resource=contents),
        ResourceLink(uri="memo://two", name="two", mime_type="application/octet-stream"),
    ]


async def _ask(arguments: dict[str, Any], ctx: RequestContext) -> str:
    declared = ctx.client_capabilities
    said: list[str] = []
    if declared.elicitation is not None:
        said.append((await ctx.elicit("Who are you?", FORM, key="name")).action)
    if declared.elicitation is not None and declared.elicitation.url is not None:
        said.append((await ctx.elicit_url("Log in", "https://example.com/login", key="login")).action)
    if declared.sampling is not None:
        asked = CreateMessageRequestParams(
            messages=[_said("user", {"type": "text", "text": "Hello"})], max_tokens=9
        )
        said.append((await ctx.sample(asked, key="text")).model)
    if declared.sampling is not None and declared.sampling.tools is not None:
        said.append(await _with_tools(ctx))
    if declared.roots is not None:
        said.append(str(len(await ctx.list_roots(key="roots"))))
    return ", ".join(said) or "nobody to ask"


async def _confirm(arguments: dict[str, Any], ctx: RequestContext) -> str:
    if ctx.client_capabilities.elicitation is None:
        return "nobody to ask"
    return (await ctx.elicit("Are you sure?", FORM, key="sure")).action


def _said(role: Literal["user", "assistant"], content: Any) -> SamplingMessage:
    return decode_SamplingMessage({"role": role, "content": content})


async def _with_tools(ctx: RequestContext) -> str:
    """Let the model use a tool, and tell it what came of that."""
    question = _said("user", {"type": "text", "text": "What is the time?"})
    clock = decode_Tool({"name": "clock", "inputSchema": NOTHING, "outputSchema": TIME})
    asked = CreateMessageRequestParams(messages=[question], max_tokens=9, tools=[clock])
    answer = await ctx.sample(asked, key="use")
    blocks = answer.content if isinstance(answer.content, list) else [answer.content]
    used = [block for block in blocks if isinstance(block, ToolUseContent)]
    if not used:
        return "no tool used"
    use = {"type": "tool_use", "id": used[0].id, "name": used[0].name, "input": used[0].input}
    result = {
        "type": "tool_result",
        "toolUseId": used[0].id,
        "content": [{"type": "text", "text": "noon"}],
        "structuredContent": {"time": "noon"},
    }
    told = [question, _said("assistant", use), _said("user", result)]
    after = CreateMessageRequestParams(messages=told, max_tokens=9, tools=[clock])
    return (await ctx.sample(after, key="after")).model


def _resources(made: Server) -> None:
    made.add_resource({"uri": "memo://one", "name": "one", "mimeType": "text/plain"}, lambda uri, ctx: "one")
    made.add_resource({"uri": "memo://two", "name": "two"}, lambda uri, ctx: b"\0two")
    made.add_resource({"uri": "file:///srv/notes/one.txt", "name": "note"}, lambda uri, ctx: "one")
    made.add_resource_template(
        {"uriTemplate": "memo://city/{city}", "name": "city"}, _city, complete={"city": _completed}
    )


def _city(uri: str, variables: dict[str, Any], ctx: RequestContext) -> str:
    if variables["city"] not in CITIES:
        raise ResourceNotFound(uri)
    return f"All about {variables['city']}"


def _completed(typed: str, settled: dict[str, str], ctx: RequestContext) -> list[str]:
    return [city for city in CITIES if city.startswith(typed)]


def _prompts(made: Server) -> None:
    made.add_prompt(
        {"name": "greet", "arguments": [{"name": "city", "required": True}]},
        lambda arguments, ctx: f"Greetings from {arguments['city']}!",
        complete={"city": _completed},
    )
    made.add_prompt({"name": "show"}, _show)


def _show(arguments: dict[str, str], ctx: RequestContext) -> list[PromptMessage]:
    contents = TextResourceContents(uri="memo://one", mime_type="text/plain", text="one")
    return [
        PromptMessage(role="user", content=ImageContent(data=PIXEL, mime_type="image/png")),
        PromptMessage(role="user", content=EmbeddedResource(resource=contents)),
    ]
