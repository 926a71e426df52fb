"""An HTTP server that a test writes by hand, byte by byte where it must."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from mcpgen_runtime.client import Client
from mcpgen_runtime.client.http import HttpTransport

from .scripted import discovery


@dataclass
class Exchange:
    """One request, and the way to reply to it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    writer: asyncio.StreamWriter
    reader: asyncio.StreamReader
    left: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def message(self) -> dict[str, Any]:
        """The body as JSON."""
        message: dict[str, Any] = json.loads(self.body)
        return message

    async def reply(
        self, status: int, kind: str = "", body: bytes = b"", *, headers: dict[str, str] | None = None
    ) -> None:
        """A whole reply."""
        head = {"Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
        if kind:
            head["Content-Type"] = kind
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        self.writer.write(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body)
        await self.writer.drain()

    async def json(self, value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """A reply of JSON."""
        await self.reply(status, "application/json", json.dumps(value).encode(), headers=headers)

    async def result(self, result: dict[str, Any], *, headers: dict[str, str] | None = None) -> None:
        """The answer to the request in the body."""
        await self.json({"jsonrpc": "2.0", "id": self.message["id"], "result": result}, headers=headers)

    async def error(self, code: int, message: str, *, status: int = 400, data: Any = None) -> None:
        """The answer to the request in the body: an error."""
        error = {"code": code, "message": message, "data": data}
        await self.json({"jsonrpc": "2.0", "id": self.message["id"], "error": error}, status=status)

    async def events(self, *, headers: dict[str, str] | None = None) -> None:
        """The head of an event stream, whose end is that of the connection."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n{lines}\r\n"
        await self.write(head.encode())

    async def event(self, value: Any, *, id: str | None = None, retry: int | None = None) -> None:
        """One event with a message."""
        lines = [] if id is None else [f"id: {id}"]
        lines += [] if retry is None else [f"retry: {retry}"]
        lines += ["data: " + json.dumps(value)] if value is not None else []
        await self.write("\n".join([*lines, "", ""]).encode())

    async def answer(self, result: dict[str, Any], *, id: str | None = None) -> None:
        """The event that answers the request in the body."""
        await self.event({"jsonrpc": "2.0", "id": self.message["id"], "result": result}, id=id)

    async def write(self, data: bytes) -> None:
        """Bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()


Handler = Callable[[Exchange], Awaitable[None]]


@dataclass
class HttpPuppet:
    """A server at `url`; `seen` is every request that came."""

    handler: Handler
    url: str = ""
    seen: list[Exchange] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            exchange = Exchange(method, path, headers, body, writer, reader)
            self.seen.append(exchange)
            watching = asyncio.create_task(_until_left(exchange))
            await self.handler(exchange)
            watching.cancel()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception as failure:
            self.failures.append(failure)
        finally:
            writer.close()

    def said(self) -> list[str]:
        """What came, in short."""
        return [
            exchange.message.get("method", "answer") if exchange.method == "POST" else exchange.method
            for exchange in self.seen
        ]


async def _until_left(exchange: Exchange) -> None:
    # A client that closes while bytes are under way to it resets the connection: it has left as well.
    with suppress(ConnectionError):
        await exchange.reader.read()
    exchange.left.set()


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[HttpPuppet]:
    """The server, listening."""
    puppet = HttpPuppet(handler)
    server = await asyncio.start_server(puppet.connected, "127.0.0.1", 0)
    puppet.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
    try:
        yield puppet
    finally:
        server.close()
    if puppet.failures:
        raise puppet.failures[0]


def modern(handler: Handler) -> Handler:
    """The handler, after the question for the era has its answer."""

    async def whole(exchange: Exchange) -> None:
        if exchange.message["method"] == "server/discover":
            await exchange.result(discovery({"tools": {}}))
        else:
            await handler(exchange)

    return whole


def legacy(
    handler: Handler, revision: str = "2025-11-25", *, session: str | None = "s1", get: int = 405
) -> Handler:
    """The handler, after the handshake, with a session, and a GET that opens no stream."""

    async def whole(exchange: Exchange) -> None:
        if exchange.method == "GET" and get and "last-event-id" not in exchange.headers:
            await exchange.reply(get)
            return
        if exchange.method == "DELETE":
            await exchange.reply(200)
            return
        method = exchange.message.get("method") if exchange.method == "POST" else None
        if method == "initialize":
            headers = {} if session is None else {"Mcp-Session-Id": session}
            info = {"name": "puppet", "version": "1"}
            result = {"protocolVersion": revision, "capabilities": {}, "serverInfo": info}
            await exchange.result(result, headers=headers)
        elif method == "notifications/initialized":
            await exchange.reply(202)
        elif method == "server/discover":
            await exchange.reply(400)
        else:
            await handler(exchange)

    return whole


@asynccontextmanager
async def talking(
    handler: Handler, *, transport: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[Client, HttpPuppet]]:
    """A client that is open, and the server that it is open to."""
    async with asyncio.timeout(20), serving(handler) as puppet:
        made = HttpTransport(puppet.url, **(transport or {}))
        async with Client(made, **{"timeout": 5, **options}) as client:
            yield client, puppet


def run(handler: Handler, use: Callable[[Client], Awaitable[Any]], **options: Any) -> tuple[Any, HttpPuppet]:
    """What `use` returns, and the server."""

    async def whole() -> tuple[Any, HttpPuppet]:
        async with talking(handler, **options) as (client, puppet):
            result = await use(client)
        return result, puppet

    return asyncio.run(whole())


async def call(client: Client) -> Any:
    """Calls a tool; its content."""
    return (await client.call_tool("a", {"x": 1})).content
