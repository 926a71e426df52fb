"""A client written by hand that goes through the whole script, honestly, and can be made to err at one place.

It is a client without a library: it writes lines into a pipe, or POSTs to a socket.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from mcpgen.validate.client import MODERN
from mcpgen.validate.clients.conversation import Conversation
from mcpgen.validate.clients.over_stdio import StdioServer, serve_stdio
from mcpgen.validate.clients.play import Play

Message = dict[str, Any]
PREFIX = "io.modelcontextprotocol/"
FORM = {"action": "accept", "content": {"name": "ada", "age": 36}}
ANSWERS: dict[str, Any] = {
    "ping": {},
    "elicitation/create": FORM,
    "sampling/createMessage": {
        "role": "assistant",
        "model": "none",
        "content": {"type": "text", "text": "yes"},
    },
    "roots/list": {"roots": [{"uri": "file:///work"}]},
}
# What an honest client takes for an error.
ERRORS = {"error_answer", "unknown_result_type", "wrong_shape", "contradicts_schema"}
BOTH = "application/json, text/event-stream"


class Wire(Protocol):
    """How the walker's messages travel."""

    async def ask(self, walker: Walker, data: bytes, headers: dict[str, str]) -> AsyncIterator[Message]:
        """Write a request, and give what comes until its answer."""
        ...

    async def tell(self, walker: Walker, data: bytes, headers: dict[str, str]) -> None:
        """Write what gets no answer."""
        ...


