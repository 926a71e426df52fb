"""Lifespans under an ASGI server: through its lifespan events, through the app around, or without either."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from mcpgen_runtime import RequestContext, Server, ServerCore
from mcpgen_runtime.client import Client, HttpTransport
from mcpgen_runtime.lifetime import LifespanFailed
from mcpgen_runtime.transports.http import HttpApp

pytestmark = pytest.mark.anyio

happened: list[str] = []


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _forget() -> None:
    happened.clear()


@asynccontextmanager
async def lifespan(server: Server) -> AsyncIterator[dict[str, str]]:
    happened.append("start")
    yield {"answer": "42"}
    happened.append("end")


@asynccontextmanager
async def failing(server: Server) -> AsyncIterator[None]:
    happened.append("try")
    raise OSError("no database")
    yield


def answer(arguments: dict[str, Any], ctx: RequestContext) -> str:
    return str(ctx.state(dict)["answer"])


def app_of(begin: Any = lifespan) -> HttpApp:
    server = Server("s", "1", lifespan=begin)
    server.add_tool({"name": "answer", "inputSchema": {"type": "object"}}, answer)
    return HttpApp(ServerCore(server))


CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {
        "name": "answer",
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        },
    },
}
HEADERS = {
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "answer",
}


async def asked(app: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        return await http.post("/mcp", json=CALL, headers=HEADERS)


async def test_an_app_without_lifespan_begins_with_its_first_request_and_ends_by_close() -> None:
    app = app_of()
    assert happened == []
    for _ in range(2):
        assert (await asked(app)).json()["result"]["content"][0]["text"] == "42"
    assert happened == ["start"]
    await app.close()
    await app.close()
    assert happened == ["start", "end"]


async def test_the_app_around_lends_its_lifespan() -> None:
    app = app_of()
    around = Starlette(routes=[Mount("", app=app)], lifespan=app.lifespan)
    async with around.router.lifespan_context(around):
        assert happened == ["start"]
        assert (await asked(around)).status_code == 200
    assert happened == ["start", "end"]


async def test_an_app_around_that_starts_again_begins_again() -> None:
    app = app_of()
    around = Starlette(routes=[Mount("", app=app)], lifespan=app.lifespan)
    for _ in range(2):
        async with around.router.lifespan_context(around):
            assert (await asked(around)).status_code == 200
    assert happened == ["start", "end"] * 2


async def test_a_lifespan_that_fails_is_raised_in_the_app_around() -> None:
    app = app_of(failing)
    with pytest.raises(LifespanFailed, match="no database"):
        async with app.lifespan():
            raise AssertionError("it did not start")


async def test_without_lifespan_a_start_that_fails_fails_the_request_and_is_tried_again() -> None:
    app = app_of(failing)
    for count in (1, 2):
        assert (await asked(app)).status_code == 500
        assert happened == ["try"] * count


APP = """
import os, sys
sys.path.insert(0, {here!r})
from contextlib import asynccontextmanager
from mcpgen_runtime import Server, ServerCore
from mcpgen_runtime.transports.http import HttpApp

@asynccontextmanager
async def lifespan(server):
    if os.environ.get("FAIL"):
        raise OSError("no database")
    print("START", file=sys.stderr, flush=True)
    yield {{"answer": "42"}}
    print("END", file=sys.stderr, flush=True)

server = Server("s", "1", lifespan=lifespan)
tool = {{"name": "answer", "inputSchema": {{"type": "object"}}}}
server.add_tool(tool, lambda arguments, ctx: ctx.state(dict)["answer"])
app = HttpApp(ServerCore(server))
"""


@pytest.fixture
def uvicorn(tmp_path: Path) -> Iterator[Any]:
    (tmp_path / "asgi_app.py").write_text(APP.format(here=str(tmp_path)))
    processes: list[subprocess.Popen[str]] = []

    def start(**env: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "uvicorn", "asgi_app:app", "--port", "0", "--lifespan", "on"]
        process = subprocess.Popen(
            command, cwd=tmp_path, env=os.environ | env, stderr=subprocess.PIPE, text=True
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
async def test_uvicorn_begins_it_and_ends_it(uvicorn: Any, revision: str) -> None:
    process = uvicorn()
    said: list[str] = []
    while not (said and "running on" in said[-1]):
        said.append(process.stderr.readline())
        assert said[-1], said
    assert any("START" in each for each in said)
    url = re.findall(r"http://[\d.:]+", said[-1])[0]
    async with Client(HttpTransport(f"{url}/mcp"), revision=revision) as session:
        result = await session.call_tool("answer", {})
        assert result.content[0].text == "42"  # type: ignore[union-attr]
    process.send_signal(signal.SIGTERM)
    assert "END" in process.communicate(timeout=30)[1]


async def test_uvicorn_says_why_it_does_not_start(uvicorn: Any) -> None:
    process = uvicorn(FAIL="1")
    errors = process.communicate(timeout=30)[1]
    assert process.returncode == 3
    assert "OSError: no database" in errors
    assert "asgi_app.py" in errors


FORGETFUL = """
import asyncio
import httpx
from asgi_app import app

async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        assert (await http.post("/mcp", json={})).status_code < 500

asyncio.run(main())
"""


@pytest.mark.parametrize("lifespan", ["lifespan=lifespan", "lifespan=None"])
def test_an_app_that_nobody_closes_ends_with_its_loop_in_silence(tmp_path: Path, lifespan: str) -> None:
    app = APP.format(here=str(tmp_path)).replace("lifespan=lifespan", lifespan)
    (tmp_path / "asgi_app.py").write_text(app)
    command = [sys.executable, "-W", "always", "-c", FORGETFUL]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    said = "" if lifespan.endswith("None") else "START\n"
    assert (ended.returncode, ended.stderr) == (0, said)
