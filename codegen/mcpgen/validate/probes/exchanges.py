"""From a journal to exchanges: what was sent, by which probe, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcpgen.validate.correlate import Correlator, id_key, is_answer, is_request
from mcpgen.validate.journal import Closed, Entry, Finished, GaveUp, HttpReply, Received, Sent
from mcpgen.validate.numbers import is_integer
from mcpgen.validate.probes.probe import STEP

# Unauthorized, too many requests, and what stands for a server that is busy or not there for now.
_LIMITING = frozenset({401, 402, 407, 408, 425, 429, 502, 503, 504})


@dataclass(slots=True)
class Exchange:
    """Something sent and what came of it.

    `heard` is every message that came from then on until something else was sent and that answers no
    request; `reply` is the head of the HTTP reply, with its `status`, `over` says how that ended,
    `whole_after` after how many seconds its stream did where nothing broke it, and `lost` how the connection
    did while an answer was due.
    """

    place: int
    sent: Sent
    probe: str
    step: str
    answer: dict[str, Any] | None = None
    answered_at: int | None = None
    status: int | None = None
    content_type: str = ""
    over: str = ""
    whole_after: float | None = None
    lost: str = ""
    gave_up: bool = False
    heard: list[Any] = field(default_factory=list)
    reply: HttpReply | None = None

    @property
    def message(self) -> dict[str, Any]:
        """What was sent, empty where that was no object."""
        return self.sent.message

    @property
    def method(self) -> str:
        """The method that was asked for."""
        return str(self.message.get("method", ""))

    @property
    def params(self) -> dict[str, Any]:
        """The params that were sent."""
        return params_of(self.message)

    @property
    def is_request(self) -> bool:
        """Whether an answer was due."""
        return is_request(self.message)

    @property
    def code(self) -> int | None:
        """The code of the error that it was answered with."""
        error = self.error
        code = None if error is None else error.get("code")
        return code if is_integer(code) else None

    @property
    def error(self) -> dict[str, Any] | None:
        """The error that it was answered with."""
        error = None if self.answer is None else self.answer.get("error")
        return error if isinstance(error, dict) else None

    @property
    def result(self) -> dict[str, Any] | None:
        """The result that it was answered with."""
        result = None if self.answer is None or self.error is not None else self.answer.get("result")
        return result if isinstance(result, dict) else None

    @property
    def refused_by_http(self) -> bool:
        """Whether HTTP refused it, with nothing of JSON-RPC."""
        return self.answer is None and self.status is not None and 400 <= self.status < 500

    @property
    def challenges(self) -> tuple[str, ...]:
        """What its reply has in `WWW-Authenticate`."""
        headers = None if self.reply is None else self.reply.headers
        asked = (headers or {}).get("www-authenticate")
        return () if asked is None else (asked,)

    @property
    def unauthorized(self) -> bool:
        """Whether it was refused for want of valid credentials."""
        return self.status == 401

    @property
    def limited(self) -> bool:
        """Whether HTTP, a proxy or an authority had no time for it, which says nothing of the question."""
        return self.status in _LIMITING

    @property
    def crashed(self) -> str:
        """How the server fell over it, empty where it did not."""
        if self.answer is None and self.lost:
            return self.lost
        if self.limited or self.sent.verb:
            return ""
        if self.answer is None and self.status is not None and self.status >= 500:
            return f"HTTP status {self.status}, with nothing of JSON-RPC"
        return ""


def params_of(message: dict[str, Any]) -> dict[str, Any]:
    """The params of a message, empty where they are no object."""
    params = message.get("params")
    return params if isinstance(params, dict) else {}


def exchanges(entries: Sequence[Entry]) -> list[Exchange]:
    """The exchanges of one conversation, in their order."""
    found: dict[int, Exchange] = {}
    correlator = Correlator()
    last: Exchange | None = None
    # Who has given an id to what is no request of its own: a malformed frame, or one of a batch.
    odd: dict[tuple[str, Any], Exchange] = {}
    for place, entry in enumerate(entries):
        match entry:
            case Sent():
                correlator.sent(place, entry)
                name, _, step = entry.probe.partition(STEP)
                exchange = Exchange(place, entry, name, step)
                found[place] = exchange
                odd |= dict.fromkeys(_ids_of_none(entry), exchange)
                # Replies to the server's own requests are nobody's question.
                last = exchange if "method" in entry.message or entry.probe else last
            case Received(fault=None):
                messages = entry.value if isinstance(entry.value, list) else [entry.value]
                for message in messages:
                    own = found.get(-1 if entry.carrier is None else entry.carrier)
                    if is_answer(message) and id_key(message.get("id")) in odd:
                        odd[id_key(message["id"])].heard.append(message)
                    else:
                        _take(entry, place, message, correlator, found, own or last)
            case HttpReply(carrier=int(carrier)) if carrier in found:
                found[carrier].reply = entry
                found[carrier].status, found[carrier].content_type = entry.status, entry.content_type
            case Finished(carrier=int(carrier)) if carrier in found:
                found[carrier].over = entry.reason
                if entry.ending == "whole":
                    found[carrier].whole_after = entry.at - found[carrier].sent.at
                # Over HTTP+SSE there is no reply but one that refuses.
                found[carrier].status = found[carrier].status or entry.status
            case GaveUp(request=request) if request in found:
                correlator.gave_up(request)
                found[request].gave_up = True
            case Closed(reason=reason):
                for exchange in found.values():
                    # What other probes left open, such as a subscription, is not what the server fell over.
                    open_still = exchange.is_request and not exchange.gave_up
                    due = exchange is last or (last and open_still and exchange.probe == last.probe)
                    if due and exchange.answer is None and not exchange.over:
                        exchange.lost = reason
            case _:
                pass
    return list(found.values())


def _ids_of_none(entry: Sent) -> Iterator[tuple[str, Any]]:
    """The ids in what was sent that are no request's."""
    messages: Any = [entry.message]
    if entry.fault == "not-object":
        messages = json.loads(entry.text)
    for message in messages if isinstance(messages, list) else ():
        known = entry.fault is None and is_request(message)
        if isinstance(message, dict) and "id" in message and not known and (entry.probe or entry.fault):
            yield id_key(message["id"])


def _take(
    entry: Received,
    place: int,
    message: Any,
    correlator: Correlator,
    found: dict[int, Exchange],
    last: Exchange | None,
) -> None:
    if is_answer(message):
        match = correlator.answered(entry, message)
        if match.request is not None:
            exchange = found[match.request]
            if exchange.answer is None:
                exchange.answer, exchange.answered_at = message, place
            elif last is not None:
                last.heard.append(message)
            return
    if last is not None:
        last.heard.append(message)
