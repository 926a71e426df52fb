"""The client side: a typed client of every revision, over every transport.

`HttpTransport` needs httpx and `WebSocketTransport` needs websockets; each is imported when it is asked
for, from `mcpgen_runtime.client.http` and `mcpgen_runtime.client.websocket`.
"""

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

__all__ = [
    "BadAnswer",
    "Change",
    "Client",
    "ClientError",
    "ConnectFailed",
    "EndlessInput",
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
]
