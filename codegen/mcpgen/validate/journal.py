"""What passed between the validator and a server, in the order in which it passed.

A transport adds entries the moment bytes move; the judge reads them afterwards. So a run can be judged
again from its journal alone, and "the server spoke before we did" is a fact, not a guess about queues.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from mcpgen_runtime.client.transport import Ending

Stream: TypeAlias = Literal["stdout", "channel", "post", "get"]
#: Why a frame has no value: its sender's fault; or, where it is "unread", that who only listens could not
#: read it, for its length or its encoding.
FrameFault: TypeAlias = Literal["not-utf-8", "not-json", "unread"]
SentFault: TypeAlias = Literal["not-utf-8", "not-json", "unread", "not-object"]

#: The probe that asks for the era.
ERA = "era"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the client wrote.

    `probe` names the probe that it is part of, with its step: "tool-unknown", "arguments:missing"; empty for
    none, and `ERA` for the question for the era, which servers of the other owe nothing. A frame that is no
    message, for its `fault`, has an empty `message`, and `text` is its beginning.
    One that is `batched` came inside an array, of which it may be the only item. A request of HTTP without a
    body has an empty `message` too, and a `verb`: "GET", "DELETE".
    """

    at: float
    message: dict[str, Any]
    probe: str = ""
    text: str = ""
    fault: SentFault | None = None
    batched: bool = False
    verb: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A frame that the server wrote: `value` is the JSON in it, unless `fault` says why there is none.

    `carrier` is the journal index of the `Sent` entry whose HTTP reply brought the frame, and `status`
    that reply's status; both are None on other streams. `repeated` are the keys that an `inputRequests` in
    it has twice, of which `value` shows one.
    """

    at: float
    text: str
    value: Any = None
    fault: FrameFault | None = None
    detail: str = ""
    stream: Stream = "stdout"
    carrier: int | None = None
    status: int | None = None
    repeated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """The head of an HTTP request, where somebody watched it go by. Names in `headers` are in lower case.

    `carrier` is the index of the `Sent` entry that was its body, which stands before; None for one without.
    """

    at: float
    carrier: int | None
    method: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The head of an HTTP reply, and whether a body followed. `carrier` is None for the reply to the GET
    that listens.

    Names in `headers` are in lower case. They are None where nobody kept them; nor then the `StreamEvent`s.
    """

    at: float
    carrier: int | None
    status: int
    content_type: str
    has_body: bool
    session_id: str | None = None
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """An event of an event stream that says more than its message does.

    The message, where there is one, is the next entry; `empty` says that there is none. `carrier` and
    `stream` are those of `Received`, `kind` is the event's type; it may have neither `event_id` nor `retry`.
    `text` is the beginning of what one of another type carries.
    """

    at: float
    carrier: int | None
    stream: Stream
    kind: str
    event_id: str | None
    retry: int | None
    empty: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document beside the `endpoint` that the client got with GET, for a `probe`.

    `value` is the JSON in it, unless `fault` says why there is none. What `withheld` something that the user
    gave, beside a token, may have been refused for want of that.
    """

    at: float
    probe: str
    endpoint: str
    url: str
    status: int | None = None
    value: Any = None
    fault: str = ""
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """The HTTP reply to `carrier` is over, whether it brought an answer or not; `reason` describes it.

    `status` is that of a reply which refused a message over HTTP+SSE; `ending` is None where nobody looked.
    """

    at: float
    carrier: int | None
    reason: str
    status: int | None = None
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class GaveUp:
    """The validator no longer waits for the answer to the request at index `request`."""

    at: float
    request: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The server ended the connection of its own accord; `reason` says how, in words."""

    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The validator ended a process: which signal it took beyond closing its standard input, if any."""

    at: float
    signal: str | None
    waited: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The validator did not ask what the `probe` asks, for the `reason`."""

    at: float
    probe: str
    reason: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The server closed an event stream that is not at its end: its client may resume it from `event_id`.

    `retry` is how many milliseconds the client was told to wait before, if it was; `carrier` is what brought
    the stream, where that is known.
    """

    at: float
    event_id: str
    retry: int | None
    carrier: int | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """The client ended the connection: by closing the server's standard input, or with a `signal` first."""

    at: float
    signal: str | None = None


Entry: TypeAlias = (
    Sent
    | Received
    | HttpRequest
    | HttpReply
    | StreamEvent
    | Fetched
    | Finished
    | GaveUp
    | Closed
    | Ended
    | LeftOut
    | Paused
    | Left
)


def sent_at(entries: Sequence[Entry], index: int | None) -> dict[str, Any] | None:
    """The message that was sent at `index`; None where there is no index, or something else stands there."""
    entry = None if index is None else entries[index]
    return entry.message if isinstance(entry, Sent) else None


def probe_of(entries: Sequence[Entry], index: int) -> str:
    """The name of the probe that what was sent at `index` is part of, with its step; empty for none."""
    entry = entries[index]
    return entry.probe if isinstance(entry, Sent) else ""


class Journal:
    """An append-only list of entries that tells `listener` about each."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.entries: list[Entry] = []
        self.clock = clock
        self.listener: Callable[[int, Entry], None] | None = None

    def add(self, entry: Entry) -> int:
        """Append `entry`, tell the listener, and return its index."""
        index = len(self.entries)
        self.entries.append(entry)
        if self.listener is not None:
            self.listener(index, entry)
        return index