@dataclass
class Walker:
    """Goes through the script in `revision`.

    `on_message` and `on_headers` see whatever is written before it is, and give what is written instead: a
    message, or bytes. `tools` names those to be called; all without it.
    """

    wire: Any
    revision: str
    http: bool
    on_message: Callable[[Message], Any] = lambda message: message
    on_headers: Callable[[dict[str, str], Message], dict[str, str]] = lambda headers, message: headers
    on_answers: Callable[[list[Message]], list[Message]] = lambda answers: answers
    tools: tuple[str, ...] | None = None
    says_initialized: bool = True
    calls_wrong_marks: bool = False
    follows_empty: bool = True
    renews: bool = True
    hasty: bool = False
    believes: frozenset[str] = frozenset()
    before_opening: tuple[Message, ...] = ()
    while_opening: tuple[Message, ...] = ()
    extras: tuple[Message | bytes, ...] = ()
    stays: bool = False
    capabilities: Message = field(
        default_factory=lambda: {"elicitation": {"form": {}}, "sampling": {}, "roots": {}}
    )

    def __post_init__(self) -> None:
        self.modern = self.revision in MODERN
        self.session: str | None = None
        self.agreed: str | None = None
        self.ids = itertools.count(1)
        self.marked: dict[str, Any] = {}

    # Writing.

    def bytes_of(self, message: Message) -> tuple[bytes, dict[str, str]]:
        """What is written for `message`, and under which headers."""
        headers = self.on_headers(self._headers(message), message)
        changed = self.on_message(message)
        return changed if isinstance(changed, bytes) else json.dumps(changed).encode(), headers

    async def request(self, method: str, **params: Any) -> Message:
        """Make a request, answer what is asked meanwhile, and give the answer."""
        if self.modern:
            meta = {
                PREFIX + "protocolVersion": self.revision,
                PREFIX + "clientCapabilities": self.capabilities,
                PREFIX + "clientInfo": {"name": "walker", "version": "1"},
            }
            params = {**params, "_meta": meta}
        message: Message = {"jsonrpc": "2.0", "id": next(self.ids), "method": method}
        if params:
            message["params"] = params
        answer: Message = {}
        data, headers = self.bytes_of(message)
        number = id_in(data)
        async for each in self.wire.ask(self, data, headers):
            if "method" in each and "id" in each:
                for reply in self.on_answers([self.answer_to(each)]):
                    await self.wire.tell(self, *self.bytes_of(reply))
            elif "method" not in each and each.get("id") == number:
                answer = each
        return answer

    async def notify(self, method: str, **params: Any) -> None:
        """Write a notification."""
        message: Message = {"jsonrpc": "2.0", "method": method} | ({"params": params} if params else {})
        await self.wire.tell(self, *self.bytes_of(message))

    def answer_to(self, request: Message) -> Message:
        """The answer to a request of the server's."""
        reply: Message = {"jsonrpc": "2.0", "id": request["id"]}
        params = request.get("params", {})
        if request["method"] not in ANSWERS:
            return reply | {"error": {"code": -32601, "message": "Method not found"}}
        if "tools" in params or params.get("mode") == "url":
            return reply | {"error": {"code": -32602, "message": "Not declared"}}
        return reply | {"result": ANSWERS[request["method"]]}

    def _headers(self, message: Message) -> dict[str, str]:
        headers = {"accept": BOTH, "content-type": "application/json"}
        if self.session is not None and message.get("method") != "initialize":
            headers["mcp-session-id"] = self.session
        if self.modern:
            params = message.get("params", {})
            headers |= {"mcp-protocol-version": self.revision, "mcp-method": message.get("method", "")}
            name = params.get("uri" if message.get("method") == "resources/read" else "name")
            if name is not None:
                headers["mcp-name"] = encoded(name)
            marks = self.marked.get(str(name), {}) if message.get("method") == "tools/call" else {}
            for header, path in marks.items():
                value = params.get("arguments", {})
                for step in path:
                    value = value.get(step) if isinstance(value, dict) else None
                if value is not None:
                    text = str(value).lower() if isinstance(value, bool) else str(value)
                    headers[f"mcp-param-{header.lower()}"] = encoded(text)
        elif self.agreed is not None and message.get("method") != "initialize":
            headers["mcp-protocol-version"] = self.agreed
        return headers

    # Walking.

    async def tour(self) -> None:
        """Everything, as an honest client does it."""
        if self.modern:
            await self.request("server/discover")
        else:
            await self.open()
        for extra in self.extras:
            data, headers = (extra, self._headers({})) if isinstance(extra, bytes) else self.bytes_of(extra)
            await self.wire.tell(self, data, headers)
        if self.agreed == "1999-12-31":
            if self.stays:
                await self.request("tools/list")
            return
        names = await self.look_around()
        for name, arguments in names.items():
            if name == "session_ends" or (self.tools is not None and name not in self.tools):
                continue
            await self.call(name, arguments)
            outcome = "error" if name in ERRORS - self.believes else "result"
            if "saw" in names and (self.tools is None or "saw" in self.tools):
                await self.call("saw", {"tool": name, "outcome": outcome})
        if "session_ends" in names and (self.tools is None or "session_ends" in self.tools):
            await self.call("session_ends", {})
            if self.renews:
                self.session = self.agreed = None
                await self.open()
            for _ in range(3):
                await self.request("tools/list")

    async def open(self) -> None:
        """The handshake."""
        for message in self.before_opening:
            await self.wire.tell(self, *self.bytes_of(message))
        info = {"name": "walker", "version": "1"}
        asked = self.request(
            "initialize", protocolVersion=self.revision, capabilities=self.capabilities, clientInfo=info
        )
        if self.while_opening:
            first = asyncio.ensure_future(asked)
            await asyncio.sleep(0)
            for message in self.while_opening:
                await self.wire.tell(self, *self.bytes_of(message))
            result = (await first)["result"]
        else:
            result = (await asked)["result"]
        self.agreed = result["protocolVersion"]
        if self.says_initialized and self.agreed == self.revision:
            await self.notify("notifications/initialized")

    async def look_around(self) -> dict[str, Message]:
        """List whatever can be listed, get and read some; the tools to call, with their arguments."""
        tools = (await self.request("tools/list"))["result"]["tools"]
        for method in ("resources/list", "resources/templates/list"):
            cursor = (await self.request(method))["result"].get("nextCursor")
            for _ in range(4):
                if cursor is None or (cursor == "" and not self.follows_empty):
                    break
                cursor = (await self.request(method, cursor=cursor))["result"].get("nextCursor")
        await self.finish("resources/read", uri="scene://first")
        for prompt in (await self.request("prompts/list"))["result"]["prompts"]:
            await self.finish("prompts/get", name=prompt["name"])
        if self.modern:
            await self.finish("resources/read", uri="scene://asks")
        self.marked = {tool["name"]: dict(marks_of(tool["inputSchema"], ())) for tool in tools}
        return {
            tool["name"]: tool["inputSchema"].get("examples", [{}])[0]
            for tool in tools
            if self.calls_wrong_marks or not tool["name"].startswith("wrong_marks_")
        }

    async def call(self, name: str, arguments: Message) -> None:
        """Call a tool, to the end."""
        await self.finish("tools/call", name=name, arguments=arguments)

    async def finish(self, method: str, **params: Any) -> None:
        """Make a request, and retry it while it asks for input."""
        result = (await self.request(method, **params)).get("result", {})
        while isinstance(result, dict) and self.wants_input(result):
            more: Message = {}
            if "inputRequests" in result:
                asked = result["inputRequests"]
                more["inputResponses"] = {key: ANSWERS[each["method"]] for key, each in asked.items()}
            if "requestState" in result:
                more["requestState"] = result["requestState"]
            result = (await self.request(method, **params, **more)).get("result", {})

    def wants_input(self, result: Message) -> bool:
        """Whether a result is taken for one that asks for input."""
        kind = result.get("resultType", "none")
        if kind in self.believes:
            self.believes -= {kind}
            return True
        return bool(kind == "input_required")


