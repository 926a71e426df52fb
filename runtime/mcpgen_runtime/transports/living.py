"""A handler's lifespan under asyncio: what every adapter is inside of while it serves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.asyncio_host import AsyncioHost


@asynccontextmanager
async def living(handler: ProtocolHandler) -> AsyncIterator[None]:
    """Hold `handler`'s lifespan. Raises `LifespanFailed`."""
    lifespan = getattr(handler, "lifespan", None)
    if lifespan is None:  # written before there was one, or without need of any
        yield
        return
    host = AsyncioHost()
    try:
        async with lifespan(host):
            yield
    finally:
        host.close()
