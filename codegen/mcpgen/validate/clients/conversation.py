"""One client's talk with the scripted server: what passed, what was agreed, whose answer is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcpgen.validate.client import MODERN, era_of
from mcpgen.validate.correlate import id_key, is_answer, is_request
from mcpgen.validate.frames import read_frame
from mcpgen.validate.journal import Journal, Received, Sent, Stream
from mcpgen_runtime.client.errors import LimitPassed

# How much of a frame that is no message is kept to show.
_SHOWN = 500
# How much of one client is kept before nothing more of it is taken.
_MOST_ENTRIES = 50_000
_MOST_BYTES = 64 * 1024 * 1024


@dataclass
class Conversation:
    """What a client and the script said to each other in one session, or since 2026-07-28 at all.

    `revision` is None until the client has shown it.
    """

    clock: Callable[[], float]
    revision: str | None = None
    session: str | None = None
    over: bool = False
    declared: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    #: Tools that the client called, in order of the first time, and those that it was shown.
    called: dict[str, None] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    #: How many pages it read of the list that leads back to itself.
    rounds: int = 0

    def __post_init__(self) -> None:
        self.journal = Journal(self.clock)
        self._waiting: dict[tuple[str, Any], asyncio.Future[dict[str, Any]]] = {}
        self._last_id = 0
        self._bytes = 0

    @property
    def era(self) -> str:
        """The era of what is spoken; the modern one until that is known."""
        return era_of(self.revision or MODERN[0])

    def takes(self, size: int) -> bool:
        """Whether a frame of that many bytes is still taken."""
        self._bytes += size
        return self._bytes <= _MOST_BYTES and len(self.journal.entries) < _MOST_ENTRIES

    def took(self, frame: tuple[Sent, ...]) -> tuple[int, list[tuple[int, dict[str, Any]]]]:
        """Enter what the client wrote at once, and give its answers to whoever waits for them.

        The place of its beginning in the journal, and the requests in it with theirs.
        """
        places = [(self.journal.add(entry), entry.message) for entry in frame]
        for _, message in places:
            if is_answer(message):
                waiting = self._waiting.pop(id_key(message.get("id")), None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
        asked = [
            (place, each) for place, each in places if is_request(each) and isinstance(each["method"], str)
        ]
        return places[0][0], asked

    def wrote(
        self,
        message: Mapping[str, Any],
        *,
        stream: Stream,
        carrier: int | None = None,
        status: int | None = None,
    ) -> int:
        """Enter what the server writes, which is `message`; its place in the journal."""
        value = dict(message)
        entry = Received(self.clock(), "", value, stream=stream, carrier=carrier, status=status)
        return self.journal.add(entry)

    def question(self, method: str, params: dict[str, Any] | None) -> tuple[dict[str, Any], Any]:
        """A request of the server's, and the future of its answer."""
        self._last_id += 1
        # Numbers and strings in turn: who gives back the wrong type shows.
        number: Any = self._last_id if self._last_id % 2 else f"server-{self._last_id}"
        request: dict[str, Any] = {"jsonrpc": "2.0", "id": number, "method": method}
        if params is not None:
            request["params"] = params
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[id_key(number)] = future
        return request, future


def read(data: bytes, *, at: float) -> tuple[Sent, ...]:
    """What a client wrote at once, as the entries that it makes in a journal."""
    try:
        frame = read_frame(data, at=at, stream="stdout")
    except LimitPassed as error:
        return (Sent(at, {}, text=str(error), fault="unread"),)
    if frame.fault is not None:
        return (Sent(at, {}, text=frame.text, fault=frame.fault),)
    if not isinstance(frame.value, list):
        return (_entry(frame.value, frame.text, at=at, batched=False),)
    if not frame.value:
        return (Sent(at, {}, text="[]", fault="not-object", batched=True),)
    return tuple(_entry(each, frame.text, at=at, batched=True) for each in frame.value)


def _entry(value: Any, text: str, *, at: float, batched: bool) -> Sent:
    if isinstance(value, dict):
        return Sent(at, value, batched=batched)
    return Sent(at, {}, text=text[:_SHOWN], fault="not-object", batched=batched)
