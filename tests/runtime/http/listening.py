"""The app behind uvicorn, on real sockets: a server that runs, and the bytes of requests to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from tests.runtime.http.asgi import BOTH, META, request
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http import HttpAdapter

Json = dict[str, Any]

INITIALIZE = request(
    "initialize",
    {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
)
SECONDS = 10


class Running:
    """An adapter that serves, and the means to reach it."""

    def __init__(self, bench: Workbench, address: str, task: asyncio.Task[None]) -> None:
        self.bench = bench
        self.address = address
        self.task = task
        host, _, port = address.rpartition(":")
        self.port = int(port)
        self.host = host.strip("[]")
        self.url = f"http://{address}/mcp"

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(headers={"accept": BOTH}, timeout=SECONDS)

    async def socket(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port)


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[Running]:
    """A workbench behind an adapter at a port of its own."""
    bench = Workbench()
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    adapter = HttpAdapter(listening=address.set_result)
    adapter.configure(TransportConfig(**{"port": 0, "drain_seconds": 2, **settings}))
    task = asyncio.ensure_future(adapter.serve(ServerCore(bench.server)))
    try:
        yield Running(bench, await address, task)
    finally:
        task.cancel()
        await asyncio.wait([task])


def modern(
    method: str, params: Json, *, id: Any = 1, meta: Json | None = None
) -> tuple[Json, dict[str, str]]:
    headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": method}
    if "name" in params:
        headers["mcp-name"] = params["name"]
    return request(method, {**params, "_meta": META | (meta or {})}, id=id), headers


def call(tool: str, arguments: Json | None = None, meta: Json | None = None) -> tuple[Json, dict[str, str]]:
    return modern("tools/call", {"name": tool, "arguments": arguments or {}}, meta=meta)


def raw(message: Any, headers: dict[str, str], *, length: int | None = None) -> bytes:
    """The bytes of a POST."""
    body = json.dumps(message).encode()
    head = {
        "host": "localhost",
        "accept": BOTH,
        "content-type": "application/json",
        "content-length": str(len(body) if length is None else length),
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST /mcp HTTP/1.1\r\n{lines}\r\n".encode() + body
