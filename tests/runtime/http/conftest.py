"""A server to speak to over HTTP, and a client that speaks ASGI to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
import uvloop
from tests.runtime.http.asgi import Client
from tests.runtime.http.listening import SECONDS
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.transports.http import HttpApp

Main = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture
def anyio_backend() -> str:
    """Tests that are coroutines run under asyncio."""
    return "asyncio"


@pytest.fixture
def bench() -> Workbench:
    """A server whose handlers wait until a test lets them go on."""
    return Workbench()


@pytest.fixture
async def client(bench: Workbench, anyio_backend: str) -> AsyncIterator[Client]:
    """A client of that server, with the default configuration."""
    app = HttpApp(ServerCore(bench.server))
    yield Client(app)
    await app.close(drain_seconds=0)


@pytest.fixture(
    params=[
        pytest.param((asyncio.new_event_loop, "httptools"), id="asyncio-httptools"),
        pytest.param((uvloop.new_event_loop, "httptools"), id="uvloop-httptools"),
        pytest.param((asyncio.new_event_loop, "h11"), id="asyncio-h11"),
    ]
)
def run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[Main], None]:
    """Runs a coroutine on each event loop, with each of uvicorn's parsers."""
    new_loop, parser = request.param
    if parser == "h11":
        from uvicorn.protocols.http import auto
        from uvicorn.protocols.http.h11_impl import H11Protocol

        monkeypatch.setattr(auto, "AutoHTTPProtocol", H11Protocol)

    def run(main: Main) -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(asyncio.wait_for(main(), SECONDS))

    return run
