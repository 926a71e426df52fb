"""The app inside one of FastAPI: routes of its own beside it, both eras, HTTP+SSE, WebSocket, lifespan."""

from __future__ import annotations

import asyncio
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from tests.conftest import missing
from tests.runtime.http.asgi import Client
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.transports.http import HttpApp

pytestmark = pytest.mark.anyio


def outer_app(mcp: HttpApp) -> Any:
    """An app of FastAPI's that has a route of its own and serves `mcp` below /tools."""
    if find_spec("fastapi") is None:
        missing("fastapi is not installed")
    app = import_module("fastapi").FastAPI(lifespan=mcp.lifespan)
    app.add_api_route("/health", lambda: {"ok": True})
    app.mount("/tools", mcp)
    return app


async def test_app_is_mounted_and_ends_with_the_outer_one(bench: Workbench) -> None:
    app = outer_app(HttpApp(ServerCore(bench.server)))
    client = Client(app, path="/tools/mcp")
    async with app.router.lifespan_context(app):
        assert (await client.request("GET", path="/health").reply()).json == {"ok": True}
        assert (await client.call("echo", {"text": "new"}).reply()).json["result"]["content"][0][
            "text"
        ] == "new"
        session = await client.open()
        assert (await session.call("echo", {"text": "old"}).reply()).status == 200
        stream = client.request("GET", path="/tools/sse")
        assert (await stream.event()).data.startswith("/tools/sse/messages?")
        listening = client.modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        await listening.event()
    assert (await listening.reply()).messages[-1]["result"]["resultType"] == "complete"
    assert (await stream.reply()).done
    assert (await client.call("echo", {"text": "late"}).reply()).status == 503


async def test_websocket_reaches_it_below_its_mount(bench: Workbench) -> None:
    app = outer_app(HttpApp(ServerCore(bench.server)))
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outgoing: asyncio.Queue[Any] = asyncio.Queue()
    scope = {
        "type": "websocket",
        "path": "/tools/mcp",
        "root_path": "",
        "subprotocols": ["mcp"],
        "headers": [(b"host", b"localhost")],
        "query_string": b"",
    }
    ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
    incoming.put_nowait({"type": "websocket.connect"})
    incoming.put_nowait({"type": "websocket.receive", "text": ping})
    async with app.router.lifespan_context(app), asyncio.timeout(30):
        serving = asyncio.ensure_future(app(scope, incoming.get, outgoing.put))
        assert (await outgoing.get())["type"] == "websocket.accept"
        assert '"result":{}' in (await outgoing.get())["text"]
        incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await serving
