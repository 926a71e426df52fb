"""A workbench behind wasi:http, and the client that the native transport has."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import pytest
from tests.runtime.http.asgi import Client
from tests.runtime.http.workbench import Workbench
from tests.runtime.wasi.http.standin import StandIn

from mcpgen_runtime.servable import Servable
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.wasi import http
from mcpgen_runtime.transports.wasi.http import HttpComponent

KEY = "k" * 40
Begin: TypeAlias = Callable[..., StandIn]


@pytest.fixture
def anyio_backend() -> str:
    """Tests that are coroutines run under asyncio."""
    return "asyncio"


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Makes servers of instances that live for one request each, in this process, which stays as it is."""
    monkeypatch.setattr(http, "install", lambda surroundings: None)
    monkeypatch.setattr(http, "reseed", lambda: None)
    begun: list[StandIn] = []

    def begin(
        servable: Callable[[], Servable] = lambda: Workbench().server,
        *,
        environment: Mapping[str, str] = {"MCPGEN_KEY": KEY},
        **settings: Any,
    ) -> StandIn:
        def instance() -> HttpComponent:
            monkeypatch.setattr(os, "environ", {})
            config = TransportConfig(sse_path=None, **settings) if settings else None
            return HttpComponent(servable(), config=config)

        begun.append(StandIn(instance, environment))
        return begun[-1]

    yield begin
    for host in (host for app in begun for host in app.hosts):
        assert not host.traps
        assert not host.alive, "what was not given back"


@pytest.fixture
def client(begin: Begin) -> Client:
    """A client of the workbench."""
    return Client(begin())
