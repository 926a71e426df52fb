"""A server to speak to over HTTP, and a client that speaks ASGI to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.runtime.http.asgi import Client
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.transports.http import HttpApp


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
