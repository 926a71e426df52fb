"""An HTTP client without HTTP: it plays the ASGI server, and can stop reading or vanish at any moment."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

BOTH = "application/json, text/event-stream"
META: Json = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
SECONDS = 5.0


@dataclass
class Event:
    """One server-sent event."""

    data: str = ""
    id: str | None = None
    name: str = "message"
    retry: int | None = None

    @property
    def json(self) -> Any:
        """The message it carries."""
        return json.loads(self.data)


class Exchange:
    """One request on its way: what was sent of the reply so far, and the means to disturb it."""

    def __init__(self, app: Any, scope: Json, chunks: list[bytes], *, complete: bool = True) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.done = False
        self._requests: asyncio.Queue[Json] = asyncio.Queue()
        self._changed = asyncio.Condition()
        self._reading = asyncio.Event()
        self._reading.set()
        self._read = 0
        for number, chunk in enumerate(chunks):
            more = not complete or number < len(chunks) - 1
            self.feed(chunk, more=more)
        self.task = asyncio.ensure_future(app(scope, self._requests.get, self._send))

    def feed(self, chunk: bytes, *, more: bool) -> None:
        """Send a piece of the body."""
        self._requests.put_nowait({"type": "http.request", "body": chunk, "more_body": more})

    def disconnect(self) -> None:
        """Go away."""
        self._requests.put_nowait({"type": "http.disconnect"})

    def stop_reading(self) -> None:
        """From now on, what is sent waits."""
        self._reading.clear()

    def read_on(self) -> None:
        """Take again what is sent."""
        self._reading.set()

    async def _send(self, message: Json) -> None:
        await self._reading.wait()
        async with self._changed:
            if message["type"] == "http.response.start":
                assert not self.status
                self.status = message["status"]
                self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                assert self.status and not self.done
                self.body += message.get("body", b"")
                self.done = not message.get("more_body", False)
            self._changed.notify_all()

    async def started(self) -> int:
        """The status, once it is there."""
        return await self._until(lambda: self.status) and self.status

    async def reply(self) -> Exchange:
        """Itself, once the reply is complete."""
        async with asyncio.timeout(SECONDS):
            await self.task
        assert self.done, "the reply is not complete"
        return self

    async def event(self) -> Event:
        """The next event that is no comment."""
        while True:
            await self._until(lambda: b"\n\n" in self.body[self._read :])
            end = self.body.index(b"\n\n", self._read)
            text, self._read = self.body[self._read : end].decode(), end + 2
            event = parse_event(text)
            if event is not None:
                return event

    async def _until(self, condition: Any) -> Any:
        async with asyncio.timeout(SECONDS), self._changed:
            await self._changed.wait_for(condition)
        return True

    @property
    def json(self) -> Any:
        """The reply, where it is JSON."""
        assert self.headers["content-type"] == "application/json", self.headers
        assert self.headers["content-length"] == str(len(self.body))
        return json.loads(self.body)

    @property
    def error(self) -> Json:
        """The JSON-RPC error that is the reply."""
        error: Json = self.json["error"]
        return error

    @property
    def events(self) -> list[Event]:
        """The events of a reply that is a stream, without comments."""
        assert self.headers["content-type"] == "text/event-stream", (self.headers, self.body)
        parsed = [parse_event(text) for text in self.body.decode().split("\n\n")[:-1]]
        return [event for event in parsed if event is not None]

    @property
    def messages(self) -> list[Any]:
        """The messages of a reply that is a stream."""
        return [event.json for event in self.events if event.data]


def parse_event(text: str) -> Event | None:
    """The event that `text` is; None for a comment."""
    event, named = Event(), False
    data: list[str] = []
    for line in text.split("\n"):
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        named = named or key != ""
        if key == "data":
            data.append(value)
        elif key == "id":
            event.id = value
        elif key == "event":
            event.name = value
        elif key == "retry":
            event.retry = int(value)
    event.data = "\n".join(data)
    return event if named else None


@dataclass
class Client:
    """Sends requests to an ASGI app; `headers` go with each."""

    app: Any
    headers: dict[str, str] = field(default_factory=dict)
    path: str = "/mcp"

    def request(
        self,
        method: str,
        content: bytes | list[bytes] = b"",
        headers: dict[str, str | None] | None = None,
        *,
        path: str | None = None,
        complete: bool = True,
        **scope: Any,
    ) -> Exchange:
        """Send a request; a header of None is left out."""
        target, _, query = (path or self.path).partition("?")
        chunks = content if isinstance(content, list) else [content]
        sent: dict[str, str | None] = {"host": "localhost:8080", **self.headers}
        if method == "POST":
            sent |= {"content-type": "application/json", "accept": BOTH}
            if complete and not isinstance(content, list):
                sent["content-length"] = str(len(content))
        if method == "GET":
            sent["accept"] = "text/event-stream"
        sent |= headers or {}
        pairs = [
            (name.lower().encode(), value.encode("latin-1"))
            for name, value in sent.items()
            if value is not None
        ]
        return Exchange(
            self.app,
            {
                "type": "http",
                "method": method,
                "path": target,
                "query_string": query.encode(),
                "root_path": "",
                "headers": pairs,
                **scope,
            },
            chunks,
            complete=complete,
        )

    def send(self, message: Any, headers: dict[str, str | None] | None = None, **more: Any) -> Exchange:
        """POST a message."""
        return self.request("POST", json.dumps(message).encode(), headers, **more)

    async def post(self, message: Any, headers: dict[str, str | None] | None = None, **more: Any) -> Exchange:
        """POST a message and wait for the whole reply."""
        return await self.send(message, headers, **more).reply()

    def modern(
        self,
        method: str,
        params: Json | None = None,
        headers: dict[str, str | None] | None = None,
        *,
        id: Any = 1,
        meta: Json | None = None,
    ) -> Exchange:
        """POST a request of 2026-07-28 with the headers that it needs."""
        params = {**(params or {}), "_meta": META | (meta or {})}
        sent: dict[str, str | None] = {"mcp-protocol-version": "2026-07-28", "mcp-method": method}
        name = params.get("name") or params.get("uri")
        if name is not None:
            sent["mcp-name"] = name
        return self.send(request(method, params, id=id), sent | (headers or {}))

    def call(self, tool: str, arguments: Json | None = None, *, meta: Json | None = None) -> Exchange:
        """Call a tool, in 2026-07-28."""
        return self.modern("tools/call", {"name": tool, "arguments": arguments or {}}, meta=meta)

    async def open(
        self, revision: str = "2025-11-25", *, capabilities: Json | None = None, **more: Any
    ) -> LegacyClient:
        """A session of `revision`, ready for requests."""
        params = {
            "protocolVersion": revision,
            "capabilities": capabilities or {},
            "clientInfo": {"name": "test", "version": "1"},
        }
        reply = await self.post(request("initialize", params), **more)
        assert reply.status == 200, reply.body
        assert reply.json["result"]["protocolVersion"] == revision
        headers = {"mcp-session-id": reply.headers["mcp-session-id"]}
        if revision >= "2025-06-18":
            headers["mcp-protocol-version"] = revision
        session = LegacyClient(self.app, self.headers | headers, self.path)
        noted = await session.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, **more)
        assert (noted.status, noted.body) == (202, b"")
        return session


class LegacyClient(Client):
    """A client with a session."""

    def call(
        self, tool: str, arguments: Json | None = None, *, meta: Json | None = None, id: Any = 2
    ) -> Exchange:
        """Call a tool of the session's server."""
        params: Json = {"name": tool, "arguments": arguments or {}}
        if meta is not None:
            params["_meta"] = meta
        return self.send(request("tools/call", params, id=id))

    def listen(self, last_event_id: str | None = None) -> Exchange:
        """Open a GET stream, or resume one."""
        return self.request("GET", headers={"last-event-id": last_event_id})


def request(method: str, params: Json | None = None, *, id: Any = 1) -> Json:
    """A JSON-RPC request."""
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params or {}}
