"""From a journal to findings: a pure function, without I/O, so any recorded run can be judged again.

This file walks the journal and holds every frame against JSON-RPC, the lifecycle and the transport. What
the messages contain is judged in `contents.py`, what HTTP adds in `http_rules.py`. In doubt there is no
finding: a false accusation is the worst that a validator can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from mcpgen.validate.client import era_of
from mcpgen.validate.contents import Contents
from mcpgen.validate.correlate import Correlator, id_key, is_answer, is_request
from mcpgen.validate.http_rules import HttpRules
from mcpgen.validate.journal import Ended, Entry, Finished, HttpReply, Received, Sent
from mcpgen.validate.ledger import Ledger
from mcpgen.validate.numbers import is_integer
from mcpgen.validate.report import Check, Finding
from mcpgen.validate.rules import RuleBook

# What a server may send before the client is initialized.
_ALWAYS_WELCOME = frozenset({"ping", "notifications/message"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge says about one run."""

    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]


def judge(
    entries: Sequence[Entry],
    *,
    revision: str,
    transport: str,
    wire: ModuleType,
    book: RuleBook,
    declared: dict[str, Any],
    timeout: float,
    ended_early: bool = False,
) -> Judgement:
    """Judge a journal.

    `wire` is `mcpgen_types.revision(revision)`, `declared` what the client declared, `timeout` how long
    it waited for an answer. `ended_early` says that the run broke off: requests left open then are not
    held against the server one by one.
    """
    ledger = Ledger(book, revision=revision, transport=transport)
    walk = _Walk(entries, ledger, wire, revision, declared, timeout)
    walk.run(ended_early)
    return Judgement(tuple(ledger.findings), tuple(ledger.checks()))


