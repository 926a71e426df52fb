"""From a journal to findings: a pure function, without I/O, so any recorded run can be judged again.

This file walks the journal and holds every frame against JSON-RPC, the lifecycle and the transport. What
the messages contain is judged in `contents.py`, what HTTP adds in `http_rules.py` and `stream_rules.py`, what
only the end shows in `open_ends.py`. In doubt there is no finding: a false accusation is the worst that a
validator can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from mcpgen.schema.rules import RuleBook
from mcpgen.validate.change_rules import judge_changes
from mcpgen.validate.client import era_of
from mcpgen.validate.contents import Contents
from mcpgen.validate.correlate import Correlator, id_key, is_answer, is_request, wrong_id
from mcpgen.validate.discovery_rules import judge_discovery
from mcpgen.validate.endpoint_rules import judge_endpoint
from mcpgen.validate.http_rules import HttpRules
from mcpgen.validate.journal import (
    ERA,
    Ended,
    Entry,
    Finished,
    GaveUp,
    HttpReply,
    Paused,
    Received,
    Sent,
    StreamEvent,
    probe_of,
    sent_at,
)
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.numbers import is_integer
from mcpgen.validate.open_ends import OpenEnds
from mcpgen.validate.overhearing import left_open_of_servers
from mcpgen.validate.probes.catalogue import is_negative
from mcpgen.validate.probes.probe import STEP
from mcpgen.validate.probes.verdicts import judge_probes
from mcpgen.validate.report import Check, Finding, ProbeVerdict
from mcpgen.validate.stream_head_rules import judge_stream_heads
from mcpgen.validate.stream_rules import StreamRules
from mcpgen.validate.withdrawal_rules import judge_withdrawals

# What a server may send before the client is initialized.
_ALWAYS_WELCOME = frozenset({"ping", "notifications/message"})
_UNAUTHORIZED = 401
# A concise sentence may be long; a traceback is none.
_LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge says about one run."""

    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    probes: tuple[ProbeVerdict, ...] = ()


def judge(
    entries: Sequence[Entry],
    *,
    revision: str,
    transport: str,
    wire: ModuleType,
    book: RuleBook,
    declared: dict[str, Any],
    ended_early: bool = False,
    further: Sequence[Sequence[Entry]] = (),
    local: bool = False,
) -> Judgement:
    """Judge a journal, and those of the `further` conversations that probes needed.

    `wire` is `mcpgen_types.revision(revision)`, `declared` what the client declared.
    `ended_early` says that the run broke off: requests left open then are not held against the server
    one by one. `local` says that the server is at an address of this machine.
    """
    left_open = left_open_of_servers(entries)
    ledger = Ledger(book, revision=revision, transport=transport, left_open=left_open)
    judge_endpoint(entries, ledger)
    walk = _Walk(entries, ledger, wire, revision, declared)
    walk.run(ended_early)
    judge_withdrawals(entries, ledger)
    judge_discovery(entries, ledger, revision=revision)
    judge_stream_heads((entries, *further), ledger, local=local)
    judge_changes(
        (entries, *further), ledger, modern=era_of(revision) == "modern", capabilities=walk.contents.server
    )
    probes = judge_probes((entries, *further), ledger, revision=revision, transport=transport)
    return Judgement(tuple(ledger.findings), tuple(ledger.checks()), probes)


