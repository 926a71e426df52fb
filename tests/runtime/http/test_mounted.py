"""The app inside another: under Starlette, with and without a lifespan, with its authentication."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, BaseUser, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import HTTPConnection
from starlette.routing import Mount, Route
from tests.runtime.http.asgi import BOTH, Client
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http import HttpApp

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("mount", "path"), [("", "/mcp"), ("/tools", "/tools/mcp"), ("/a/b", "/a/b/mcp")])
async def test_app_is_found_below_its_mount(bench: Workbench, mount: str, path: str) -> None:
    app = HttpApp(ServerCore(bench.server))
    client = Client(Starlette(routes=[Mount(mount, app=app)]), path=path)
    session = await client.open()
    assert (await session.call("echo", {"text": "hi"}).reply()).status == 200
    stream = client.request("GET", path=path.replace("/mcp", "/sse"))
    assert (await stream.event()).data.startswith(f"{mount}/sse/messages?")
    stream.disconnect()
    await stream.task
    await app.close()


async def test_app_is_found_as_a_route(bench: Workbench) -> None:
    app = HttpApp(ServerCore(bench.server), TransportConfig(path="/agents"))
    client = Client(Starlette(routes=[Route("/agents", endpoint=app)]), path="/agents")
    assert (await client.call("echo", {"text": "hi"}).reply()).status == 200
    await app.close()


async def test_app_of_an_older_starlette_sees_only_the_rest_of_the_path(bench: Workbench) -> None:
    app = HttpApp(ServerCore(bench.server))
    reply = await Client(app).request("GET", root_path="/tools").reply()
    assert reply.status == 405
    await app.close()


class Tokens(AuthenticationBackend):
    """Whoever says a name is believed."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        name = conn.headers.get("authorization")
        return None if name is None else (AuthCredentials(), SimpleUser(name))


async def test_user_of_an_authentication_middleware_is_the_principal(bench: Workbench) -> None:
    app = HttpApp(ServerCore(bench.server))
    outer = Starlette(
        routes=[Mount("", app=app)], middleware=[Middleware(AuthenticationMiddleware, backend=Tokens())]
    )
    client = Client(outer)
    await client.call("echo", {"text": ""}).reply()
    client.headers["authorization"] = "ada"
    await client.call("echo", {"text": ""}).reply()
    assert [ctx.principal for ctx in bench.seen] == [None, "ada"]
    await app.close()


async def test_middleware_that_wraps_receive_and_send_does_no_harm(bench: Workbench) -> None:
    async def pass_on(request: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
        return await call_next(request)

    app = HttpApp(ServerCore(bench.server))
    outer = Starlette(
        routes=[Mount("", app=app)], middleware=[Middleware(BaseHTTPMiddleware, dispatch=pass_on)]
    )
    client = Client(outer)
    session = await client.open()
    assert (await session.call("echo", {"text": "hi"}).reply()).json["result"]
    assert len((await session.call("report", meta={"progressToken": 1}).reply()).messages) == 3
    waiting = session.call("wait")
    await bench.began.wait()
    bench.go.set()
    assert (await waiting.reply()).status == 200
    await app.close()


async def test_lifespan_of_the_outer_app_closes_the_app(bench: Workbench) -> None:
    app = HttpApp(ServerCore(bench.server))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await app.close()

    outer = Starlette(routes=[Mount("", app=app)], lifespan=lifespan)
    async with outer.router.lifespan_context(outer):
        stream = Client(outer).modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        await stream.event()
    assert (await stream.reply()).messages[-1]["result"]["resultType"] == "complete"


async def test_lifespan_of_its_own_starts_and_ends_it_as_often_as_wanted(bench: Workbench) -> None:
    app = HttpApp(ServerCore(bench.server))
    for _ in range(2):
        sent: list[str] = []
        events = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> dict[str, Any]:
            event = next(events)  # noqa: B023
            if event == "lifespan.shutdown":
                assert (await Client(app).call("echo", {"text": ""}).reply()).status == 200
            return {"type": event}

        async def send(message: Any) -> None:
            sent.append(message["type"])  # noqa: B023

        await app({"type": "lifespan"}, receive, send)
        assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert (await Client(app).call("echo", {"text": ""}).reply()).status == 503


async def test_httpx_speaks_to_it_in_process(bench: Workbench) -> None:
    app = HttpApp(ServerCore(bench.server))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        reply = await client.post("/mcp", json={}, headers={"accept": BOTH})
        assert reply.status_code == 400
    await app.close()


async def test_scope_of_another_kind_is_the_servers_mistake(bench: Workbench) -> None:
    with pytest.raises(RuntimeError, match="carrier-pigeon"):
        await HttpApp(ServerCore(bench.server))({"type": "carrier-pigeon"}, None, None)  # type: ignore[arg-type]


async def test_examples_of_the_documentation_work(project_root: Path) -> None:
    examples = re.findall(r"^```python\n(.*?)^```$", (project_root / "docs/http.md").read_text(), re.M | re.S)
    assert len(examples) == 2
    names: dict[str, Any] = {}
    exec(examples[0], names)
    client = Client(names["app"], {"host": "mcp.example"}, "/tools/mcp")
    async with names["app"].router.lifespan_context(names["app"]):
        reply = await client.call("greet").reply()
    assert reply.json["result"]["content"][0]["text"] == "Hello"
    exec(examples[1], names)
    for origin, status in (("https://app.example", 200), ("https://evil.example", 403)):
        client = Client(names["open_to_page"], {"host": "mcp.example", "origin": origin}, "/tools/mcp")
        asked: dict[str, Any] = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "mcp-method",
        }
        preflight = await client.request("OPTIONS", b"", asked).reply()
        assert (preflight.status, preflight.headers.get("access-control-allow-origin")) == (
            (200, origin) if status == 200 else (400, None)
        )
        reply = await client.call("greet").reply()
        assert reply.status == status
        if status == 200:
            assert reply.headers["access-control-allow-origin"] == origin
            assert reply.headers["access-control-expose-headers"] == "Mcp-Session-Id"


@pytest.mark.parametrize(
    "headers",
    [
        [(b"host", b"localhost"), (b"origin", b"http://evil.example"), (b"origin", b"http://localhost")],
        [(b"host", b"localhost"), (b"x-long", b"x" * 100_000)],
        [(b"host", b"evil.example")],
    ],
)
async def test_websocket_is_admitted_as_any_request(
    bench: Workbench, headers: list[tuple[bytes, bytes]]
) -> None:
    app = HttpApp(ServerCore(bench.server))
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope = {"type": "websocket", "path": "/mcp", "subprotocols": ["mcp"], "headers": headers}
    await app(scope, receive, send)
    assert sent == ["websocket.close"]
