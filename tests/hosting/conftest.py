"""Components written by hand: `odd` does what a request's id says, `guard` stands before it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from mcpgen.hosting.grants import Grants
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.loading import Hosting, load
from mcpgen.hosting.pool import Isolation
from mcpgen.hosting.server import ComponentServer
from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.memory import End, MemoryAdapter, pipe

HERE = Path(__file__).parent
META: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
#: Enough for these, and soon over.
LIMITS = ComponentLimits(max_instances=2, cpu_seconds=0.4, call_seconds=250)
Component = Callable[..., Path]


@pytest.fixture(scope="session")
def component(
    tmp_path_factory: pytest.TempPathFactory, project_root: Path, require_tool: Callable[[str | Path], str]
) -> Component:
    """Makes a component of `source`, or of `NAME.wat` beside this: `component("odd", world="server")`."""
    tools = require_tool(Path(sys.executable).with_name("wasm-tools"))
    directory = tmp_path_factory.mktemp("components")

    def make(name: str, *, world: str, wit: Path = project_root / "wit", source: Path | None = None) -> Path:
        made, core = directory / f"{name}.wasm", directory / f"{name}.core.wasm"
        if not made.exists():
            text = str(source or HERE / f"{name}.wat")
            embed = [tools, "component", "embed", str(wit), "--world", world, text, "-o", str(core)]
            subprocess.run(embed, check=True)
            subprocess.run([tools, "component", "new", core, "-o", made], check=True)
        return made

    return make


@pytest.fixture
def odd(component: Component) -> Path:
    """A server that does what the id of a request says."""
    return component("odd", world="server")


@pytest.fixture
def guard(component: Component) -> Path:
    """A middleware that answers a request with the id "x" itself."""
    return component("guard", world="middleware")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "mcpgen" / "components"


def hosted(
    *paths: Path,
    isolation: Isolation = "pool",
    limits: ComponentLimits = LIMITS,
    grants: Grants | None = None,
) -> ComponentServer:
    return ComponentServer(
        load(paths, Hosting(isolation=isolation, limits=limits, grants=grants or Grants()))
    )


class Peer:
    """A client that says what it likes, and reads whatever comes."""

    def __init__(self, end: End) -> None:
        self._end = end
        self._rest = b""

    async def say(self, message: dict[str, Any]) -> None:
        await self._end.send(json.dumps(message).encode() + b"\n")

    async def call(
        self, id: str | int, method: str = "tools/call", meta: Mapping[str, Any] = META, **params: Any
    ) -> None:
        """Send a request of 2026-07-28."""
        params = {"name": "it", **params, "_meta": {**META, **meta}}
        await self.say({"jsonrpc": "2.0", "id": id, "method": method, "params": params})

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        while b"\n" not in self._rest:
            chunk = await self._end.receive()
            assert chunk, "the server has hung up"
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        heard: dict[str, Any] = json.loads(line)
        return heard

    async def asked(
        self, id: str | int, method: str = "tools/call", meta: Mapping[str, Any] = META, **params: Any
    ) -> dict[str, Any]:
        """What comes next once that was asked, with this in its `_meta` besides."""
        await self.call(id, method, meta, **params)
        return await self.hear()


async def opened(peer: Peer, capabilities: Mapping[str, Any]) -> None:
    """Open a session of 2025-11-25."""
    params = {
        "protocolVersion": "2025-11-25",
        "capabilities": capabilities,
        "clientInfo": {"name": "old", "version": "1"},
    }
    await peer.say({"jsonrpc": "2.0", "id": "initialize", "method": "initialize", "params": params})
    assert "result" in await peer.hear()
    await peer.say({"jsonrpc": "2.0", "method": "notifications/initialized"})


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a coroutine, as pytest runs it."""

    @wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*arguments, **named), 300))

    return run


@asynccontextmanager
async def peer_of(handler: ProtocolHandler) -> AsyncIterator[Peer]:
    """A peer that is connected over memory."""
    here, there = pipe()
    adapter = MemoryAdapter(there)
    adapter.configure(TransportConfig())
    serving = asyncio.ensure_future(adapter.serve(handler))
    try:
        yield Peer(here)
    finally:
        here.close()
        await serving
