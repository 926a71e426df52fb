"""A workbench behind wasi:http, and the client that the native transport has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from tests.runtime.http.asgi import Client
from tests.runtime.http.workbench import Workbench
from tests.runtime.wasi.http.standin import StandIn

from mcpgen_runtime.transports.wasi import http
from mcpgen_runtime.transports.wasi.http import HttpComponent

KEY = "k" * 40


@pytest.fixture
def anyio_backend() -> str:
    """Tests that are coroutines run under asyncio."""
    return "asyncio"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Instances for one request each, in this process, which stays as it is."""
    monkeypatch.setattr(http, "install", lambda surroundings: None)
    monkeypatch.setattr(http, "reseed", lambda: None)
    monkeypatch.setattr(os, "environ", {})

    def instance() -> Any:
        return HttpComponent(Workbench().server)

    app = StandIn(instance, {"MCPGEN_KEY": KEY})
    yield app
    for host in app.hosts:
        assert not host.traps
        assert not host.alive, "what was not given back"


@pytest.fixture
def client(stand_in: StandIn) -> Client:
    """A client of it."""
    return Client(stand_in)
