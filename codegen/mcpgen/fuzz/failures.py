"""What is wrong in what was spoken: failures, from the conversation itself and from the validator's judge.

The judge expects a client that behaves, and this one does not always. What it says of an answer to a message
that was not right counts only where the rule holds for every answer whatever the question: a false accusation
is worse than a fault that is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, TypeAlias

import mcpgen_types
from mcpgen.fuzz.conversation import Spoken
from mcpgen.fuzz.script import Line
from mcpgen.schema.rules import RuleBook, load_rules
from mcpgen.validate.correlate import id_key
from mcpgen.validate.journal import HttpReply
from mcpgen.validate.judge import judge

Kind: TypeAlias = Literal["crash", "hang", "internal-error", "accepted", "rule"]
FailOn: TypeAlias = Literal["must", "should"]

#: Gravest first: which of several failures of one session is cut down first.
KINDS: tuple[Kind, ...] = ("crash", "hang", "internal-error", "accepted", "rule")

_INTERNAL = -32603
#: What an answer owes to every request, right or wrong.
_OWED_TO_ALL = frozenset(
    {
        "encoding-utf-8",
        "jsonrpc-error-object",
        "jsonrpc-message",
        "jsonrpc-no-batch",
        "jsonrpc-result-or-error",
        "jsonrpc-version",
        "stdio-only-messages",
    }
)
#: What it owes to every one that can be told from the others by its id.
_OWED_TO_REQUESTS = _OWED_TO_ALL | {"jsonrpc-id-echoed", "jsonrpc-single-answer"}
#: What a result owes to a request that should not have had one.
_OWED_BY_RESULTS = _OWED_TO_REQUESTS | {"schema-result", "tools-output-schema-kept"}
#: Silence is this module's own affair: a cancelled request has a right to it.
_ON_SILENCE = frozenset({"jsonrpc-request-answered"})
#: The judge takes it that nobody subscribed to anything.
_WITHOUT_SUBSCRIPTION = frozenset({"notification-requested"})
#: A text that says so refuses, whether or not it is marked as an error.
_REFUSES = re.compile(
    r"\b(error|invalid|required|missing|expected|must|fail|failed|cannot|can't|not|unknown|unsupported|wrong"
    r"|refused|denied)\b",
    re.IGNORECASE,
)
#: The name of an exception, at the beginning of the last line of a traceback.
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Panic|Exit)\b")


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is wrong. Two failures are the same one if `key` is equal.

    `rule` is that of the judge, `cause` how the server ended, where it did; `line` the number of the line
    that it is about, where it is about one.
    """

    kind: Kind
    rule: str
    method: str
    subject: str
    message: str
    cause: str = ""
    line: int | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same failure again."""
        return self.kind, self.rule or self.cause, self.method, self.subject

    def same(self, other: Failure) -> bool:
        """Whether `other` is the same, perhaps noticed at another message.

        A server that ends may do so a moment after what ended it, when the next question is asked.
        """
        if self.kind == "crash":
            return other.kind == "crash" and other.cause == self.cause
        return self.key == other.key

    @property
    def name(self) -> str:
        """It in a word or two."""
        return self.rule or self.kind


def failures(spoken: Spoken, *, fail_on: FailOn = "must") -> list[Failure]:
    """What is wrong, the gravest first, and of each failure the first."""
    found: dict[tuple[str, str, str, str], Failure] = {}
    for failure in (*_broken_off(spoken), *_silent(spoken), *_answered(spoken), *_judged(spoken, fail_on)):
        found.setdefault(failure.key, failure)
    return sorted(found.values(), key=lambda failure: KINDS.index(failure.kind))


def _broken_off(spoken: Spoken) -> Iterator[Failure]:
    # More than we read is more than was asked for, or just as much: only who reads the call can say.
    if spoken.gone is None or spoken.passed_limit or spoken.hung_up:
        return
    number = len(spoken.lines) - 1
    line = spoken.lines[number] if spoken.lines else None
    kind: Kind = "hang" if spoken.stalled else "crash"
    words = [spoken.gone, *spoken.stderr[-1:]]
    # Of two exceptions that end a server in the same way, each is a fault of its own; what they say may
    # differ each time.
    raised = _EXCEPTION.match(words[-1])
    cause = f"{spoken.gone}: {raised[0]}" if raised else spoken.gone
    yield replace(_failure(kind, line, number, ": ".join(words)), cause=cause)


def _silent(spoken: Spoken) -> Iterator[Failure]:
    for number, how in spoken.silences.items():
        line = spoken.lines[number]
        if how == "silent":
            yield _failure("hang", line, number, "no answer, nor to anything asked after it")
        elif how == "alone" and not line.slow and line.claim != "broken":
            yield _failure("hang", line, number, "no answer, although other requests are answered")
        elif how == "over" and line.claim in ("valid", "refused") and not _refused(spoken, number):
            yield _failure("hang", line, number, "its HTTP reply ended without an answer")


def _answered(spoken: Spoken) -> Iterator[Failure]:
    for number, answer in spoken.answers.items():
        line = spoken.lines[number]
        error, result = answer.get("error"), answer.get("result")
        if line.claim == "valid" and isinstance(error, dict) and error.get("code") == _INTERNAL:
            yield _failure("internal-error", line, number, f"-32603: {str(error.get('message'))[:200]}")
        if line.claim == "valid" and _status(spoken, number) == 500:
            yield _failure("internal-error", line, number, "HTTP status 500")
        if line.claim == "refused" and isinstance(result, dict) and _accepts(result):
            yield _failure("accepted", line, number, "arguments that its inputSchema forbids were accepted")


def _accepts(result: dict[str, Any]) -> bool:
    """Whether a call was carried out, as far as its result tells."""
    content = result.get("content")
    if result.get("isError") is True or not isinstance(content, list):
        return False
    if result.get("resultType") not in (None, "complete") or "task" in result:
        return False
    texts = [block.get("text") for block in content if isinstance(block, dict)]
    return not any(isinstance(text, str) and _REFUSES.search(text) for text in texts)


def _judged(spoken: Spoken, fail_on: FailOn) -> Iterator[Failure]:
    """What the judge finds, without what this client is to blame for."""
    revision = spoken.script.revision
    judgement = judge(
        spoken.entries,
        revision=revision,
        transport=spoken.transport,
        wire=mcpgen_types.revision(revision),
        book=_rules(),
        declared=dict(spoken.script.declared),
        # What is left open is not held against the server: some of it was cancelled.
        ended_early=True,
    )
    by_id = {id_key(line.message.get("id")): number for number, line in enumerate(spoken.lines) if line.asks}
    by_object = {id(line.message): number for number, line in enumerate(spoken.lines)}
    listens = any(line.method == "subscriptions/listen" for line in spoken.lines)
    broken = any(line.claim == "broken" for line in spoken.lines)
    for finding in judgement.findings:
        if finding.verdict != "violation" and not (fail_on == "should" and finding.level == "SHOULD"):
            continue
        if finding.rule in _ON_SILENCE or (listens and finding.rule in _WITHOUT_SUBSCRIPTION):
            continue
        asked = finding.request if isinstance(finding.request, dict) else {}
        number = by_object.get(id(asked))
        if number is None and "id" in asked:
            number = by_id.get(id_key(asked["id"]))
        line = None if number is None else spoken.lines[number]
        if line is not None and line.claim != "valid" and finding.rule not in _owed(line, finding.response):
            continue
        if broken and finding.rule not in _OWED_TO_ALL and (number is None or _nameless(finding.response)):
            # To what is no message a server may say much, and to nobody by name.
            continue
        where = f" at {finding.pointer}" if finding.pointer else ""
        method = finding.method if isinstance(finding.method, str) else ""
        subject = "" if line is None else line.subject
        yield Failure("rule", finding.rule, method, subject, finding.message + where, line=number)


def _nameless(response: Any) -> bool:
    return isinstance(response, dict) and response.get("id") is None


def _owed(line: Line, response: Any) -> frozenset[str]:
    if line.claim == "broken":
        return _OWED_TO_ALL
    return _OWED_BY_RESULTS if isinstance(response, dict) and "result" in response else _OWED_TO_REQUESTS


def _failure(kind: Kind, line: Line | None, number: int, message: str) -> Failure:
    if line is None:
        return Failure(kind, "", "", "", message)
    return Failure(kind, "", line.method, line.subject, message, line=number)


def _refused(spoken: Spoken, number: int) -> bool:
    """Whether HTTP said what the answer does not."""
    return 400 <= _status(spoken, number) < 500


def _status(spoken: Spoken, number: int) -> int:
    place = spoken.places.get(number)
    for entry in spoken.entries:
        if isinstance(entry, HttpReply) and entry.carrier == place and place is not None:
            return entry.status
    return 0


@cache
def _rules() -> RuleBook:
    return load_rules()
