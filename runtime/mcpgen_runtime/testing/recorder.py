"""What passes between a client and a server, frame by frame, kept and written down.

A transcript is a file of JSON Lines. The first says what it is:
`{"format": "mcpgen.transcript/1", "transport": "memory"}`. Each other one is an entry, named after what the
validator's journal calls it:

    sent        message: what the client sent; or text and fault, where that is no object of JSON
    received    message: what the server sent; or text and fault, where that is no JSON. Over HTTP also
                channel, "post" or "get", carrier, the number of the `sent` entry whose reply brought it,
                and status, that reply's
    http_request  the head of an HTTP request, where a proxy saw it: carrier, method, headers
    http_reply  the head of an HTTP reply: carrier, status, content_type, has_body, session_id; headers, of
                those that are no secret, where whoever wrote it down also kept the events
    event       an event of an event stream that says more than its message, which is the next entry: carrier,
                channel, kind, event_id, retry, empty, where it has no message
    finished    the HTTP reply to carrier is over: reason; ending, "whole" where the server ended it, "left"
                where its client did, or "broken"
    paused      the server ended an event stream that may be resumed: event_id, retry, carrier
    left        the client closed its end
    closed      the server ended the connection: reason
    ended       the process was ended by its client: signal, waited

Entries count from 0. `at`, in seconds since the first, is there unless it was recorded without times.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from mcpgen_runtime.client import transport as wire
from mcpgen_runtime.client.transport import Deliver, Transport

Entry: TypeAlias = dict[str, Any]

FORMAT = "mcpgen.transcript/1"
# The headers of replies that rules are about, and what may have changed them. Any other may be a secret.
_KEPT = frozenset({"allow", "cache-control", "content-type", "server", "vary", "via", "x-accel-buffering"})


class Recorder:
    """Keeps what passes over the transports that it is put around.

        recorder = Recorder()
        async with client(server, recorder=recorder) as session: …
        recorder.save("transcript.jsonl")

    `entries` are the lines of the transcript. Without `times` two runs that say the same are the same.
    `clock` gives seconds.
    """

    def __init__(self, *, times: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self.entries: list[Entry] = []
        #: The name of the transport that it was put around last.
        self.transport: str | None = None
        self._times = times
        self._clock = clock
        self._began: float | None = None

    def around(self, transport: Transport) -> Transport:
        """A transport that does what `transport` does, and keeps it here."""
        self.transport = transport.name
        return _Recorded(transport, self)

    @property
    def sent(self) -> list[Any]:
        """The messages that the client sent."""
        return [entry["message"] for entry in self.entries if entry["entry"] == "sent"]

    @property
    def received(self) -> list[Any]:
        """The messages that the server sent; what was no JSON is left out."""
        return [
            entry["message"] for entry in self.entries if entry["entry"] == "received" and "message" in entry
        ]

    def add(self, kind: str, /, **members: Any) -> int:
        """Keep an entry, without those `members` that are None; its number."""
        entry: Entry = {"entry": kind}
        if self._times:
            now = self._clock()
            self._began = now if self._began is None else self._began
            entry["at"] = round(now - self._began, 6)
        entry |= {key: value for key, value in members.items() if value is not None}
        self.entries.append(entry)
        return len(self.entries) - 1

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the transcript. Raises `OSError`."""
        head = {"format": FORMAT, "transport": self.transport}
        lines = [json.dumps(each, ensure_ascii=False) for each in (head, *self.entries)]
        Path(path).write_text("\n".join([*lines, ""]), encoding="utf-8")


def read_transcript(lines: Iterable[str]) -> tuple[str | None, list[Entry]]:
    """The transport and the entries of a transcript. Raises `ValueError` where it is none."""
    head: Any = None
    entries: list[Entry] = []
    for number, line in enumerate(lines, 1):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"line {number} of the transcript is no JSON: {error}") from None
        if number == 1:
            head = value
            if not isinstance(head, dict) or head.get("format") != FORMAT:
                raise ValueError(f"its first line does not say that it is a transcript ({FORMAT})")
        elif isinstance(value, dict) and isinstance(value.get("entry"), str):
            entries.append(value)
        else:
            raise ValueError(f"line {number} of the transcript is no entry")
    if head is None:
        raise ValueError("the transcript is empty")
    return head.get("transport"), entries


