"""The runtime: one handler, written once, served to every MCP client on every transport.

`Server` is the table of what a server offers, `ServerCore` answers for it, and an adapter of
`mcpgen_runtime.transports` carries it. `mcpgen_runtime.client` is the other side. Standard library only; what
an extra brings is imported by the module that needs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcpgen_runtime.context import RequestContext
    from mcpgen_runtime.core import ServerCore
    from mcpgen_runtime.dependencies import Depends
    from mcpgen_runtime.errors import (
        ClientRefused,
        DefinitionError,
        InvalidParams,
        InvalidRequest,
        McpError,
        MethodNotFound,
        MissingClientCapability,
        PromptNotFound,
        ResourceNotFound,
        ToolError,
        ToolNotFound,
        UrlElicitationRequired,
    )
    from mcpgen_runtime.gateway import GatewayCore, ServerHandler
    from mcpgen_runtime.limits import Limits
    from mcpgen_runtime.protocol import ProtocolHandler
    from mcpgen_runtime.server import Server

#: Where each name is. It is imported when it is asked for: a client has no use for the server's half.
_HOMES = {
    "context": ("RequestContext",),
    "core": ("ServerCore",),
    "dependencies": ("Depends",),
    "errors": (
        "ClientRefused",
        "DefinitionError",
        "InvalidParams",
        "InvalidRequest",
        "McpError",
        "MethodNotFound",
        "MissingClientCapability",
        "PromptNotFound",
        "ResourceNotFound",
        "ToolError",
        "ToolNotFound",
        "UrlElicitationRequired",
    ),
    "gateway": ("GatewayCore", "ServerHandler"),
    "limits": ("Limits",),
    "protocol": ("ProtocolHandler",),
    "server": ("Server",),
}

__all__ = [
    "ClientRefused",
    "DefinitionError",
    "Depends",
    "GatewayCore",
    "InvalidParams",
    "InvalidRequest",
    "Limits",
    "McpError",
    "MethodNotFound",
    "MissingClientCapability",
    "PromptNotFound",
    "ProtocolHandler",
    "RequestContext",
    "ResourceNotFound",
    "Server",
    "ServerCore",
    "ServerHandler",
    "ToolError",
    "ToolNotFound",
    "UrlElicitationRequired",
]


# Where type checkers do not look: they would take every name for one that is here.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        for module, names in _HOMES.items():
            if name in names:
                found = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
