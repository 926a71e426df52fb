"""A server that floods or stalls its client, over standard streams, HTTP or WebSocket.

`python server.py KIND stdio`, or `http`, `stream` (every answer an event stream), `sse` (HTTP+SSE) or
`websocket`, which print their port first. All but the last need the standard library alone. MEGABYTES and
PAUSE in the environment make a kind smaller or quicker. It holds next to nothing itself: what is measured is
its client.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

SIZE = int(float(os.environ.get("MEGABYTES", "200")) * 1_000_000)
PAUSE = float(os.environ.get("PAUSE", "29"))
#: How the body of the kind "bomb" is said to be packed.
BOMB = os.environ.get("PACKED", "gzip")
PIECE = b"x" * 65536
GREETING = {"level": "info", "data": [{}] * 1000}
NO_MESSAGE = {"code": -32600, "message": "this is no request"}
#: What an answer is made of: bytes, the end of a frame (None), or seconds to wait.
Part = bytes | None | float
Answer = Iterator[Part]


def framed(message: dict[str, Any]) -> Answer:
    yield json.dumps({"jsonrpc": "2.0", **message}).encode()
    yield None


def result(request: dict[str, Any], value: dict[str, Any]) -> Answer:
    return framed({"id": request["id"], "result": value})


def tool(number: int, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    described = {"a": {"type": "string", "description": "What the tool is to work on."}}
    return {
        "name": f"tool_{number}",
        "description": "Does something, and says what it did in a sentence or two that models read.",
        "inputSchema": schema or {"type": "object", "properties": described, "required": ["a"]},
        "annotations": {"readOnlyHint": True},
    }


def log(text: str) -> Answer:
    return framed({"method": "notifications/message", "params": {"level": "info", "data": text}})


def one_line(request: dict[str, Any]) -> Answer:
    """One message as long as the flood."""
    yield b'{"jsonrpc":"2.0","id":1,"result":{"tools":[],"text":"'
    for _ in range(SIZE // len(PIECE)):
        yield PIECE
    yield b'"}}'
    yield None


def long_logs(request: dict[str, Any]) -> Answer:
    """Log messages of a megabyte until the flood is over, and then the answer."""
    for _ in range(SIZE // 1_000_000):
        yield from log("x" * 1_000_000)
    yield from result(request, {"tools": []})


def short_logs(request: dict[str, Any]) -> Answer:
    many = b"".join(
        b"%b\n" % json.dumps({"jsonrpc": "2.0", "method": "notifications/x"}).encode() for _ in "x"
    )
    for _ in range(SIZE // len(many)):
        yield many[:-1]
        yield None
    yield from result(request, {"tools": []})


def pages(request: dict[str, Any]) -> Answer:
    """Page after page of tools, each just below what one message may have."""
    page = int(request.get("params", {}).get("cursor", "0"))
    tools = [tool(page * 10_000 + number) for number in range(10_000)]
    yield from result(request, {"tools": tools, "nextCursor": str(page + 1)})


def wide(request: dict[str, Any]) -> Answer:
    """A message that is short and takes twenty times its length to hold."""
    yield b'{"jsonrpc":"2.0","id":%b,"result":{"tools":[],"wide":[' % json.dumps(request["id"]).encode()
    for _ in range(70):
        yield b"{}," * 16384
    yield b"{}]}}"
    yield None


def ten_thousand(request: dict[str, Any]) -> Answer:
    return result(request, {"tools": [tool(number) for number in range(10_000)]})


def hundred_pages(request: dict[str, Any]) -> Answer:
    page = int(request.get("params", {}).get("cursor", "0"))
    more = {"nextCursor": str(page + 1)} if page < 99 else {}
    return result(request, {"tools": [tool(page * 100 + number) for number in range(100)], **more})


def nested(request: dict[str, Any]) -> Answer:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(90):
        schema = {"type": "object", "properties": {"a": schema}} if "type" in schema else schema
    value: Any = "x"
    for _ in range(95):
        value = [value]
    return result(request, {"tools": [tool(0, schema), tool(1, {"type": "object", "default": {"a": value}})]})


def endless(request: dict[str, Any]) -> Answer:
    """A message that never ends, and a stream that neither."""
    yield b'{"jsonrpc":"2.0","id":1,"result":{"tools":[],"text":"'
    while True:
        yield b"x"
        yield 0.05


def chatter(request: dict[str, Any]) -> Answer:
    """Messages for ever, of which none is an answer."""
    while True:
        yield from log("still here")
        yield 0.02


def answers_of_nobody(request: dict[str, Any]) -> Answer:
    for _ in range(9_000):
        yield from framed({"id": None, "error": {"code": -32600, "message": "what?"}})
    yield from result(request, {"tools": []})


def plain(request: dict[str, Any]) -> Answer:
    return result(request, {"tools": [tool(0)]})


KINDS: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "one-line": one_line,
    "long-logs": long_logs,
    "short-logs": short_logs,
    "pages": pages,
    "wide": wide,
    "10000-tools": ten_thousand,
    "100-pages": hundred_pages,
    "nested": nested,
    "endless": endless,
    "chatter": chatter,
    "nobodys": answers_of_nobody,
    "slow": plain,
    "stderr": plain,
    "bomb": plain,
    "blank": plain,
    "greeting": plain,
}


def answer(kind: str, request: dict[str, Any]) -> Answer:
    """What the server says to a request."""
    if kind == "slow" and request["method"] != "server/discover":
        yield PAUSE
    match request["method"]:
        case "initialize":
            yield from result(
                request,
                {
                    "protocolVersion": request["params"]["protocolVersion"],
                    "capabilities": {"tools": {}, "logging": {}},
                    "serverInfo": {"name": kind, "version": "1"},
                },
            )
            for _ in range(550 if kind == "greeting" else 0):
                yield from framed({"method": "notifications/message", "params": GREETING})
        case "tools/list":
            yield from KINDS[kind](request)
        case "ping" | "logging/setLevel":
            yield from result(request, {})
        case "tools/call" if str(request["params"].get("name")).startswith("tool_"):
            yield from result(request, {"content": []})
        case "tools/call":
            yield from framed({"id": request["id"], "error": {"code": -32602, "message": "no such tool"}})
        case _:
            yield from framed({"id": request["id"], "error": {"code": -32601, "message": "no such method"}})


async def _parts(kind: str, request: dict[str, Any]) -> AsyncIterator[bytes | None]:
    for part in answer(kind, request):
        if isinstance(part, float):
            await asyncio.sleep(part)
        else:
            yield part


async def over_stdio(kind: str) -> None:
    """Answer on standard output, a message a line."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    protocol = asyncio.streams.FlowControlMixin()
    transport, _ = await loop.connect_write_pipe(lambda: protocol, sys.stdout)
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    if kind == "stderr":
        for _ in range(SIZE // len(PIECE)):
            sys.stderr.write("x" * 79 + "\n" if _ % 2 else "y" * len(PIECE))
    while line := await reader.readline():
        try:
            request = json.loads(line)
        except ValueError:
            request = None
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            if kind == "greeting":
                # Every conversation is to be had anew, and begins with as much.
                return
            writer.write(json.dumps({"jsonrpc": "2.0", "id": None, "error": NO_MESSAGE}).encode() + b"\n")
            continue
        if "id" not in request:
            continue
        if kind == "greeting" and "no-such" in str(request):
            return
        if kind == "blank":
            for _ in range(SIZE // len(PIECE)):
                writer.write(b"\n" * len(PIECE))
                await writer.drain()
        async for part in _parts(kind, request):
            writer.write(b"\n" if part is None else part)
            await writer.drain()


async def over_websocket(kind: str) -> None:
    """Answer in messages, of as many frames as they have parts."""
    from websockets.asyncio.server import ServerConnection, serve
    from websockets.exceptions import ConnectionClosed
    from websockets.typing import Subprotocol

    async def speak(connection: ServerConnection) -> None:
        async for text in connection:
            try:
                request = json.loads(text)
            except ValueError:
                request = None
            if not isinstance(request, dict) or not isinstance(request.get("method"), str):
                refusal = {"jsonrpc": "2.0", "id": None, "error": NO_MESSAGE}
                await connection.send(json.dumps(refusal))
            elif "id" in request:
                parts = _parts(kind, request)
                if kind == "bomb" and request["method"] == "tools/list":
                    parts = _parts("one-line", request)
                async for first in parts:
                    await connection.send(_message(first, parts), text=True)

    async def converse(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await speak(connection)

    packing = "deflate" if kind == "bomb" else None
    async with serve(
        converse, "127.0.0.1", 0, subprotocols=[Subprotocol("mcp")], compression=packing
    ) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


async def _message(first: bytes | None, parts: AsyncIterator[bytes | None]) -> AsyncIterator[bytes]:
    """The parts of one message, up to its end."""
    part = first
    while part is not None:
        yield part
        part = await anext(parts, None)


class Http:
    """One endpoint: a POST is answered in JSON or as an event stream, a GET is the stream of HTTP+SSE."""

    def __init__(self, kind: str, way: str) -> None:
        self.kind = kind
        self.way = way
        self.answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        async with server:
            await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._exchange(reader, writer)
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if head[0].startswith("GET") and self.way == "sse":
            self._head(writer, "200 OK", "text/event-stream")
            writer.write(b"event: endpoint\ndata: /messages\n\n")
            # Whoever came last is answered: the one before has gone.
            answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
            self.answers = answers
            while True:
                await self._events(writer, await answers.get())
        try:
            request = json.loads(body) if body else {}
        except ValueError:
            self._head(writer, "400 Bad Request", "")
            return
        if not isinstance(request, dict) or "id" not in request or "method" not in request:
            self._head(writer, "202 Accepted" if body else "405 Method Not Allowed", "")
        elif self.way == "sse":
            self._head(writer, "202 Accepted", "")
            await self.answers.put(request)
        elif self.kind == "bomb" and request["method"] == "tools/list":
            await self._bomb(writer)
        elif self.way == "stream":
            self._head(writer, "200 OK", "text/event-stream")
            await self._events(writer, request)
        else:
            self._head(writer, "200 OK", "application/json")
            async for part in _parts(self.kind, request):
                writer.write(part or b"")
                await writer.drain()
        await writer.drain()

    def _head(self, writer: asyncio.StreamWriter, status: str, kind: str, more: str = "") -> None:
        writer.write(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Connection: close\r\n\r\n".encode())

    async def _events(self, writer: asyncio.StreamWriter, request: dict[str, Any]) -> None:
        begun = False
        if self.kind == "blank":
            for _ in range(SIZE // len(PIECE)):
                writer.write(b":" + PIECE + b"\n\n")
                await writer.drain()
        async for part in _parts(self.kind, request):
            writer.write((b"" if begun else b"data: ") + part if part is not None else b"\n\n")
            begun = part is not None
            await writer.drain()

    async def _bomb(self, writer: asyncio.StreamWriter) -> None:
        """A body that is a thousand times as long once it is unpacked."""
        kind = "text/event-stream" if self.way == "stream" else "application/json"
        self._head(writer, "200 OK", kind, f"Content-Encoding: {BOMB}\r\n")
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        packed = packer.compress(b'data: {"a":"' if self.way == "stream" else b'{"a":"')
        for _ in range(SIZE // len(PIECE)):
            packed += packer.compress(PIECE)
        packed += packer.compress(b'"}\n\n') + packer.flush()
        writer.write(packed)


def main() -> None:
    """Serve as the command line says."""
    kind, way = sys.argv[1:3]
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError, ConnectionError):
        match way:
            case "stdio":
                asyncio.run(over_stdio(kind))
            case "websocket":
                asyncio.run(over_websocket(kind))
            case _:
                asyncio.run(Http(kind, way).serve())


if __name__ == "__main__":
    main()
