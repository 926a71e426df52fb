"""A server in this process, judged over the memory transport: a component, under our own host."""

from __future__ import annotations

import asyncio
import contextlib

from mcpgen_runtime.client.memory import MemoryTransport
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.memory import MemoryAdapter, pipe


class InProcessTransport(MemoryTransport):
    """Serves `handler` over a pipe as long as it is connected."""

    def __init__(self, handler: ProtocolHandler, *, limits: Limits | None = None) -> None:
        here, self._there = pipe()
        super().__init__(here, limits=limits)
        self._handler = handler
        self._serving: asyncio.Task[None] | None = None

    async def _connect(self) -> None:
        await super()._connect()
        adapter = MemoryAdapter(self._there)
        adapter.configure(TransportConfig())
        self._serving = asyncio.ensure_future(adapter.serve(self._handler))

    async def _hang_up(self) -> None:
        await super()._hang_up()
        if self._serving is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._serving
