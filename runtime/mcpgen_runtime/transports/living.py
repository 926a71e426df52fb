"""A handler's lifespan under asyncio: what every adapter is inside of while it serves."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from types import TracebackType

from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.asyncio_host import AsyncioHost


def living(handler: ProtocolHandler) -> AbstractAsyncContextManager[None]:
    """Hold `handler`'s lifespan. Raises `LifespanFailed`, on the way in or out."""
    # A handler may have been written before there was one, or without need of any.
    return nullcontext() if getattr(handler, "lifespan", None) is None else _Living(handler)


class _Living(AbstractAsyncContextManager[None]):
    def __init__(self, handler: ProtocolHandler) -> None:
        self._handler = handler

    async def __aenter__(self) -> None:
        self._host = AsyncioHost()
        self._lifespan = self._handler.lifespan(self._host)
        try:
            await self._lifespan.__aenter__()
        except BaseException:
            self._host.close()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._lifespan.__aexit__(kind, error, trace)
        finally:
            self._host.close()
