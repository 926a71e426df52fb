"""The HTTP transport: Streamable HTTP of every revision, HTTP+SSE for clients of 2024-11-05, WebSocket.

`HttpApp` is an ASGI app to mount anywhere; `HttpAdapter` serves it with uvicorn. One file each:

    app          where a request goes             adapter      uvicorn and its sockets
    endpoint     Streamable HTTP, both eras       connections  uvicorn's connections, guarded
    exchange     one POST and its answer          corked       one write for what is sent together
    batch        the answers to a batch           http_sse     the transport of 2024-11-05
    sessions     legacy sessions by their id      events       event streams
    resuming     streams that can be resumed      admission    limits of headers, Host, Origin
    headers      what they mirror of the body     body         read within its limits
    negotiation  Content-Type, Accept             refusal      statuses and errors
    asgi         the words of ASGI
"""

from __future__ import annotations

from mcpgen_runtime.transports.http.adapter import HttpAdapter
from mcpgen_runtime.transports.http.app import HttpApp

__all__ = ["HttpAdapter", "HttpApp"]
