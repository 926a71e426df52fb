"""What can go wrong on the client's side.

McpError                     (mcpgen_runtime.errors) the server answered with an error
ClientError
├── ConnectFailed            the server could not be started or reached
├── ServerGone               the connection ended while something still waited for it
├── LimitPassed              the server sent more than the client takes
├── Unanswered               a request got no answer
│   ├── RequestTimeout       not in time
│   └── ReplyWithoutAnswer   its HTTP reply is over, and no answer was in it
├── BadAnswer                an answer that is not what its method promises
├── NoCommonRevision         the server speaks none of the revisions that the client offers
├── NotInRevision            the method does not exist in the revision that was agreed on
└── EndlessInput             the server asks for input again and again
"""

from __future__ import annotations

from collections.abc import Sequence

from mcpgen_runtime.errors import McpError


class ClientError(Exception):
    """The base of all that a client raises, besides `McpError`."""


class ConnectFailed(ClientError):
    """The server could not be started or reached; the message says why."""


class ServerGone(ClientError):
    """The connection ended, or had ended before; the message says how that showed."""


class LimitPassed(ClientError):
    """The server sent more than the client takes. That breaks no rule, but nothing more is read."""


class Unanswered(ClientError):
    """A request got no answer; `why` says how that showed."""

    def __init__(self, method: str, why: str) -> None:
        super().__init__(f"{method}: {why}")
        self.method = method
        self.why = why


class RequestTimeout(Unanswered):
    """No answer came in time. The server was told that nobody waits any more."""


class ReplyWithoutAnswer(Unanswered):
    """The HTTP reply to a request is over and held no answer. `status` is its status code."""

    def __init__(self, method: str, why: str, *, status: int) -> None:
        super().__init__(method, why)
        self.status = status


class BadAnswer(ClientError):
    """The server answered with what is no result of that method; the message names the first faults."""


class NoCommonRevision(ClientError):
    """The server and the client have no revision in common. `offered` is what the server named."""

    def __init__(self, message: str, *, offered: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.offered = tuple(offered)


class NotInRevision(ClientError):
    """The revision that is spoken has no such method, or no words for what is to be sent."""


class EndlessInput(ClientError):
    """The server asked for input more often than the client lets it."""


__all__ = [
    "BadAnswer",
    "ClientError",
    "ConnectFailed",
    "EndlessInput",
    "LimitPassed",
    "McpError",
    "NoCommonRevision",
    "NotInRevision",
    "ReplyWithoutAnswer",
    "RequestTimeout",
    "ServerGone",
    "Unanswered",
]
