"""The steps of a client of the legacy era: a session is opened, and both sides may ask."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from tests.runtime.properties import messages
from tests.runtime.properties.entries import RESULT, Batch, Outcome, Sent
from tests.runtime.properties.messages import BROKEN, OF_THE_CLIENT, REFUSAL, WRONG, text_of
from tests.runtime.properties.steps import Steps, booleans, picked, picks

from mcpgen_runtime.revisions import LEGACY

_OPENING = {"clientInfo": {"name": "client", "version": "1"}}
#: Params that open no session.
_BAD_OPENINGS: list[Any] = [
    messages.MISSING,
    {},
    {**_OPENING, "capabilities": {}},
    {**_OPENING, "capabilities": [], "protocolVersion": "2025-03-26"},
    {**_OPENING, "capabilities": {}, "protocolVersion": 5},
    {**_OPENING, "protocolVersion": "2025-11-25"},
    {"capabilities": {}, "protocolVersion": "2025-11-25"},
]
#: What a request of a session may say of itself that is wrong; the older schemas have no word about it.
_BAD_META: list[Any] = [5, [], None, {"progressToken": 1.5}, {"progressToken": True}]
#: How a client answers a question.
_ANSWERS = ("good", "good", "good", "decline", "wrong", "error", "no answer", "both", "1.0")


class SessionSteps(Steps):
    """A client that opens a session, in one of `revisions`."""

    revisions: ClassVar[tuple[str, ...]] = LEGACY
    modern_spoken = False

    def open_as_usual(self, pick: int) -> None:
        """Open a session, and say that it is ready; but not always."""
        if pick % 8 == 7:
            return
        version, declared = picked(pick, self.revisions), picked(pick, messages.CAPABILITIES)
        self.open_a_session(version, declared, waits=pick % 8 == 6, wrong=None, settle=True)
        if pick % 8 < 5:
            self.say_ready()

    @rule(
        version=st.sampled_from((*LEGACY, "2026-07-28", "1999-01-01")),
        declared=st.sampled_from(messages.CAPABILITIES),
        waits=booleans,
        wrong=st.one_of(st.none(), st.none(), st.sampled_from(_BAD_OPENINGS)),
        settle=booleans,
    )
    def open_a_session(
        self, version: str, declared: dict[str, Any], waits: bool, wrong: Any, settle: bool
    ) -> None:
        if wrong is not None:
            self.open(wrong, {WRONG}, settle)
            return
        if version in LEGACY and version not in self.revisions:
            version = self.revisions[0]
        params = {**_OPENING, "capabilities": declared, "protocolVersion": version}
        possible: set[Outcome] = {RESULT, BROKEN} if waits else {RESULT}
        self.open(params, possible, settle, waits=waits)

    @rule()
    def say_ready(self) -> None:
        if self.ledger.revision is not None:
            self.ledger.ready = True
        self.deliver([text_of(messages.notification("notifications/initialized"))], False)

    @rule(bad=st.sampled_from(_BAD_META), plain=messages.plains, settle=booleans)
    @precondition(lambda self: self.ledger.revision is not None)
    def say_nonsense_in_meta(self, bad: Any, plain: messages.Plain, settle: bool) -> None:
        method, params, legacy, _ = plain
        id, written = self.fresh(0)
        params = messages.with_meta(params, bad)
        # Where the method has its own reason to refuse, or its revision does not look there, so be it.
        outcomes = {WRONG} | messages.answers(legacy, self.ledger.revision or "")
        self.ledger.sends(Sent(id, method, params, False, outcomes))
        self.deliver([text_of(messages.request(written, method, params))], settle)

    # Answers to what the server asked.

    @rule(
        pick=picks,
        answer=st.sampled_from(
            ("good", "good", "good", "decline", "wrong", "error", "no answer", "both", "1.0")
        ),
        settle=booleans,
    )
    @precondition(lambda self: self.ledger.questions)
    def answer_a_question(self, pick: int, answer: str, settle: bool) -> None:
        id = picked(pick, list(self.ledger.questions))
        method, _ = self.ledger.questions[id]
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": id}
        if answer in ("no answer", "both"):  # which are no messages at all
            self.ledger.errs(None, {REFUSAL})
            message["result"] = 5 if answer == "no answer" else {}
            if answer == "both":
                message["error"] = {"code": OF_THE_CLIENT, "message": "no"}
        else:
            del self.ledger.questions[id]
            if answer == "error":
                message["error"] = {"code": OF_THE_CLIENT, "message": "no"}
            elif answer == "wrong":
                message["result"] = {"action": 5, "roots": "none"}
            elif answer == "decline" and method == "elicitation/create":
                message["result"] = {"action": "decline"}
            else:
                message["id"] = float(id) if answer == "1.0" else id  # the same integer to JSON Schema
                message["result"] = messages.good_answer(method)
        self.deliver([text_of(message)], settle)

    @rule(pick=picks, error=booleans)
    @precondition(lambda self: self.ledger.asked)
    def answer_what_nobody_asked(self, pick: int, error: bool) -> None:
        open_ = self.ledger.questions
        id = picked(pick, ["nobody", 10**6, *(id for id in self.ledger.asked if id not in open_)])
        says = {"error": {"code": 1, "message": ""}} if error else {"result": {}}
        self.deliver([text_of({"jsonrpc": "2.0", "id": id, **says})], True)

    # Batches.

    @rule(
        several=st.lists(st.one_of(messages.plains, messages.scripts), max_size=5),
        more=st.lists(
            st.sampled_from(("garbage", "garbage with an id", "initialize", "notification", "answer"))
        ),
        settle=booleans,
    )
    def send_a_batch(self, several: list[Any], more: list[str], settle: bool) -> None:
        if self.ledger.revision != "2025-03-26":
            self.ledger.errs(None, {REFUSAL})
            self.deliver([text_of([messages.request(1, "ping")] * len(several))], settle)
            return
        batch = Batch()
        texts = [self.any_of_them(each, False, batch) for each in several]
        batch.missing = [sent.id for sent in self.ledger.open.values() if sent.batch is batch]
        texts += [self.batched(kind, batch) for kind in more]
        if not texts:
            self.ledger.errs(None, {REFUSAL})
        self.ledger.sends_batch(batch)
        self.deliver([b"[" + b",".join(texts) + b"]"], settle)

    def batched(self, kind: str, batch: Batch) -> bytes:
        """What else may stand in a batch."""
        if kind == "notification":
            return text_of(messages.notification("notifications/roots/list_changed"))
        if kind == "answer":
            return text_of({"jsonrpc": "2.0", "id": "nobody", "result": {}})
        if kind == "garbage":
            batch.refused.append((None, frozenset({REFUSAL})))
            return json.dumps({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}).encode()
        id, _ = self.fresh(0)
        batch.refused.append((id, frozenset({REFUSAL})))
        return text_of(messages.request(id, "initialize" if kind == "initialize" else "ping", [1]))

    def open(self, params: Any, possible: set[Outcome], settle: bool, *, waits: bool = False) -> None:
        """Send `initialize`."""
        id, written = self.fresh(0)
        if self.ledger.revision is not None or self.stage.openings:
            possible = {REFUSAL}
        else:
            self.stage.opening_waits = waits
        sent_params = {} if params is messages.MISSING else params
        self.ledger.sends(Sent(id, "initialize", sent_params, False, possible))
        self.deliver([text_of(messages.request(written, "initialize", params))], settle)
