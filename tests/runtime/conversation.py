"""A whole conversation of each revision, for any host; and a server that has every feature.

Standard library and the core only: `test_isolation` runs this file where there is nothing else. A
conversation is a generator. It yields what the client sends in one go, each item a JSON value or the bytes
of a text, and is sent back what the server wrote until it had nothing more to do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterator
from itertools import count
from typing import Any

from mcpgen_runtime.connection import Connection
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.errors import ToolError
from mcpgen_runtime.host import Driver, Host
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.revisions import NEUTRAL, REVISIONS
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import (
    AudioContent,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    InputRequiredResult,
    ResourceLink,
    SamplingMessage,
    TextContent,
    Tool,
    ToolInputSchema,
    decode_ElicitRequestFormParamsRequestedSchema,
)

Json = dict[str, Any]
Conversation = Generator[list[Any], list[Any], None]

META = "io.modelcontextprotocol/"
CAPABILITIES: Json = {"elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}}, "roots": {}}
ROOT = "file:///tmp"
FORM: Json = {"type": "object", "properties": {"name": {"type": "string"}}}
TEXT: Json = {
    "type": "object",
    "properties": {"text": {"type": "string", "maxLength": 5}},
    "required": ["text"],
}


def everything(host: Host) -> Server:
    """A server with every feature, whose handlers wait for nothing but their client and `host`."""
    server = Server("everything", "1", instructions="Try it.", page_size=4, ttl_ms=1000)

    def echo(arguments: Json, ctx: RequestContext) -> str:
        return str(arguments["text"])

    def structured(arguments: Json, ctx: RequestContext) -> Json:
        return {"length": arguments.get("length", 3)}

    def fail(arguments: Json, ctx: RequestContext) -> str:
        raise ToolError("no luck")

    def crash(arguments: Json, ctx: RequestContext) -> str:
        raise RuntimeError("a secret")

    async def work(arguments: Json, ctx: RequestContext) -> str:
        await ctx.progress(1, total=2)
        await ctx.log("info", {"half": "done"}, logger="work")
        return "worked"

    async def wait(arguments: Json, ctx: RequestContext) -> str:
        await host.promise()
        raise AssertionError("nobody keeps that promise")

    async def ask(arguments: Json, ctx: RequestContext) -> Json:
        first = await ctx.elicit("Your name?", FORM)
        sampled, roots = await ctx.gather(
            ctx.sample(
                CreateMessageRequestParams(
                    messages=[SamplingMessage(role="user", content=TextContent(text="Hello"))], max_tokens=10
                )
            ),
            ctx.list_roots(),
        )
        return {"name": (first.content or {})["name"], "model": sampled.model, "roots": len(roots)}

    def rounds(arguments: Json, ctx: RequestContext) -> Any:
        if ctx.request_state != "asked":
            question = ElicitRequest(
                params=ElicitRequestFormParams(
                    message="Go on?", requested_schema=decode_ElicitRequestFormParamsRequestedSchema(FORM)
                )
            )
            return InputRequiredResult(
                result_type="input_required", input_requests={"go": question}, request_state="asked"
            )
        return str(ctx.input_responses["go"]["action"])

    async def visit(arguments: Json, ctx: RequestContext) -> str:
        answer = await ctx.elicit_url("Log in", "https://example.com/", elicitation_id="login")
        return answer.action

    async def sample(arguments: Json, ctx: RequestContext) -> str:
        able = ctx.client_capabilities.sampling
        offered = [Tool(name="t", input_schema=ToolInputSchema())]
        hello = SamplingMessage(role="user", content=TextContent(text="Hello"))
        sampled = await ctx.sample(
            CreateMessageRequestParams(
                messages=[hello], max_tokens=10, tools=offered if able and able.tools is not None else None
            )
        )
        return type(sampled.content).__name__

    async def roots(arguments: Json, ctx: RequestContext) -> str:
        return " ".join([root.uri for root in await ctx.list_roots()])

    def show(arguments: Json, ctx: RequestContext) -> Any:
        return [ResourceLink(uri="note://a", name="a"), AudioContent(data="AA==", mime_type="audio/wav")]

    def change(arguments: Json, ctx: RequestContext) -> str:
        server.add_prompt({"name": "new"}, lambda given, ctx: "new")
        server.remove_prompt("new")
        server.resource_updated("note://a")
        return "changed"

    for name, schema, handler in (
        ("echo", TEXT, echo),
        ("fail", FORM, fail),
        ("crash", FORM, crash),
        ("work", FORM, work),
        ("wait", FORM, wait),
        ("ask", FORM, ask),
        ("rounds", FORM, rounds),
        ("visit", FORM, visit),
        ("sample", FORM, sample),
        ("roots", FORM, roots),
        ("show", FORM, show),
        ("change", FORM, change),
    ):
        # With all that only some revisions know.
        known = {"title": name.title(), "annotations": {"readOnlyHint": True}, "_meta": {"example.org/a": 1}}
        icons = [{"src": "https://example.com/icon.png"}]
        server.add_tool({"name": name, "inputSchema": schema, "icons": icons, **known}, handler)
    length = {"type": "object", "properties": {"length": {"type": "integer"}}, "required": ["length"]}
    server.add_tool(
        {"name": "structured", "inputSchema": {"type": "object"}, "outputSchema": length}, structured
    )
    server.add_resource({"uri": "note://a", "name": "a"}, lambda uri, ctx: "a note")
    server.add_resource(
        {"uri": "note://b", "name": "b", "mimeType": "image/png"}, lambda uri, ctx: b"\x00\xff"
    )
    server.add_resource({"uri": "note://roots", "name": "roots"}, lambda uri, ctx: roots({}, ctx))
    server.add_prompt({"name": "roots"}, lambda arguments, ctx: roots({}, ctx))
    server.add_resource_template(
        {"uriTemplate": "note://{user}/{+path}", "name": "notes"},
        lambda uri, variables, ctx: f"{variables['user']} {variables['path']}",
        complete={"user": lambda value, settled, ctx: [value + "nn"]},
    )
    server.add_prompt(
        {"name": "greet", "arguments": [{"name": "who", "required": True}]},
        lambda arguments, ctx: f"Greet {arguments['who']}",
        complete={"who": lambda value, settled, ctx: [value + "da"]},
    )
    return server


def answer_to(question: Json) -> Json:
    """What the client says to a question."""
    method, params = question["method"], question.get("params", {})
    if method == "elicitation/create":
        url = params.get("mode") == "url"
        return {"action": "accept"} if url else {"action": "accept", "content": {"name": "Ann"}}
    if method == "roots/list":
        return {"roots": [{"uri": ROOT}]}
    text = {"type": "text", "text": "Hello"}
    use = {"type": "tool_use", "id": "1", "name": "t", "input": {}}
    return {"role": "assistant", "content": use if "tools" in params else text, "model": "m"}


def conversation(revision: str) -> Conversation:
    """All that a client of `revision` can do."""
    ids = count(1)
    modern = revision == NEUTRAL
    envelope = {
        META + "protocolVersion": revision,
        META + "clientCapabilities": CAPABILITIES,
        META + "logLevel": "info",
    }

    def request(method: str, params: Json | None = None, **meta: Any) -> Json:
        meta = {**(envelope if modern else {}), **meta}
        params = {**(params or {}), **({"_meta": meta} if meta else {})}
        return {"jsonrpc": "2.0", "id": next(ids), "method": method, "params": params}

    def call(tool: str, arguments: Json | None = None, **meta: Any) -> Json:
        return request("tools/call", {"name": tool, "arguments": arguments or {}}, **meta)

    def ask(method: str, params: Json | None = None, **meta: Any) -> Generator[list[Any], list[Any], Json]:
        """The result of a request that is answered at once, and without a question."""
        frames = yield [request(method, params, **meta)]
        assert "result" in frames[-1], frames
        result: Json = frames[-1]["result"]
        return result

    # Opening.
    if modern:
        discovered = yield from ask("server/discover")
        assert discovered["supportedVersions"] == list(REVISIONS)
    else:
        opened = yield from ask(
            "initialize",
            {
                "protocolVersion": revision,
                "capabilities": CAPABILITIES,
                "clientInfo": {"name": "client", "version": "1"},
            },
        )
        assert opened["protocolVersion"] == revision
        yield [{"jsonrpc": "2.0", "method": "notifications/initialized"}]
        yield from ask("ping")
        yield from ask("logging/setLevel", {"level": "info"})

    # Lists, page by page.
    tools: list[Json] = []
    cursor: Json = {}
    while True:
        page = yield from ask("tools/list", cursor)
        tools += page["tools"]
        if "nextCursor" not in page:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert len(tools) == 13
    came_with = {
        "annotations": "2025-03-26",
        "title": "2025-06-18",
        "_meta": "2025-06-18",
        "icons": "2025-11-25",
    }
    for key, first in came_with.items():
        assert (key in tools[0]) == (revision >= first), tools[0]
    for method in ("resources/list", "resources/templates/list", "prompts/list"):
        yield from ask(method)

    # Changes.
    if modern:
        wanted = {"promptsListChanged": True, "resourceSubscriptions": ["note://a"]}
        frames = yield [request("subscriptions/listen", {"notifications": wanted})]
        listening = frames[0]["params"]["_meta"][META + "subscriptionId"]
    else:
        yield from ask("resources/subscribe", {"uri": "note://a"})
    frames = yield [call("change")]
    assert len(frames) == 4, frames
    if modern:
        yield [{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": listening}}]
    else:
        yield from ask("resources/unsubscribe", {"uri": "note://a"})
    frames = yield [call("change")]
    assert len(frames) == (1 if modern else 3), frames

    # Tools, and how they fail.
    frames = yield [
        call("echo", {"text": "hällo"}),
        call("echo", {"text": "too long"}),
        call("structured"),
        call("structured", {"length": "long"}),
        call("fail"),
        call("crash"),
        call("unheard of"),
        request("no/such/method"),
        call("work", progressToken="mine"),
    ]
    assert len(frames) == 11, frames
    assert "a secret" not in json.dumps(frames)
    shown = yield from ask("tools/call", {"name": "show"})
    link = "resource_link" if revision >= "2025-06-18" else "text"
    sound = "audio" if revision >= "2025-03-26" else "resource"
    assert [block["type"] for block in shown["content"]] == [link, sound]

    # Resources, prompts, completion.
    frames = yield [
        *(request("resources/read", {"uri": f"note://{path}"}) for path in ("a", "b", "ann/x/y", "")),
        request("prompts/get", {"name": "greet", "arguments": {"who": "Ann"}}),
        request("prompts/get", {"name": "greet"}),
        *(
            request("completion/complete", {"ref": ref, "argument": {"name": name, "value": "a"}})
            for ref, name in (
                ({"type": "ref/prompt", "name": "greet"}, "who"),
                ({"type": "ref/resource", "uri": "note://{user}/{+path}"}, "user"),
            )
        ),
    ]
    assert ["result" in frame for frame in frames] == [True, True, True, False, True, False, True, True]

    # Questions, and rounds: each with the revision since which a client can be asked that.
    sampled = "ToolUseContent" if revision >= "2025-11-25" else "TextContent"
    for since, method, params, text in (
        ("2025-06-18", "tools/call", {"name": "ask"}, '{"name":"Ann","model":"m","roots":1}'),
        ("2025-06-18", "tools/call", {"name": "rounds"}, "accept"),
        ("2025-11-25", "tools/call", {"name": "visit"}, "accept"),
        ("2024-11-05", "tools/call", {"name": "sample"}, sampled),
        ("2024-11-05", "tools/call", {"name": "roots"}, ROOT),
        ("2024-11-05", "resources/read", {"uri": "note://roots"}, ROOT),
        ("2024-11-05", "prompts/get", {"name": "roots"}, ROOT),
    ):
        frames = yield [request(method, params)]
        questions = 0
        while True:
            last = frames[-1]
            if last.get("result", {}).get("resultType") == "input_required":
                needed = last["result"]
                responses = {key: answer_to(each) for key, each in needed["inputRequests"].items()}
                retry = {"requestState": needed["requestState"], "inputResponses": responses}
                frames = yield [request(method, {**params, **retry})]
            elif "method" in last:
                frames = yield [{"jsonrpc": "2.0", "id": last["id"], "result": answer_to(last)}]
            else:
                break
            questions += 1
        assert (questions > 0) == (revision >= since), frames
        assert (json.dumps(text)[1:-1] in json.dumps(last)) == (revision >= since), last
        assert ("error" in last) == (revision < since), last

    # What is cancelled stays unanswered; so does nothing else.
    waiting = call("wait")
    frames = yield [waiting]
    assert frames == []
    frames = yield [
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": waiting["id"]}},
        call("echo", {"text": "alive"}),
    ]
    assert len(frames) == 1, frames

    # Batches, and bad input.
    frames = yield [[call("echo", {"text": "one"}), call("echo", {"text": "two"}), {}]]
    assert len(frames) == 1, frames
    assert isinstance(frames[0], list) == (revision == "2025-03-26")
    frames = yield [b"{", b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', b"\xff", b"[]", b"[" * 100]
    assert [frame["error"]["code"] for frame in frames] == [-32700, -32600, -32700, -32600, -32600]


def under_driver(revision: str) -> list[bytes]:
    """Every frame that the server sends in the conversation of `revision`, without an event loop."""
    host = Driver()
    sent: list[bytes] = []
    connection = connected(host, sent)
    for messages in steps(conversation(revision), sent):
        connection.receive(messages)
        host.run()
    connection.close()
    host.run()
    return sent


def connected(host: Host, sent: list[bytes]) -> Connection:
    """A connection to `everything`; what the server writes is added to `sent`."""
    ids = count(1)
    core = ServerCore(
        everything(host), key=bytes(32), time=lambda: 0.0, correlation_id=lambda: f"correlation-{next(ids)}"
    )
    return Connection(core, host, sent.extend, limits=Limits(), transport="memory")


def steps(talk: Conversation, sent: list[bytes]) -> Iterator[list[bytes]]:
    """What to hand to the server, one step after the other; `sent` is what it has written so far."""
    messages = next(talk)
    while True:
        before = len(sent)
        yield [each if isinstance(each, bytes) else json.dumps(each).encode() for each in messages]
        try:
            messages = talk.send([json.loads(text) for text in sent[before:]])
        except StopIteration:
            return


def main() -> None:
    """Print what was sent in each conversation, and every module that is loaded now."""
    sent = {revision: [text.decode() for text in under_driver(revision)] for revision in REVISIONS}
    modules = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    json.dump({"sent": sent, "modules": modules}, sys.stdout)
