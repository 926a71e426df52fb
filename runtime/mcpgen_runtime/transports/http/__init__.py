"""The HTTP transport: Streamable HTTP of every revision, HTTP+SSE for clients of 2024-11-05, WebSocket.

`HttpApp` is an ASGI app to mount anywhere; `HttpAdapter` serves it with uvicorn. One file each:

    app          where a request goes             adapter    uvicorn and its sockets
    endpoint     Streamable HTTP, both eras       corked     one write for what is sent together
    exchange     one POST and its answer          connections  uvicorn's, guarded
    sessions     legacy sessions by their id      http_sse   the transport of 2024-11-05
    resuming     streams that outlive a connection
    events       event streams                    admission  Host, Origin
    headers      limits, what mirrors the body    body       limits, JSON
    negotiation  Content-Type, Accept             refusal    statuses and errors
    asgi         the words of ASGI
"""

from __future__ import annotations

from mcpgen_runtime.transports.http.adapter import HttpAdapter
from mcpgen_runtime.transports.http.app import HttpApp

__all__ = ["HttpAdapter", "HttpApp"]
