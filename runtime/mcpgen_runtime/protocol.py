"""The contracts between who processes requests and who carries them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Protocol

from mcpgen_runtime.changes import Changes
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.host import Host
from mcpgen_runtime.jsonrpc import Error, Notification, Request, Response
from mcpgen_runtime.sealing import Sealer
from mcpgen_types.v2026_07_28 import ServerCapabilities


class ProtocolHandler(Protocol):
    """Transport-independent request processing. No I/O, no session of its own.

    Every request comes here but `subscriptions/listen`: its era keeps the stream and answers it, from
    `capabilities` and `changes`. A handler that has `vets_listening`, and it is true, gets that too, before
    the stream opens: its `Result` has as `notifications` the filter to open it with. An `Error` is the end.

    A handler that has `opens_later`, and it is true, answers `initialize` from elsewhere: what a client sends
    before that is answered is kept for the session, not refused.

    `changes` is where sessions and listen streams register to hear what changed; `sealer` makes and
    verifies what clients carry about for the server.
    """

    changes: Changes
    sealer: Sealer

    async def handle_request(self, request: Request, ctx: RequestContext) -> Response:
        """The answer to `request` in the words of `ctx.revision`. Raises nothing but cancellation."""

    async def handle_notification(self, notification: Notification, ctx: RequestContext) -> None:
        """Take note of what the client tells. Raises nothing but cancellation.

        What steers a session or a request (`initialized`, `cancelled`) its era keeps to itself.
        """

    def lifespan(self, host: Host) -> AbstractAsyncContextManager[None]:
        """Entered by each who serves it, before anything is; left by each once its last call is answered.

        What must happen once happens as the first enters and as the last leaves, in coroutines of `host`.
        Raises `LifespanFailed`. Without a body of its own there is nothing to do; a handler may lack it.
        """
        return nullcontext()

    def capabilities(self, revision: str) -> ServerCapabilities:
        """What the server can do for a client of that revision, in neutral types."""


class Channel(Protocol):
    """Where the messages that belong to one request go."""

    def send(self, message: Request | Notification) -> None:
        """Send a notification, or a request of the server, that belongs to the client's request."""

    def answer(self, response: Response) -> None:
        """Send the answer; nothing follows."""

    def refuse(self, error: Error) -> None:
        """Send the answer to a request that broke the protocol and never reached a handler."""

    def abandon(self) -> None:
        """There will be no answer: the request was cancelled."""

    def hang_up(self) -> None:
        """Close the connection that carries the answer, where the client can come back for the rest of it.

        Only Streamable HTTP of the legacy era has that; other channels do nothing.
        """


class Outlet(Protocol):
    """Where the messages of a session go that belong to no request."""

    def send(self, message: Request | Notification) -> None:
        """Send a notification or a request, or drop it where nobody listens."""
