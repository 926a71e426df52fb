"""What every client transport does: open, send, close; and hand over what arrives, as it arrives.

The transports are mirror images, one file each: `stdio`, `http`, `websocket`, `tcp`, `unix`, `memory`.
None of them knows what a message means. What comes in is handed to one function, in the order in which
it came and as the bytes that they were, so that a judge may look at what a client would refuse.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from mcpgen_runtime.client.errors import ClientError, LimitPassed
from mcpgen_runtime.limits import Limits

#: What a client takes by default. More than a server takes of its clients: a picture is one long string, and
#: there is one server where a server has many clients.
LIMITS = Limits(
    max_message_bytes=16 * 1024 * 1024,
    max_string_bytes=16 * 1024 * 1024,
    max_depth=200,
    max_array_items=100_000,
    max_object_members=10_000,
)
#: Where a frame came from: the one channel there is, or, over HTTP, the reply to a POST or to a GET.
Channel: TypeAlias = Literal["channel", "post", "get"]
#: How an HTTP reply ended: the server ended it, its client left it while it was open, or it broke off.
Ending: TypeAlias = Literal["whole", "left", "broken"]


@dataclass(frozen=True, slots=True)
class Frame:
    """What should be one JSON-RPC message, or a batch of them.

    `exchange` is that of the message whose HTTP reply brought the frame, `status` that reply's status;
    both are None on other channels.
    """

    data: bytes
    channel: Channel = "channel"
    exchange: int | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class ReplyHead:
    """The head of an HTTP reply, and whether a body follows. `exchange` is None for the reply to a GET.

    `challenges` are the values of `WWW-Authenticate`, with which a server says what credentials it takes.
    """

    exchange: int | None
    status: int
    content_type: str
    has_body: bool
    session_id: str | None = None
    #: Names in lower case; None where nobody kept them.
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """An event of an event stream that says more than its message, which follows; one `empty` has none.

    `kind` is its type, "message" if it names none; `event_id` and `retry` are None where it has none. `text`
    is what one of another type carries.
    """

    exchange: int | None
    channel: Channel
    kind: str
    event_id: str | None
    retry: int | None
    empty: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Paused:
    """The server ended the reply to `exchange` without the answer, and may be asked for the rest of it.

    `event_id` is that of its last event, `retry` how many milliseconds the client was told to wait; None
    where it was not told.
    """

    exchange: int
    event_id: str
    retry: int | None


@dataclass(frozen=True, slots=True)
class ReplyEnd:
    """The HTTP reply to `exchange` is over. Nothing more will come on it: a request that it did not answer
    stays unanswered, for the `reason`; `error` says what else that means.

    `exchange` is None for the stream that a GET opened.
    """

    exchange: int | None
    reason: str
    status: int | None = None
    error: ClientError | None = None
    #: None where nobody looked.
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What a GET brought: a status and a body, or `broken`, the words for why there is no whole reply."""

    status: int | None = None
    content_type: str = ""
    body: bytes = b""
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """The connection ended, and not because it was closed from here."""

    error: ClientError


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that the transport started was ended by it: with which signal, if it took any."""

    signal: str | None
    waited: float


Event: TypeAlias = Frame | ReplyHead | StreamEvent | Paused | ReplyEnd | Gone | Ended
#: Takes what arrives. Where it raises `LimitPassed`, the transport reads no further.
Deliver: TypeAlias = Callable[[Event], None]


class Transport(ABC):
    """One way to one server. It may be opened again after it was closed.

    `meter` is told the size of every chunk of bytes that arrives, and may raise `LimitPassed`.
    """

    #: The name of the transport: "stdio".
    name: ClassVar[str]
    #: Whether each request has a reply of its own, whose closing tells the server that nobody waits for it.
    replies_apart: ClassVar[bool] = False

    def __init__(self, *, limits: Limits | None = None) -> None:
        self.limits = limits or LIMITS
        self.meter: Callable[[int], None] | None = None
        self._deliver: Deliver = _nowhere

    @abstractmethod
    async def open(self, deliver: Deliver) -> None:
        """Start or reach the server. Raises `ConnectFailed`."""

    @abstractmethod
    async def send(
        self, message: Mapping[str, Any], *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        """Write one message. Raises `ServerGone` where nobody reads any more.

        `exchange` is a number of the caller's choice, under which the transport speaks of the reply;
        `headers` are extra HTTP headers, which other transports ignore.
        """

    async def send_frame(
        self, data: bytes, *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        """Write `data` as one frame, whatever it is: for those who test what a server makes of it.

        Otherwise as `send`. Over HTTP it returns once the server's reply is over. Raises
        `NotImplementedError` where a transport can only write messages.
        """
        raise NotImplementedError(f"{type(self).__name__} writes messages only")

    async def knock(self, method: str, *, exchange: int, headers: Mapping[str, str] | None = None) -> None:
        """Make a request of HTTP that has no body, a GET or a DELETE; return when the reply has begun.

        A stream is read until it ends or `abandon` is called; what no stream brings is not looked at. Raises
        `NotImplementedError` where a transport is not HTTP, `ServerGone` where it is closed.
        """
        raise NotImplementedError(f"{type(self).__name__} has no requests but messages")

    async def drain(self) -> None:  # noqa: B027
        """Wait until the replies that brought their answers are over, as long as they are lingered on."""

    async def fetch(self, url: str, *, at_most: int, seconds: float) -> Document:
        """What a GET of `url` brings, with none of the headers that go to the server itself.

        No more than `at_most` bytes are read, no longer than `seconds`, and no redirection is followed.
        Raises `NotImplementedError` where there is no HTTP, `ServerGone` where nothing is open.
        """
        raise NotImplementedError(f"{type(self).__name__} fetches nothing")

    @abstractmethod
    async def close(self) -> None:
        """End the connection, and the server if the transport started it. May be repeated."""

    def settle(self, revision: str, *, session: bool) -> None:  # noqa: B027
        """From here on the connection speaks `revision`; `session` tells the era that has sessions."""

    def listen(self) -> None:  # noqa: B027
        """Begin to take messages that answer nothing, where they have a channel of their own."""

    def release(self, exchange: int) -> None:  # noqa: B027
        """The request has its answer: its reply need not be waited for any longer."""

    def abandon(self, exchange: int) -> None:  # noqa: B027
        """Nobody waits for the reply any more: end it, where it is an exchange of its own."""

    @property
    def in_session(self) -> bool:
        """Whether the server has given the connection a session of its own, which it may end."""
        return False

    def forget_session(self) -> None:  # noqa: B027
        """The server has ended the session: the next handshake begins another."""

    def older(self) -> Transport | None:
        """The transport that this one replaced, for servers that do not know it yet."""
        return None

    def last_words(self) -> tuple[str, ...]:
        """What the server lately wrote for people to read (standard error), oldest line first."""
        return ()

    def _measure(self, count: int) -> None:
        if self.meter is not None:
            self.meter(count)

    def _holds(self, buffered: int) -> None:
        """Raises `LimitPassed` when a message is too long, be it complete or not."""
        if buffered > self.limits.max_message_bytes:
            raise self._too_long()

    def _too_long(self) -> LimitPassed:
        return LimitPassed(f"the server sent a message of more than {self.limits.max_message_bytes} bytes")


def _nowhere(event: Event) -> None:
    """Where everything goes before a transport is open."""