def encoded(text: str) -> str:
    """A text as a header carries it."""
    plain = text.isascii() and text.isprintable() and text == text.strip() and text
    if plain and not (text.startswith("=?base64?") and text.endswith("?=")):
        return text
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


def marks_of(schema: Any, path: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """The marked parameters of a schema, as far as `properties` lead to them."""
    found = [(schema["x-mcp-header"], path)] if "x-mcp-header" in schema else []
    for name, inner in schema.get("properties", {}).items():
        found += marks_of(inner, (*path, name))
    return found


def id_in(data: bytes) -> Any:
    """The id of the request that `data` has, or has first."""
    value = json.loads(data.split(b"\n")[0])
    return (value[0] if isinstance(value, list) else value).get("id")


class Pipes:
    """Lines over two pipes to a server in this process."""

    def __init__(self, reader: asyncio.StreamReader, write: int) -> None:
        self._reader = reader
        self._write = write

    async def ask(self, walker: Walker, data: bytes, headers: dict[str, str]) -> AsyncIterator[Message]:
        await self.tell(walker, data, headers)
        number = id_in(data)
        # A server that says nothing more has nothing to say to this.
        while line := await asyncio.wait_for(self._reader.readline(), 30):
            message = json.loads(line)
            yield message
            if "method" not in message and message.get("id") in (number, None):
                return

    async def tell(self, walker: Walker, data: bytes, headers: dict[str, str]) -> None:
        os.write(self._write, data + b"\n")


class Posts:
    """POSTs to a server at `url`."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url

    async def ask(self, walker: Walker, data: bytes, headers: dict[str, str]) -> AsyncIterator[Message]:
        again: tuple[str, float] | None = None
        async with self._client.stream("POST", self._url, content=data, headers=raw(headers)) as reply:
            walker.session = reply.headers.get("mcp-session-id", walker.session)
            if reply.headers.get("content-type") != "text/event-stream":
                body = await reply.aread()
                if body:
                    yield json.loads(body)
                return
            number, wait = "", 0.0
            async for line in reply.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    number = value
                elif name == "retry":
                    wait = int(value) / 1000
                    again = number, wait
                elif name == "data" and value:
                    yield json.loads(value)
        if again is not None:
            await asyncio.sleep(0 if walker.hasty else again[1])
            own = {"accept": "text/event-stream", "last-event-id": again[0]}
            head = walker.on_headers(walker._headers({}) | own, {"method": "GET"})
            async with self._client.stream("GET", self._url, headers=raw(head)) as reply:
                async for line in reply.aiter_lines():
                    if line.startswith("data: {"):
                        yield json.loads(line[6:])

    async def tell(self, walker: Walker, data: bytes, headers: dict[str, str]) -> None:
        await self._client.post(self._url, content=data, headers=raw(headers))


def raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as bytes: a deviant may write what no header can carry."""
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


@asynccontextmanager
async def over_pipes(play: Play, conversation: Conversation) -> AsyncIterator[tuple[Pipes, StdioServer]]:
    """A server on two pipes, and the wire to it. The end of the block is the end of its input."""
    from_client, to_server = os.pipe()
    from_server, to_client = os.pipe()
    server = await serve_stdio(play, conversation, input=from_client, output=to_client)
    reader = asyncio.StreamReader(limit=2**24)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(from_server, "rb")
    )
    try:
        yield Pipes(reader, to_server), server
    finally:
        os.close(to_server)
        await asyncio.wait_for(asyncio.shield(server.closed), 30)
        await server.finished()
        transport.close()
        server.release()
        os.close(from_client)
        os.close(to_client)
