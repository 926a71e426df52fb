"""Servers that a test writes line by line, at the other end of a pipe."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from mcpgen_runtime.client import Client, MemoryTransport
from mcpgen_runtime.transports.memory import End, pipe

MODERN = "2026-07-28"
META_SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"


class Closed(Exception):
    """The client has hung up before the script was at its end."""


class Server:
    """What a script reads from and writes to. `seen` is everything that the client has said."""

    def __init__(self, end: End) -> None:
        self.end = end
        self.seen: list[dict[str, Any]] = []
        self._lines: list[bytes] = []
        self._rest = b""

    async def receive(self) -> dict[str, Any]:
        """The next message. Raises `Closed`."""
        while not self._lines:
            chunk = await self.end.receive()
            if not chunk:
                raise Closed
            *self._lines, self._rest = (self._rest + chunk).split(b"\n")
        message: dict[str, Any] = json.loads(self._lines.pop(0))
        self.seen.append(message)
        return message

    async def expect(self, method: str) -> dict[str, Any]:
        """The next message, which must be of this method."""
        message = await self.receive()
        assert message.get("method") == method, message
        return message

    async def send(self, *messages: Any) -> None:
        """Write each message on a line of its own."""
        for message in messages:
            await self.end.send(json.dumps(message).encode() + b"\n")

    async def answer(self, request: dict[str, Any], result: dict[str, Any]) -> None:
        """Answer with a result; one of the modern era says that it is complete."""
        await self.send({"jsonrpc": "2.0", "id": request["id"], "result": result})

    async def refuse(self, request: dict[str, Any], code: int, message: str, data: Any = None) -> None:
        """Answer with an error."""
        error: dict[str, Any] = {"code": code, "message": message}
        if data is not None:
            error["data"] = data
        await self.send({"jsonrpc": "2.0", "id": request["id"], "error": error})

    async def tell(self, method: str, params: dict[str, Any]) -> None:
        """Send a notification."""
        await self.send({"jsonrpc": "2.0", "method": method, "params": params})

    async def open_modern(self, capabilities: dict[str, Any] | None = None) -> None:
        """Answer the client's question for the era as a modern server does."""
        request = await self.expect("server/discover")
        await self.answer(request, discovery(capabilities))

    async def open_legacy(self, revision: str, capabilities: dict[str, Any] | None = None) -> None:
        """Refuse the question for the era where it comes, and shake hands."""
        request = await self.receive()
        if request["method"] == "server/discover":
            await self.refuse(request, -32601, "Method not found")
            request = await self.receive()
        assert request["method"] == "initialize"
        await self.answer(
            request,
            {
                "protocolVersion": revision,
                "capabilities": capabilities or {},
                "serverInfo": {"name": "script", "version": "1"},
            },
        )
        await self.expect("notifications/initialized")


Script = Callable[[Server], Awaitable[None]]


def discovery(capabilities: dict[str, Any] | None = None, *supported: str) -> dict[str, Any]:
    """A `DiscoverResult`."""
    return {
        "resultType": "complete",
        "supportedVersions": list(supported or (MODERN,)),
        "capabilities": capabilities or {},
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "script", "version": "1"}},
    }


def complete(result: dict[str, Any]) -> dict[str, Any]:
    """A result as the modern era has it."""
    return {"resultType": "complete", **result}


def text(said: str) -> dict[str, Any]:
    """The result of a tool that says something."""
    return complete({"content": [{"type": "text", "text": said}]})


def modern(script: Script) -> Script:
    """The script, after the opening of a modern server that can do everything."""

    async def whole(server: Server) -> None:
        await server.open_modern({"tools": {}, "resources": {}, "prompts": {}})
        await script(server)

    return whole


def legacy(script: Script, revision: str = "2025-11-25", **capabilities: Any) -> Script:
    """The script, after the opening of a legacy server that declares `capabilities`."""

    async def whole(server: Server) -> None:
        await server.open_legacy(revision, capabilities)
        await script(server)

    return whole


@asynccontextmanager
async def talking(script: Script, **options: Any) -> AsyncIterator[tuple[Client, Server]]:
    """A client that is open, and the server that follows `script` meanwhile and to its end."""
    near, far = pipe()
    server = Server(far)

    async def follow() -> None:
        try:
            await script(server)
        except BaseException:
            # The client is not to wait for a script that failed; the failure is raised below.
            far.close()
            raise

    following = asyncio.create_task(follow())
    try:
        async with asyncio.timeout(20):
            async with Client(MemoryTransport(near), **{"timeout": 5, **options}) as client:
                yield client, server
            await following
    finally:
        following.cancel()
        outcome = (await asyncio.gather(following, return_exceptions=True))[0]
        far.close()
    if isinstance(outcome, Exception):
        raise outcome