class _Walk:
    def __init__(
        self,
        entries: Sequence[Entry],
        ledger: Ledger,
        wire: ModuleType,
        revision: str,
        declared: dict[str, Any],
        timeout: float,
    ) -> None:
        self.entries = entries
        self.ledger = ledger
        self.modern = era_of(revision) == "modern"
        self.timeout = timeout
        self.contents = Contents(ledger, wire, revision, declared)
        self.http = HttpRules(ledger, entries)
        self.correlator = Correlator()
        self.initialize_sent = False
        self.initialized_sent = False
        self.server_ids: set[tuple[str, Any]] = set()

    def run(self, ended_early: bool) -> None:
        for index, entry in enumerate(self.entries):
            match entry:
                case Sent():
                    self._sent(index, entry)
                case Received():
                    self._received(entry)
                case HttpReply():
                    self.http.reply(entry)
                case Ended():
                    self._ended(entry)
                case _:
                    pass
        self._open_requests(ended_early)

    def _sent(self, index: int, entry: Sent) -> None:
        self.correlator.sent(index, entry)
        self.contents.sent(index, entry.message)
        method = entry.message.get("method")
        self.initialize_sent = self.initialize_sent or method == "initialize"
        if method == "notifications/initialized":
            self.initialized_sent = True
            # Silence until now is what these two ask for.
            self.ledger.holds("lifecycle-initialization-first", True, "")
            self.ledger.holds("lifecycle-quiet-until-initialized", True, "")

    def _received(self, entry: Received) -> None:
        """A frame: is it a message at all?"""
        request = self._request_of(entry.carrier)
        if entry.fault == "not-utf-8":
            # Where no rule asks for UTF-8 by name, bytes that are none are still no message.
            rule = "encoding-utf-8" if self.ledger.applies("encoding-utf-8") else "stdio-only-messages"
            self.ledger.holds(
                rule, False, f"not UTF-8: {entry.detail}", request=request, response=entry.text
            )
            return
        self.ledger.holds("encoding-utf-8", True, "")
        if entry.fault == "not-json":
            rule = "stdio-only-messages" if entry.stream == "stdout" else "jsonrpc-message"
            self.ledger.holds(
                rule, False, f"not JSON: {entry.detail}", request=request, response=entry.text
            )
            return
        self.ledger.holds("stdio-only-messages", True, "")
        if isinstance(entry.value, list):
            self.ledger.holds(
                "jsonrpc-no-batch", False, "the server sent a batch", request=request, response=entry.value
            )
            for message in entry.value:
                self._message(entry, message)
            return
        self.ledger.holds("jsonrpc-no-batch", True, "")
        self._message(entry, entry.value)

    def _message(self, entry: Received, message: Any) -> None:
        if not self._is_message(entry, message):
            return
        version = message.get("jsonrpc")
        self.ledger.holds(
            "jsonrpc-version",
            version == "2.0",
            "jsonrpc is missing" if "jsonrpc" not in message else f"jsonrpc is {version!r}, not '2.0'",
            pointer="/jsonrpc" if "jsonrpc" in message else "",
            method=message.get("method"),
            response=message,
        )
        if is_answer(message):
            self._answer(entry, message)
        else:
            self._lifecycle(message)
            self._unasked(entry, message)

    def _is_message(self, entry: Received, message: Any) -> bool:
        """Whether it has the form of a message; what has not is no message and not looked at further."""
        why = ""
        if not isinstance(message, dict):
            why = "a message is an object, this is not"
        elif "method" in message and not isinstance(message["method"], str):
            why = f"method is {message['method']!r}, not a string"
        elif "method" in message and ("result" in message or "error" in message):
            why = "a message has a method, or a result or error, not both"
        elif "method" not in message and not is_answer(message):
            why = "the object has neither method nor result nor error"
        # A log line in JSON is a foreign body, not a message gone wrong.
        foreign = not isinstance(message, dict) or not message.keys() & {"method", "result", "error", "id"}
        rule = "stdio-only-messages" if why and foreign and entry.stream == "stdout" else "jsonrpc-message"
        return self.ledger.holds(
            rule, not why, why, request=self._request_of(entry.carrier), response=message
        )

    def _answer(self, entry: Received, message: dict[str, Any]) -> None:
        has_both = "result" in message and "error" in message
        # Without anything that waits, an answer without an id can only be one to a notification.
        anonymous = message.get("id") is None
        refused = entry.status is not None and entry.status >= 400
        if anonymous and not self.correlator.waiting and not refused:
            self.ledger.holds(
                "jsonrpc-notification-unanswered",
                False,
                "a response without an id, while no request was open",
                request=self._last_notification(),
                response=message,
            )
            return
        match = self.correlator.answered(entry, message)
        request = self._request_of(match.request)
        method = None if request is None else request.get("method")
        told = {"method": method, "request": request, "response": message}
        self.http.answer(entry, message, request)
        if match.kind == "repeated":
            self.ledger.holds(
                "jsonrpc-single-answer", False, f"a second answer to id {message.get('id')!r}", pointer="/id", **told
            )
            return
        self.ledger.holds("jsonrpc-single-answer", True, "")
        # An error reply of HTTP may lack the id: the request could be refused before it was read.
        if not (anonymous and refused):
            self.ledger.holds(
                "jsonrpc-id-echoed",
                match.kind == "exact",
                _wrong_id(message, request),
                pointer="/id" if "id" in message else "",
                **told,
            )
        self.ledger.holds("jsonrpc-result-or-error", not has_both, "both result and error are present", **told)
        if "error" in message:
            self._error(message, told)
        if request is not None and match.request is not None:
            probe = self._is_probe(match.request)
            self._in_time(match.request, entry, told)
            if not probe:
                self.contents.answer(match.request, request, message)

    def _error(self, message: dict[str, Any], told: dict[str, Any]) -> None:
        error = message["error"]
        if not isinstance(error, dict):
            self.ledger.holds(
                "jsonrpc-error-object", False, "error is not an object", pointer="/error", **told
            )
            return
        code, text = error.get("code"), error.get("message")
        self.ledger.holds(
            "jsonrpc-error-object",
            is_integer(code),
            "code is missing" if "code" not in error else f"code is {code!r}, not an integer",
            pointer="/error/code" if "code" in error else "/error",
            **told,
        )
        self.ledger.holds(
            "jsonrpc-error-object",
            isinstance(text, str),
            "message is missing" if "message" not in error else "message is not a string",
            pointer="/error/message" if "message" in error else "/error",
            **told,
        )

    def _unasked(self, entry: Received, message: dict[str, Any]) -> None:
        method: str = message["method"]
        if not is_request(message):
            self.contents.notification(entry, message)
            return
        if not self.ledger.holds(
            "server-requests-none",
            not self.modern,
            f"the server sent the request {method}",
            method=method,
            response=message,
        ):
            return
        key = id_key(message["id"])
        valid = isinstance(message["id"], str) or is_integer(message["id"])
        self.ledger.holds(
            "jsonrpc-request-id",
            valid,
            f"the request's id is {message['id']!r}, neither a string nor an integer",
            method=method,
            pointer="/id",
            response=message,
        )
        self.ledger.holds(
            "jsonrpc-request-id",
            key not in self.server_ids,
            f"the request's id {message['id']!r} was used before",
            method=method,
            pointer="/id",
            response=message,
        )
        self.server_ids.add(key)
        self.contents.request(message)

    def _lifecycle(self, message: dict[str, Any]) -> None:
        if self.modern or self.initialized_sent:
            return
        method = message["method"]
        welcome = method in _ALWAYS_WELCOME
        if not self.initialize_sent:
            self.ledger.holds(
                "lifecycle-initialization-first",
                welcome,
                f"the server sent {method} before it was asked to initialize",
                method=method,
                response=message,
            )
        else:
            self.ledger.holds(
                "lifecycle-quiet-until-initialized",
                welcome,
                f"the server sent {method} before the client was initialized",
                method=method,
                response=message,
            )

    def _in_time(self, index: int, entry: Received, told: dict[str, Any]) -> None:
        sent = self.entries[index]
        late = entry.at - sent.at > self.timeout if isinstance(sent, Sent) else False
        if self._is_probe(index):
            return
        self.ledger.holds(
            "jsonrpc-request-answered",
            not late,
            f"answered after {entry.at - sent.at:.1f} s, when the client no longer waited",
            verdict="warning",
            **told,
        )

    def _open_requests(self, ended_early: bool) -> None:
        refused = {
            entry.carrier: entry for entry in self.entries if isinstance(entry, HttpReply) and entry.carrier is not None
        }
        over = {entry.carrier: entry for entry in self.entries if isinstance(entry, Finished)}
        for index in self.correlator.waiting:
            request = self._request_of(index)
            reply = refused.get(index)
            if self._is_probe(index) or (ended_early and index not in over):
                continue
            if reply is not None and self.http.excuses(reply):
                continue
            finished = over.get(index)
            why = "no answer came" if finished is None else f"no answer came: {finished.reason}"
            self.ledger.holds(
                "jsonrpc-request-answered",
                False,
                why,
                method=None if request is None else request.get("method"),
                request=request,
            )

    def _ended(self, entry: Ended) -> None:
        self.ledger.holds(
            "stdio-exits-at-end-of-input",
            entry.signal is None,
            f"{entry.waited:.1f} s after its input was closed the server still ran; {entry.signal} ended it",
        )

    def _request_of(self, index: int | None) -> dict[str, Any] | None:
        entry = None if index is None else self.entries[index]
        return entry.message if isinstance(entry, Sent) else None

    def _is_probe(self, index: int) -> bool:
        """Whether the request only asked for the era, of a server that is of the other."""
        entry = self.entries[index]
        return isinstance(entry, Sent) and entry.probe and not self.modern

    def _last_notification(self) -> dict[str, Any] | None:
        sent = [entry.message for entry in self.entries if isinstance(entry, Sent)]
        return next((message for message in reversed(sent) if not is_request(message)), None)


def _wrong_id(message: dict[str, Any], request: dict[str, Any] | None) -> str:
    own = repr(message["id"]) if "id" in message else "missing"
    if request is None:
        return f"the id is {own}, and no request has that id"
    return f"the id is {own}, the request's is {request['id']!r}"