class _Recorded(Transport):
    """A transport, and who writes down what it carries."""

    def __init__(self, inner: Transport, recorder: Recorder) -> None:
        super().__init__(limits=inner.limits)
        self.name = inner.name  # type: ignore[misc]
        self.replies_apart = inner.replies_apart  # type: ignore[misc]
        inner.meter = self._measure
        self._inner = inner
        self._recorder = recorder
        #: The numbers of the entries, by the numbers that the client gave the exchanges.
        self._carriers: dict[int, int] = {}

    async def open(self, deliver: Deliver) -> None:
        self._deliver = deliver
        await self._inner.open(self._take)

    async def send(
        self, message: Mapping[str, Any], *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        # Entered before it is written: an answer must never stand before its question.
        kept = json.loads(json.dumps(message))  # as it is now
        self._carriers[exchange] = self._recorder.add("sent", message=kept)
        await self._inner.send(message, exchange=exchange, headers=headers)

    async def close(self) -> None:
        await self._inner.close()

    def settle(self, revision: str, *, session: bool) -> None:
        self._inner.settle(revision, session=session)

    def listen(self) -> None:
        self._inner.listen()

    def release(self, exchange: int) -> None:
        self._inner.release(exchange)

    def abandon(self, exchange: int) -> None:
        self._inner.abandon(exchange)

    @property
    def in_session(self) -> bool:
        return self._inner.in_session

    def forget_session(self) -> None:
        self._inner.forget_session()

    def older(self) -> Transport | None:
        older = self._inner.older()
        return None if older is None else self._recorder.around(older)

    def last_words(self) -> tuple[str, ...]:
        return self._inner.last_words()

    def _take(self, event: wire.Event) -> None:
        add = self._recorder.add
        match event:
            case wire.Frame():
                channel = None if event.channel == "channel" else event.channel
                carrier = self._carrier(event.exchange)
                add("received", **_read(event.data), channel=channel, carrier=carrier, status=event.status)
            case wire.ReplyHead(exchange, status, content_type, has_body, session_id, headers):
                carrier = self._carrier(exchange)
                reply = {"status": status, "content_type": content_type, "has_body": has_body}
                kept = {name: value for name, value in (headers or {}).items() if name in _KEPT}
                told = None if headers is None else kept
                add("http_reply", carrier=carrier, **reply, session_id=session_id, headers=told)
            case wire.StreamEvent(exchange, channel, kind, event_id, retry, empty):
                where = {"carrier": self._carrier(exchange), "channel": channel}
                add("event", **where, kind=kind, event_id=event_id, retry=retry, empty=empty)
            case wire.Paused(exchange, event_id, retry):
                add("paused", event_id=event_id, retry=retry, carrier=self._carrier(exchange))
            case wire.ReplyEnd(exchange=exchange, reason=reason, ending=ending):
                add("finished", carrier=self._carrier(exchange), reason=reason, ending=ending)
            case wire.Gone(error):
                add("closed", reason=str(error))
            case wire.Ended(signal, waited):
                add("ended", signal=signal, waited=waited)
        self._deliver(event)

    def _carrier(self, exchange: int | None) -> int | None:
        return None if exchange is None else self._carriers.get(exchange)


def _read(data: bytes) -> dict[str, Any]:
    try:
        return {"message": json.loads(data.decode("utf-8"), parse_constant=_refuse)}
    except UnicodeDecodeError:
        return {"text": data.decode("utf-8", "backslashreplace"), "fault": "not-utf-8"}
    except (ValueError, RecursionError):
        return {"text": data.decode("utf-8"), "fault": "not-json"}


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
