"""The runtime: one handler, written once, served to every MCP client on every transport.

`Server` is the table of what a server offers, `ServerCore` answers for it, and an adapter of
`mcpgen_runtime.transports` carries it. Standard library only; what an extra brings is imported by the
module that needs it.
"""

from __future__ import annotations

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.errors import (
    ClientRefused,
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
from mcpgen_runtime.features import DefinitionError
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.server import Server

__all__ = [
    "ClientRefused",
    "DefinitionError",
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
    "ToolError",
    "ToolNotFound",
    "UrlElicitationRequired",
]
