"""The client side: a typed client of every revision, over every transport.

`HttpTransport` needs httpx and `WebSocketTransport` needs websockets; each is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mcpgen_runtime.client.client import Client
from mcpgen_runtime.client.errors import (
    BadAnswer,
    ClientError,
    ConnectFailed,
    EndlessInput,
    LimitPassed,
    McpError,
    NoCommonRevision,
    NotInRevision,
    ReplyWithoutAnswer,
    RequestTimeout,
    ServerGone,
    Unanswered,
)
from mcpgen_runtime.client.memory import MemoryTransport
from mcpgen_runtime.client.stdio import StdioTransport
from mcpgen_runtime.client.tcp import TcpTransport
from mcpgen_runtime.client.transport import Transport
from mcpgen_runtime.client.unix import UnixTransport
from mcpgen_runtime.client.watch import Change, ListChanged, ResourceUpdated, Watch

if TYPE_CHECKING:
    from mcpgen_runtime.client.http import HttpTransport
    from mcpgen_runtime.client.http_sse import HttpSseTransport
    from mcpgen_runtime.client.websocket import WebSocketTransport

# What needs more than the standard library.
_LATE = {"HttpTransport": "http", "HttpSseTransport": "http_sse", "WebSocketTransport": "websocket"}


# Where type checkers do not look: they would take every name for one that is here.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _LATE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)


__all__ = [
    "BadAnswer",
    "Change",
    "Client",
    "ClientError",
    "ConnectFailed",
    "EndlessInput",
    "HttpSseTransport",
    "HttpTransport",
    "LimitPassed",
    "ListChanged",
    "McpError",
    "MemoryTransport",
    "NoCommonRevision",
    "NotInRevision",
    "ReplyWithoutAnswer",
    "RequestTimeout",
    "ResourceUpdated",
    "ServerGone",
    "StdioTransport",
    "TcpTransport",
    "Transport",
    "Unanswered",
    "UnixTransport",
    "Watch",
    "WebSocketTransport",
]
