"""A server whose handlers do what each request tells them to: wait, report, ask, fail, answer with anything.

A script is a list of words. Those before the last are steps, the last says how the handler ends. Whatever
a handler tells or asks names its request, so that every message can be traced to where it came from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.errors import McpError, ResourceNotFound, ToolError, UrlElicitationRequired
from mcpgen_runtime.host import Promise
from mcpgen_runtime.jsonrpc import Request, RequestId, Response
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import (
    Annotations,
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    CreateMessageRequestParams,
    ElicitRequest,
    EmbeddedResource,
    ImageContent,
    InputRequiredResult,
    PromptMessage,
    ResourceLink,
    SamplingMessage,
    TextContent,
    TextResourceContents,
    Tool,
    decode_Annotations,
    decode_ElicitRequest,
    decode_Tool,
)

#: A code of an application's own, which a handler may answer with.
REFUSED = -31000
WAITS = ("wait", "stubborn wait")
REPORTS = ("progress", "log debug", "log info", "log error")
#: What a handler may ask, and the capability of the client that it takes.
QUESTIONS = {
    "elicit": "form",
    "elicit url": "url",
    "sample": "sampling",
    "sample with tools": "sampling.tools",
    "list roots": "roots",
    "ask twice at once": "form",
}
#: How a handler ends that gives nothing.
FAILURES = ("raise", "refuse", "not found", "url required", "tool error", "abort", "nonsense")

_PICTURE = "iVBORw0KGgo="
_ICONS = [
    {"src": "https://example.com/icon.png", "mimeType": "image/png", "sizes": ["48x48"], "theme": "dark"}
]
_FORM = {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "number"}}}


class Abort(BaseException):
    """What a handler raises that ends more than itself."""


def for_the_user() -> Annotations:
    """With a key that only the later revisions know."""
    return decode_Annotations({"audience": ["user"], "priority": 0.5, "lastModified": "2026-07-28T00:00:00Z"})


def text() -> TextContent:
    """Annotated text."""
    return TextContent(text="völlig 🎈 anders", annotations=for_the_user())


def link() -> ResourceLink:
    """A link with everything on it."""
    return ResourceLink(uri="x://a", name="a", title="A", size=1, annotations=for_the_user())


def audio() -> AudioContent:
    """A sound."""
    return AudioContent(data=_PICTURE, mime_type="audio/wav", annotations=for_the_user())


def picture() -> ImageContent:
    """An image."""
    return ImageContent(data=_PICTURE, mime_type="image/png", annotations=for_the_user())


def embedded() -> EmbeddedResource:
    """A resource inside of a result."""
    return EmbeddedResource(resource=TextResourceContents(uri="x://a", text="a"), annotations=for_the_user())


def structured(value: Any) -> CallToolResult:
    """Structured content and nothing beside it."""
    return CallToolResult(content=[], structured_content=value, result_type="complete")


#: What a tool may give.
TOOL_GIFTS: dict[str, Callable[[], Any]] = {
    "text": text,
    "a string": lambda: "plain",
    "every block": lambda: [text(), picture(), audio(), link(), embedded()],
    "audio": audio,
    "a link": link,
    "an object": lambda: {"n": 1, "deep": {"x": [1.5, None, True]}},
    "a structured list": lambda: structured([1, "two", None]),
    "a structured number": lambda: structured(1.5),
    "nothing": lambda: structured({}),
    "no number": lambda: structured({"n": float("nan")}),
    "half a character": lambda: "\ud800",
    "huge number": lambda: {"n": 2**80},
}
RESOURCE_GIFTS: dict[str, Callable[[], Any]] = {
    "text": lambda: "plain ß",
    "bytes": lambda: b"\x00\xff",
    "contents": lambda: [
        TextResourceContents(uri="x://1", text="one", mime_type="text/plain"),
        BlobResourceContents(uri="x://2", blob=_PICTURE),
    ],
}
PROMPT_GIFTS: dict[str, Callable[[], Any]] = {
    "text": lambda: "plain",
    "every block": lambda: [
        PromptMessage(role=role, content=content())
        for role in ("user", "assistant")
        for content in (text, picture, audio, link, embedded)
    ],
    "a link": lambda: PromptMessage(role="assistant", content=link()),
}
GIFTS = {"tools/call": TOOL_GIFTS, "resources/read": RESOURCE_GIFTS, "prompts/get": PROMPT_GIFTS}
#: A handler that ends with this wants input first, and says so in a result that it makes itself.
WANTS_INPUT = "input required"


class Scripted:
    """The server, its core, and what goes on in its handlers. `promise` makes what handlers wait for."""

    def __init__(self, promise: Callable[[], Promise[Any]]) -> None:
        self.promise = promise
        #: The requests whose handlers run, and what some of them wait for.
        self.performing: list[RequestId] = []
        self.gates: list[tuple[RequestId, Promise[Any]]] = []
        #: Whether `initialize` is to wait too; and for what it does.
        self.opening_waits = False
        self.openings: list[RequestId] = []
        self.server = Server(
            "scripted",
            "1.0.0",
            title="Scripted",
            description="It does what it is told",
            website_url="https://example.com",
            instructions="Tell it",
            page_size=4,
            ttl_ms=1000,
            cache_scope="public",
        )
        self._furnish()
        self.core = _Core(self)

    def gate_of(self, id: RequestId) -> Promise[Any] | None:
        """What the handler of that request waits for, if it waits for a gate."""
        return next((gate for waiting, gate in self.gates if waiting == id), None)

    async def wait(self, id: RequestId) -> None:
        """Wait for a promise that somebody outside keeps."""
        entry = (id, self.promise())
        self.gates.append(entry)
        try:
            await entry[1]
        finally:
            self.gates.remove(entry)

    def tool(self, name: str) -> Tool:
        """A tool with all that later revisions have."""
        return decode_Tool(
            {
                "name": name,
                "title": name.title(),
                "description": "Does what it is told",
                "icons": _ICONS,
                "annotations": {"title": name, "readOnlyHint": True, "openWorldHint": False},
                "_meta": {"com.example/made": True},
                "inputSchema": {
                    "$schema": "https://json-schema.org/draft/2020-12/schema",
                    "type": "object",
                    "properties": {"script": {"type": "array", "items": {"type": "string"}}, "any": True},
                    "required": ["script"],
                },
            }
        )

    def _furnish(self) -> None:
        server = self.server
        server.add_tool(self.tool("act"), self._act)
        number = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
        measured = {**server.tools["act"].json, "name": "measure", "outputSchema": number}
        server.add_tool(measured, self._act)
        server.add_tool({**measured, "name": "enumerate", "outputSchema": {"type": "array"}}, self._act)
        server.add_tool({"name": "echo", "inputSchema": {"type": "object"}}, lambda given, ctx: str(given))
        everything = {"title": "A", "icons": _ICONS, "_meta": {"com.example/made": True}}
        about = {**everything, "mimeType": "text/plain", "annotations": {"priority": 1}}
        server.add_resource({"uri": "x://a", "name": "a", "size": 1, **about}, lambda uri, ctx: "a")
        server.add_resource_template(
            {"uriTemplate": "act://{script}", "name": "act", **about},
            lambda uri, variables, ctx: self._perform(variables["script"].split("-"), ctx),
            complete={"script": lambda value, settled, ctx: [value + word for word in WAITS]},
        )
        argument = {"name": "script", "title": "Script", "required": True}
        server.add_prompt(
            {"name": "act", "arguments": [argument], **everything},
            lambda given, ctx: self._perform(given["script"].split("-"), ctx),
            complete={"script": lambda value, settled, ctx: [f"{value}{n}" for n in range(200)]},
        )

    async def _act(self, arguments: dict[str, Any], ctx: RequestContext) -> Any:
        return await self._perform(arguments["script"], ctx)

    async def _perform(self, script: Sequence[str], ctx: RequestContext) -> Any:
        self.performing.append(ctx.request_id)
        try:
            for number, step in enumerate(script[:-1]):
                if not await self._step(step.replace("_", " "), number, ctx):
                    return "late"
            return self._end(script[-1].replace("_", " "), ctx)
        finally:
            self.performing.remove(ctx.request_id)

    async def _step(self, step: str, number: int, ctx: RequestContext) -> bool:
        """Take a step; whether to go on."""
        if step == "wait":
            await self.wait(ctx.request_id)
        elif step == "stubborn wait":
            try:
                await self.wait(ctx.request_id)
            except GeneratorExit:
                raise
            except BaseException:  # the worst of handlers: it does not even let itself be cancelled
                await ctx.progress(1_000_000)
                await ctx.log("emergency", {"of": ctx.request_id})
                await ctx.elicit(json.dumps(ctx.request_id), _FORM)
                return False
        elif step == "progress":
            await ctx.progress(number, total=10, message="on my way")
        elif step.startswith("log"):
            await ctx.log(step.split()[1], {"of": ctx.request_id}, logger="scripted")  # type: ignore[arg-type]
        else:
            await self._ask(step, ctx)
        return True

    async def _ask(self, question: str, ctx: RequestContext) -> None:
        name = json.dumps(ctx.request_id)
        if question == "elicit":
            await ctx.elicit(name, _FORM)
        elif question == "elicit url":
            await ctx.elicit_url(name, "https://example.com/pay", elicitation_id=name)
        elif question == "list roots":
            await ctx.list_roots()
        elif question == "ask twice at once":
            await ctx.gather(ctx.elicit(name, _FORM), ctx.elicit(name, _FORM))
        else:
            said = SamplingMessage(role="user", content=[text(), picture()])
            params = CreateMessageRequestParams(messages=[said], max_tokens=10, system_prompt=name)
            if question == "sample with tools":
                params.tools = [self.tool("act")]
            await ctx.sample(params)

    def _end(self, end: str, ctx: RequestContext) -> Any:
        gifts = GIFTS[ctx.method]
        if end in gifts:
            return gifts[end]()
        if end == WANTS_INPUT:
            if "who" in ctx.input_responses:
                return "thank you"
            form = {"mode": "form", "message": json.dumps(ctx.request_id), "requestedSchema": _FORM}
            question: ElicitRequest = decode_ElicitRequest({"method": "elicitation/create", "params": form})
            return InputRequiredResult(
                input_requests={"who": question}, request_state="mine", result_type="input_required"
            )
        if end == "refuse":
            raise McpError("I will not", code=REFUSED, data={"why": "so"})
        if end == "not found":
            raise ResourceNotFound("x://gone")
        if end == "url required":
            page = {"mode": "url", "message": "pay", "url": "https://example.com", "elicitationId": "1"}
            raise UrlElicitationRequired([page])
        if end == "tool error":
            raise ToolError("it did not work")
        if end == "abort":
            raise Abort
        if end == "nonsense":
            return object()
        raise RuntimeError("the password is swordfish")


class _Core(ServerCore):
    """A core whose `initialize` may take its time, as that of a handler that asks somebody first."""

    def __init__(self, stage: Scripted) -> None:
        super().__init__(stage.server, key=b"k" * 32, time=lambda: 0.0)
        self._stage = stage

    async def handle_request(self, request: Request, ctx: RequestContext) -> Response:
        if request.method == "initialize" and self._stage.opening_waits:
            self._stage.openings.append(request.id)
            try:
                await self._stage.wait(request.id)
            finally:
                self._stage.openings.remove(request.id)
        return await super().handle_request(request, ctx)