class _Walk:
    def __init__(
        self,
        entries: Sequence[Entry],
        ledger: Ledger,
        wire: ModuleType,
        revision: str,
        declared: dict[str, Any],
    ) -> None:
        self.entries = entries
        self.ledger = ledger
        self.modern = era_of(revision) == "modern"
        self.contents = Contents(ledger, wire, revision, declared)
        self.http = HttpRules(ledger, entries, modern=self.modern)
        self.streams = StreamRules(ledger, entries)
        self.correlator = Correlator()
        self.ends = OpenEnds(entries, ledger, self.correlator, self.http, modern=self.modern)
        self.initialize_sent = False
        self.initialized_sent = False
        self.position = 0
        replies = [entry for entry in entries if isinstance(entry, HttpReply)]
        self.has_session = not replies or any(reply.session_id is not None for reply in replies)
        self.server_ids: set[tuple[str, Any]] = set()

    def run(self, ended_early: bool) -> None:
        for index, entry in enumerate(self.entries):
            self.position = index
            match entry:
                case Sent():
                    self._sent(index, entry)
                case Received():
                    self._received(entry)
                case HttpReply():
                    self.http.reply(entry)
                    self.streams.reply(entry)
                case StreamEvent():
                    self.streams.event(entry)
                case Paused():
                    self.streams.paused(entry)
                case Finished():
                    self.streams.finished(entry)
                case GaveUp(request=request):
                    self.streams.gave_up(request)
                    self.ends.gave_up(request, index)
                    self.correlator.gave_up(request)
                case Ended():
                    self._ended(entry)
                case _:
                    pass
        self.contents.ended()
        self.streams.ended()
        self.ends.judge(ended_early=ended_early)

    def _sent(self, index: int, entry: Sent) -> None:
        if entry.fault is not None:
            self.ends.faulty(index)
            return
        self.correlator.sent(index, entry)
        self.streams.sent(index, entry)
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
        self.streams.received(entry)
        if entry.fault is not None:
            self.ends.unreadable(self.position, entry.carrier)
        if entry.fault == "unread":
            return
        if entry.fault == "not-utf-8":
            # Where no rule asks for UTF-8 by name, bytes that are none are still no message.
            rule = "encoding-utf-8" if self.ledger.applies("encoding-utf-8") else "stdio-only-messages"
            self.ledger.holds(
                rule, False, f"not UTF-8: {entry.detail}", About(request=request, response=entry.text)
            )
            return
        self.ledger.holds("encoding-utf-8", True, "")
        if entry.fault == "not-json":
            rule = "stdio-only-messages" if entry.stream == "stdout" else "jsonrpc-message"
            self.ledger.holds(
                rule, False, f"not JSON: {entry.detail}", About(request=request, response=entry.text)
            )
            return
        self.ledger.holds("stdio-only-messages", True, "")
        if isinstance(entry.value, list):
            self.ledger.holds(
                "jsonrpc-no-batch",
                False,
                "the server sent a batch",
                self._about(entry, entry.value[0] if entry.value else None, whole=entry.value),
            )
            for message in entry.value:
                self._message(entry, message)
            return
        self.ledger.holds("jsonrpc-no-batch", True, "")
        self._message(entry, entry.value)

    def _message(self, entry: Received, message: Any) -> None:
        if not self._is_message(entry, message):
            if isinstance(message, dict) and "id" in message:
                self.ends.unreadable(self.position, entry.carrier)
            return
        version = message.get("jsonrpc")
        self.ledger.holds(
            "jsonrpc-version",
            version == "2.0",
            "jsonrpc is missing" if "jsonrpc" not in message else f"jsonrpc is {version!r}, not '2.0'",
            self._about(entry, message),
            pointer="/jsonrpc" if "jsonrpc" in message else "",
        )
        if _is_numbered_notification(message):
            # Judged as the notification that it is meant to be: as a request it would be wrong in many ways.
            self.ledger.holds(
                "jsonrpc-notification-no-id",
                False,
                f"{message['method']} has the id {message['id']!r}",
                About(method=message["method"], response=message),
                pointer="/id",
            )
            message = {key: value for key, value in message.items() if key != "id"}
        elif "method" in message and "id" not in message:
            self.ledger.holds("jsonrpc-notification-no-id", True, "")
        self.streams.message(entry, message)
        self.ledger.holds(
            "server-requests-none",
            not is_request(message),
            f"the server sent the request {message.get('method')}",
            About(method=message.get("method"), response=message),
        )
        if is_answer(message):
            self._answer(entry, message)
        elif is_request(message):
            self._lifecycle(message)
            self._asked(message)
        else:
            self._lifecycle(message)
            self._cancelled(message)
            self.contents.notification(entry, message)

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
        return self.ledger.holds(rule, not why, why, self._about(entry, message))

    def _about(self, entry: Received, message: Any, *, whole: Any = None) -> About:
        """What a finding on the form of `message`, or of the `whole` frame, is about.

        Where the message can only be an answer, its request is found.
        """
        request, method = self._request_of(entry.carrier), None
        if isinstance(message, dict):
            method = message.get("method")
            if message.keys() & {"result", "error"} or (method is None and "id" in message):
                request = self._request_of(self.correlator.match(entry, message).request) or request
                method = method if request is None else request.get("method")
        return About(method, request, message if whole is None else whole)

    def _answer(self, entry: Received, message: dict[str, Any]) -> None:
        has_both = "result" in message and "error" in message
        anonymous = message.get("id") is None
        refused = entry.status is not None and entry.status >= 400
        found = self.correlator.match(entry, message).kind
        if not anonymous and found in ("inferred", "stray") and self.ends.excused(self.position):
            self.ledger.undecided("jsonrpc-id-echoed", "it may answer a frame that was no message")
            return
        match = self.correlator.answered(entry, message)
        if anonymous and match.kind == "stray":
            if not refused:
                self.ends.nameless(self.position, message)
            return
        request = self._request_of(match.request)
        method = None if request is None else request.get("method")
        told = About(method, request, message)
        self.http.answer(entry, message, request)
        if match.kind == "repeated":
            self.ledger.holds(
                "jsonrpc-single-answer",
                False,
                f"a second answer to id {message.get('id')!r}",
                told,
                pointer="/id",
            )
            return
        self.ledger.holds("jsonrpc-single-answer", True, "")
        # An error reply of HTTP may lack the id: the request could be refused before it was read.
        if not (anonymous and refused):
            self.ledger.holds(
                "jsonrpc-id-echoed",
                match.kind == "exact",
                wrong_id(message, request),
                told,
                pointer="/id" if "id" in message else "",
            )
        self.ledger.holds("jsonrpc-result-or-error", not has_both, "both result and error are present", told)
        if "error" in message and not has_both:
            self._error(message, told)
        # A recorded client may have asked for a method that is no string: whatever comes of that is right.
        if request is not None and match.request is not None and isinstance(request["method"], str):
            self._in_time(match.request, entry, told)
            probe = probe_of(self.entries, match.request).partition(STEP)[0]
            if probe and probe != ERA and is_negative(probe):
                self.contents.refusal(request, message)
            # To a question for the era, a server of the other may say what it likes; and who wants a token
            # says nothing of the question.
            elif (self.modern or probe != ERA) and entry.status != _UNAUTHORIZED:
                self.contents.answer(match.request, request, message, refused=refused)
                result = message.get("result")
                if isinstance(result, dict) and "inputRequests" in result:
                    self.ledger.holds(
                        "mrtr-keys-unique",
                        not entry.repeated,
                        f"inputRequests has the key {entry.repeated[:1]} twice",
                        told,
                        pointer="/result/inputRequests",
                    )

    def _error(self, message: dict[str, Any], told: About) -> None:
        error = message["error"]
        if not isinstance(error, dict):
            self.ledger.holds("jsonrpc-error-object", False, "error is not an object", told, pointer="/error")
            return
        self.contents.asking.refused(error, told)
        code, text = error.get("code"), error.get("message")
        self.ledger.holds(
            "jsonrpc-error-object",
            is_integer(code),
            "code is missing" if "code" not in error else f"code is {code!r}, not an integer",
            told,
            pointer="/error/code" if "code" in error else "/error",
        )
        self.ledger.holds(
            "jsonrpc-error-object",
            isinstance(text, str),
            "message is missing" if "message" not in error else "message is not a string",
            told,
            pointer="/error/message" if "message" in error else "/error",
        )
        if isinstance(text, str):
            self.ledger.holds(
                "jsonrpc-error-message-short",
                "\n" not in text.strip() and len(text) <= _LONGEST_ERROR,
                f"the error's message has {len(text)} characters and {len(text.splitlines())} lines",
                told,
                pointer="/error/message",
            )

    def _asked(self, message: dict[str, Any]) -> None:
        """A request of the server, in an era that has them."""
        if self.modern:
            return
        method: str = message["method"]
        key = id_key(message["id"])
        valid = isinstance(message["id"], str) or is_integer(message["id"])
        self.ledger.holds(
            "jsonrpc-request-id",
            valid,
            f"the request's id is {message['id']!r}, neither a string nor an integer",
            About(method=method, response=message),
            pointer="/id",
        )
        self.ledger.holds(
            "jsonrpc-request-id",
            # Without a session, over HTTP every request may meet a server that counts anew.
            key not in self.server_ids or not self.has_session,
            f"the request's id {message['id']!r} was used before",
            About(method=method, response=message),
            pointer="/id",
        )
        self.server_ids.add(key)
        self.contents.request(message)

    def _cancelled(self, message: dict[str, Any]) -> None:
        """A server's cancellation, in an era in which it makes requests."""
        params = message.get("params")
        # A transcript may begin in the middle: what was asked before that nobody knows.
        if message["method"] != "notifications/cancelled" or not self.initialize_sent:
            return
        if isinstance(params, dict) and "requestId" in params:
            self.ledger.holds(
                "cancellation-own-requests",
                id_key(params["requestId"]) in self.server_ids,
                f"the server made no request with the id {params['requestId']!r:.80}",
                About(method=message["method"], response=message),
                pointer="/params/requestId",
            )

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
                About(method=method, response=message),
            )
        else:
            self.ledger.holds(
                "lifecycle-quiet-until-initialized",
                welcome,
                f"the server sent {method} before the client was initialized",
                About(method=method, response=message),
            )

    def _in_time(self, index: int, entry: Received, told: About) -> None:
        # The patience of probes is ours, and shorter than what the user allows.
        if probe_of(self.entries, index):
            return
        self.ledger.holds(
            "jsonrpc-request-answered",
            index not in self.ends.given_up,
            f"answered after {entry.at - self.entries[index].at:.1f} s, when the client no longer waited",
            told,
            verdict="warning",
        )

    def _ended(self, entry: Ended) -> None:
        self.ledger.holds(
            "stdio-exits-at-end-of-input",
            entry.signal is None,
            f"{entry.waited:.1f} s after its input was closed the server still ran; {entry.signal} ended it",
        )

    def _request_of(self, index: int | None) -> dict[str, Any] | None:
        return sent_at(self.entries, index)


def _is_numbered_notification(message: dict[str, Any]) -> bool:
    return "id" in message and str(message.get("method")).startswith("notifications/")
