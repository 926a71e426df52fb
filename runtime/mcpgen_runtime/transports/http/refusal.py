"""Requests that are refused before any message of theirs is served: an HTTP status and a JSON-RPC error."""

from __future__ import annotations

from collections.abc import Sequence

from mcpgen_runtime.errors import McpError
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import Error, RequestId
from mcpgen_runtime.transports.http.asgi import CLOSE, JSON, Event, Header, Scope, Send

#: What a client may do about its request, in the words of RFC 9110.
BAD_REQUEST = 400
FORBIDDEN = 403
NOT_FOUND = 404
METHOD_NOT_ALLOWED = 405
NOT_ACCEPTABLE = 406
REQUEST_TIMEOUT = 408
CONTENT_TOO_LARGE = 413
UNSUPPORTED_MEDIA_TYPE = 415
HEADERS_TOO_LARGE = 431
SERVICE_UNAVAILABLE = 503


class Refusal(Exception):
    """The request gets `status`, and `error` as its body.

    `id` is the request's id where that much could be read; an unknown one is left out, as the transport
    pages have it, or null where `null_id` is true: in sessions of revisions before 2025-11-25.
    """

    def __init__(
        self,
        status: int,
        error: McpError,
        *,
        id: RequestId | None = None,
        null_id: bool = False,
        headers: Sequence[Header] = (),
    ) -> None:
        super().__init__(status, error)
        self.status = status
        self.error = error
        self.id = id
        self.null_id = null_id
        self.headers = headers

    async def send(self, send: Send) -> None:
        """Answer the request with it."""
        body = dumps(Error.of(self.error, self.id).to_json(null_id=self.null_id))
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": [JSON, (b"content-length", b"%d" % len(body)), *self.headers],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def send_instead_of_websocket(self, scope: Scope, send: Send) -> None:
        """Answer the request to open a WebSocket with it; by a bare 403, where a server can no more."""
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close"})
            return

        async def send_renamed(event: Event) -> None:
            await send({**event, "type": f"websocket.{event['type']}"})

        await self.send(send_renamed)


def stopping() -> Refusal:
    """What any request gets that comes when the server is about to end."""
    return Refusal(SERVICE_UNAVAILABLE, McpError("The server is about to stop"), headers=(CLOSE,))
