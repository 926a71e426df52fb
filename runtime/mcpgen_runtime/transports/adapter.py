"""The contract that every transport of a server fulfils."""

from __future__ import annotations

from typing import ClassVar, Protocol

from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import TransportConfig


class TransportAdapter(Protocol):
    """Binds one protocol handler to one transport."""

    #: The name of the transport: "stdio".
    name: ClassVar[str]

    def configure(self, config: TransportConfig) -> None:
        """Set it up, before it serves."""

    async def serve(self, handler: ProtocolHandler) -> None:
        """Serve until there is nobody left to serve, or until cancelled.

        Cancelled, it takes nothing new, gives calls in flight `drain_seconds` to end, and ends; cancelled
        a second time it ends at once. Holds the handler's lifespan before it listens, and until all that is
        over. Raises `OSError` where it cannot listen at its address, and `LifespanFailed`.
        """
