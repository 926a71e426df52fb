"""What can be served: a `Server`, a `ServerHandler`, or a `ProtocolHandler` of one's own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeAlias

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.server import Server

if TYPE_CHECKING:
    from mcpgen_runtime.gateway import ServerHandler
    from mcpgen_runtime.protocol import ProtocolHandler

Servable: TypeAlias = "Server | ServerHandler | ProtocolHandler"


def is_servable(value: object) -> bool:
    """Whether `value` is one of them. A class is none: an instance of it may be."""
    if isinstance(value, type):
        return False
    if isinstance(value, Server) or _is_gateway(value):
        return True
    wanted = ("handle_request", "handle_notification", "capabilities")
    return all(callable(getattr(value, name, None)) for name in wanted)


def protocol_handler(servable: Servable, *, key: bytes | None = None) -> ProtocolHandler:
    """Who answers for `servable`: a core with `key`, or the `ProtocolHandler` that it is already.

    Raises `TypeError` for what cannot be served.
    """
    if not is_servable(servable):
        what = f"the class {servable.__name__}" if isinstance(servable, type) else type(servable).__name__
        raise TypeError(f"a Server, a ServerHandler or a ProtocolHandler can be served, and not {what}")
    if isinstance(servable, Server):
        return ServerCore(servable, key=key)
    handler: Any = servable
    if _is_gateway(servable):
        from mcpgen_runtime.gateway import GatewayCore

        return GatewayCore(handler, key=key)
    return handler  # type: ignore[no-any-return]


def _is_gateway(value: object) -> bool:
    # Who has one has imported its module; nobody else is to wait for that.
    gateway = sys.modules.get("mcpgen_runtime.gateway")
    return gateway is not None and isinstance(value, gateway.ServerHandler)
