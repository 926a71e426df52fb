"""An ASGI app that is somebody else's server: it sends each request over a socket, and the answer back.

So the tests of the HTTP transport, whose client speaks ASGI, can ask any server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class ThroughHttp:
    """Speaks to `host`:`port`."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        reader, writer = await asyncio.open_connection(*self._address)
        sending = asyncio.ensure_future(self._request(scope, receive, writer))
        try:
            await self._reply(reader, send, head=scope["method"] == "HEAD")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # cut short: the client sees that the answer is not complete
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await sending
            writer.close()

    async def _request(self, scope: Any, receive: Receive, writer: asyncio.StreamWriter) -> None:
        query = scope["query_string"]
        target = scope["path"].encode() + (b"?" + query if query else b"")
        event = await receive()
        names = {name for name, _ in scope["headers"]}
        has_body = event["type"] == "http.request" and (event["body"] or event["more_body"])
        chunked = bool(has_body or scope["method"] == "POST") and b"content-length" not in names
        head = [b"%b %b HTTP/1.1" % (scope["method"].encode(), target)]
        head += [name + b": " + value for name, value in scope["headers"]]
        if chunked:
            head.append(b"transfer-encoding: chunked")
        writer.write(b"\r\n".join(head) + b"\r\n\r\n")
        while True:
            if event["type"] == "http.disconnect":
                writer.transport.abort()
                return
            body = event["body"]
            if chunked and body:
                body = b"%x\r\n%b\r\n" % (len(body), body)
            if chunked and not event["more_body"]:
                body += b"0\r\n\r\n"
            writer.write(body)
            await writer.drain()
            event = await receive()

    async def _reply(self, reader: asyncio.StreamReader, send: Send, *, head: bool) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = [
            (name.strip().lower().encode(), value.strip().encode())
            for name, _, value in (line.partition(":") for line in lines[1:] if line)
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        known = dict(headers)
        if known.get(b"transfer-encoding") == b"chunked":
            while size := int(await reader.readuntil(b"\r\n"), 16):
                chunk = (await reader.readexactly(size + 2))[:-2]
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await reader.readexactly(2)
            await send({"type": "http.response.body", "body": b""})
        else:
            length = 0 if head else int(known.get(b"content-length", b"0"))
            body = await reader.readexactly(length)
            await send({"type": "http.response.body", "body": body})
