"""From a journal to findings on the client: a pure function over the same journal as the judge of servers.

`Sent` is what the client wrote, `Received` what the server did. This file walks the journal and holds every
frame of the client against JSON-RPC and the schema; when it may send what is judged in `lifecycle.py`, what
2026-07-28 adds in `modern.py` and `rounds.py`, answers to a server's requests in `answers.py`, HTTP in
`http_heads.py`. A finding's `response` is what the client wrote, its `request` what the server said before.
In doubt there is no finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from mcpgen.schema.rules import RuleBook
from mcpgen.validate.client import era_of
from mcpgen.validate.clients.answers import Answers
from mcpgen.validate.clients.exchanges import Exchanges
from mcpgen.validate.clients.http_heads import HttpHeads
from mcpgen.validate.clients.lifecycle import Lifecycle
from mcpgen.validate.clients.modern import Modern, speaks_modern
from mcpgen.validate.clients.reports import Reports
from mcpgen.validate.clients.rounds import Rounds
from mcpgen.validate.clients.shapes import decoded
from mcpgen.validate.correlate import id_key, is_answer, is_request
from mcpgen.validate.journal import (
    Entry,
    Finished,
    GaveUp,
    HttpReply,
    HttpRequest,
    Left,
    Paused,
    Received,
    Sent,
)
from mcpgen.validate.judge import Judgement
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.numbers import is_integer
from mcpgen.validate.overhearing import left_open_of_clients


def judge_client(
    entries: Sequence[Entry],
    *,
    revision: str,
    transport: str,
    wire: ModuleType,
    book: RuleBook,
    reports: str | None = None,
    several: bool = False,
) -> Judgement:
    """Judge what the client of a journal wrote.

    `wire` is `mcpgen_types.revision(revision)`, `book` that of `load_client_rules()`. `reports` names the
    tool with which a driver tells what its client made of a result, where the server has one. `several`
    says that more than one client may have written it, whom nothing tells apart.
    """
    left_open = left_open_of_clients(entries, several=several)
    ledger = Ledger(book, revision=revision, transport=transport, left_open=left_open)
    walk = _Walk(entries, ledger, wire, revision, reports, over_http=transport == "http")
    walk.run()
    return Judgement(tuple(ledger.findings), tuple(ledger.checks()))


class _Walk:
    def __init__(
        self,
        entries: Sequence[Entry],
        ledger: Ledger,
        wire: ModuleType,
        revision: str,
        reports: str | None,
        *,
        over_http: bool,
    ) -> None:
        self.entries = entries
        self.ledger = ledger
        self.methods: dict[str, Any] = wire.METHODS
        self.modern = era_of(revision) == "modern"
        self.over_http = over_http
        self.exchanges = Exchanges()
        self.answers = Answers(ledger, wire, revision, modern=self.modern)
        self.lifecycle = Lifecycle(ledger, wire, self.exchanges, modern=self.modern)
        self.rounds = Rounds(ledger, self.answers)
        self.new_era = Modern(ledger)
        self.http = HttpHeads(ledger, revision, modern=self.modern)
        self.told = Reports(ledger, reports)

    def run(self) -> None:
        for index, entry in enumerate(self.entries):
            match entry:
                case Sent():
                    self._sent(index, entry)
                case HttpRequest():
                    carrier = None if entry.carrier is None else self.entries[entry.carrier]
                    message = carrier.message if isinstance(carrier, Sent) else None
                    self.http.requested(entry, message, another_era=self._of_another_era(message))
                case HttpReply():
                    carrier = None if entry.carrier is None else self.entries[entry.carrier]
                    self.http.replied(entry, carrier.message if isinstance(carrier, Sent) else None)
                case Received():
                    self._received(entry)
                case GaveUp(request=request):
                    asked = self.entries[request]
                    if isinstance(asked, Received):
                        self.answers.gave_up(asked.value)
                case Finished(carrier=carrier_index):
                    self.exchanges.over(carrier_index)
                case Paused():
                    self.http.paused(entry)
                case Left():
                    self.lifecycle.left(entry)
                case _:
                    pass
        self.lifecycle.ended()
        self.answers.ended()
        self.http.ended()

    def _received(self, entry: Received) -> None:
        for message in entry.value if isinstance(entry.value, list) else [entry.value]:
            if is_answer(message):
                match = self.exchanges.answered(entry, message)
                if match is None:
                    continue
                request = match.message
                if request.get("method") == "initialize":
                    self.answers.opened(request)
                self.lifecycle.answered(request, message)
                self.http.answered(request, message)
                self.told.answered(request, message)
                if self.modern:
                    self.rounds.answered(request, message)
            elif is_request(message) and not self.modern:
                self.answers.asked(message)

    def _sent(self, index: int, entry: Sent) -> None:
        """A frame of the client: is it a message at all?"""
        if entry.fault == "unread":
            return
        if entry.fault == "not-utf-8":
            rule = "client-utf-8" if self.ledger.applies("client-utf-8") else "client-message"
            self.ledger.holds(rule, False, "this is not UTF-8", About(response=entry.text))
            return
        self.ledger.holds("client-utf-8", True, "")
        if entry.fault is not None:
            what = "this is not JSON" if entry.fault == "not-json" else "a message is an object, this is not"
            self.ledger.holds("client-message", False, what, About(response=entry.text))
            return
        message = entry.message
        told = About(message.get("method"), response=message)
        self.ledger.holds("client-no-batch", not entry.batched, "it came inside an array", told)
        why = _misshapen(message)
        if not self.ledger.holds("client-message", not why, why, told):
            return
        version = message.get("jsonrpc")
        self.ledger.holds(
            "client-jsonrpc-version",
            version == "2.0",
            "jsonrpc is missing" if "jsonrpc" not in message else f"jsonrpc is {version!r}, not '2.0'",
            told,
            pointer="/jsonrpc" if "jsonrpc" in message else "",
        )
        if is_answer(message):
            self._answer(message)
        elif self._of_another_era(message):
            # A client of both eras looks for the one that the server has. What it says there, others judge.
            if is_request(message):
                self.exchanges.asked(index, entry)
        elif "id" in message and str(message["method"]).startswith("notifications/"):
            self.ledger.holds(
                "client-notification-no-id",
                False,
                f"{message['method']} has the id {message['id']!r}",
                told,
                pointer="/id",
            )
        elif is_request(message):
            self._request(index, entry, told)
        else:
            self.ledger.holds("client-notification-no-id", True, "")
            self._params("client-schema-notification", message, told)
            self.lifecycle.notified(message, told)

    def _request(self, index: int, entry: Sent, told: About) -> None:
        message = entry.message
        number = message["id"]
        if message["method"] == "initialize":
            self.exchanges.opened()
        self.ledger.holds(
            "client-request-id",
            isinstance(number, str) or is_integer(number),
            f"the id is {number!r}, neither a string nor an integer",
            told,
            pointer="/id",
        )
        taken = self.exchanges.waits(number) if self.modern else self.exchanges.known(number)
        self.ledger.holds(
            "client-request-id-unique",
            not taken,
            f"the id {number!r} is that of another request"
            + (" that waits for its answer" if self.modern else " of this session"),
            told,
            pointer="/id",
        )
        self.lifecycle.requested(entry, told)
        self.exchanges.asked(index, entry)
        if self.modern:
            self.new_era.requested(message, told)
            self.rounds.requested(message, told)
            self.answers.declared_in(message)
        self._params("client-schema-request", message, told)
        self.told.called(message)

    def _params(self, rule: str, message: dict[str, Any], told: About) -> None:
        known = self.methods.get(message["method"])
        if known is None:
            # The schema is open for the methods of experiments and extensions.
            return
        if not self.ledger.holds(
            "client-schema-direction",
            known.direction != "server-to-client",
            f"{known.name} is for servers to send",
            told,
            pointer="/method",
        ):
            return
        if known.params is None:
            return
        if "params" not in message and not self.modern:
            self.ledger.holds(rule, not known.params_required, "params are missing", told)
            return
        params = message.get("params")
        if self.modern:
            params = self.rounds.without_own_faults(self.new_era.without_own_faults(params))
        decoded(self.ledger, rule, known.params.decode, params, "/params", told)

    def _answer(self, message: dict[str, Any]) -> None:
        if self.modern:
            self.ledger.holds(
                "client-no-responses",
                False,
                "the client sent a response",
                About(response=message),
                page="basic/transports/streamable-http" if self.over_http else None,
            )
            return
        self.answers.answered(message)

    def _of_another_era(self, message: dict[str, Any] | None) -> bool:
        if message is None or "method" not in message:
            return False
        if self.modern:
            return message["method"] in ("initialize", "notifications/initialized")
        return message["method"] == "server/discover" or speaks_modern(message)


def _misshapen(message: dict[str, Any]) -> str:
    """Why an object is no message; empty where it is one."""
    if "method" in message and not isinstance(message["method"], str):
        return f"method is {message['method']!r}, not a string"
    if "method" in message and ("result" in message or "error" in message):
        return "a message has a method, or a result or error, not both"
    if "method" not in message and not is_answer(message):
        return "the object has neither method nor result nor error"
    if is_answer(message) and id_key(message.get("id"))[0] not in ("number", "string", "constant"):
        return f"the id is {message['id']!r}"
    return ""
