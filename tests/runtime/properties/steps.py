"""The steps that clients of both eras take, as rules of a state machine; and how its ledger is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.runtime.properties import messages
from tests.runtime.properties.carriers import ByHand, Carrier, OverMemory
from tests.runtime.properties.entries import RESULT, Batch, Outcome, Sent
from tests.runtime.properties.ledger import LIST_CHANGES, UPDATED, Ledger, insist
from tests.runtime.properties.messages import META, REFUSAL, WRONG, text_of
from tests.runtime.properties.scripted import Scripted

from mcpgen_runtime.jsonrpc import RequestId
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.revisions import NEUTRAL

T = TypeVar("T")

LIMITS = Limits(
    max_message_bytes=9_000,
    max_string_bytes=800,
    max_depth=24,
    max_array_items=60,
    max_object_members=50,
    max_uri_length=300,
    max_concurrent_requests=5,
    handler_seconds=30,
)
#: Which of several; of none, where there are none.
picks = st.integers(0, 999)
booleans = st.booleans()
#: Whether a request is written as the modern era does, where a client can write both.
eras = st.sampled_from((True, True, False))
tools = st.sampled_from(("act", "act", "act", "measure", "enumerate"))


class Steps(RuleBasedStateMachine):
    """A client of one server, over one connection at a time.

    `modern` in a rule says how a request is written. It is served so as long as there is no session.
    `settle` says whether what was begun takes its course before the next step.
    """

    carried_by: ClassVar[type[ByHand] | type[OverMemory]] = ByHand
    #: Whether this client can write its requests as the modern era does, and as the legacy era does.
    modern_spoken: ClassVar[bool] = True
    legacy_spoken: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.carrier: Carrier = self.carried_by(LIMITS)
        self.stage = Scripted(self.carrier.promise)
        self.failed = False
        self.numbers = 0
        self.extra_tools: list[str] = []
        self.connect()

    # Requests.

    @rule(
        script=messages.scripts,
        tool=tools,
        modern=eras,
        level=st.sampled_from((None, *messages.LEVELS)),
        declared=st.sampled_from(messages.CAPABILITIES),
        style=picks,
        settle=booleans,
    )
    def run_a_script(
        self,
        script: messages.Script,
        tool: str,
        modern: bool,
        level: str | None,
        declared: dict[str, Any],
        style: int,
        settle: bool,
    ) -> None:
        self.deliver([self.scripted(script, tool, modern, level, declared, style)], settle)

    @rule(plain=messages.plains, modern=eras, style=picks, settle=booleans)
    def ask_plainly(self, plain: messages.Plain, modern: bool, style: int, settle: bool) -> None:
        self.deliver([self.plain(plain, modern, style)], settle)

    @rule(
        several=st.lists(
            st.one_of(messages.plains, messages.scripts, st.sampled_from(messages.GARBAGE)),
            min_size=2,
            max_size=8,
        ),
        modern=eras,
        settle=booleans,
    )
    def send_several_in_one_piece(self, several: list[Any], modern: bool, settle: bool) -> None:
        self.deliver([self.any_of_them(each, modern) for each in several], settle)

    @rule(pick=picks, plain=messages.plains, modern=eras, settle=booleans)
    @precondition(lambda self: self.waiting() or self.ledger.streams)
    def use_an_id_that_is_in_use(self, pick: int, plain: messages.Plain, modern: bool, settle: bool) -> None:
        id = picked(pick, [*self.waiting(), *self.ledger.streams])
        method, params, *_ = plain
        self.ledger.errs(id, {REFUSAL} if self.revision(modern) else {REFUSAL, WRONG})
        params = messages.with_meta(params, self.meta(modern))
        self.deliver([text_of(messages.request(id, method, params))], settle)

    # Bytes that are no message, and messages that mean nothing.

    @rule(
        nonsense=st.one_of(
            st.sampled_from(messages.GARBAGE),
            st.sampled_from(messages.ADDRESSED_GARBAGE),
            st.sampled_from(messages.IDLE_TALK),
            st.just("cancelled in vain"),
        ),
        pick=picks,
        settle=booleans,
    )
    def send_nonsense(self, nonsense: Any, pick: int, settle: bool) -> None:
        if isinstance(nonsense, bytes):
            id = picked(pick, [self.fresh(0)[0], *self.waiting(), *self.ledger.finished])
            self.ledger.errs(id, {REFUSAL})
            self.deliver([nonsense % text_of(id)], settle)
        elif isinstance(nonsense, str):
            targets = self.stage.openings or [self.fresh(0)[0], *self.ledger.finished]
            self.cancel_message(picked(pick, targets), settle)
        elif isinstance(nonsense[0], bytes):
            self.deliver([self.garbage(nonsense)], settle)
        else:
            self.deliver([text_of(messages.notification(*nonsense))], settle)

    # Cancellation, and time.

    @rule(pick=picks, as_float=booleans, settle=booleans)
    @precondition(lambda self: self.cancellable() or self.ledger.streams)
    def cancel(self, pick: int, as_float: bool, settle: bool) -> None:
        id = picked(pick, [*self.cancellable(), *self.ledger.streams])
        self.ledger.cancels(id)
        # The same integer to JSON Schema.
        self.cancel_message(float(id) if as_float and isinstance(id, int) else id, settle)

    @rule(pick=picks, breaks=st.sampled_from((False, False, False, True)), settle=booleans)
    @precondition(lambda self: self.stage.gates)
    def end_a_wait(self, pick: int, breaks: bool, settle: bool) -> None:
        _, gate = picked(pick, self.stage.gates)
        if not gate.done():
            if breaks:
                gate.set_exception(RuntimeError("the gate broke"))
            else:
                gate.set_result(None)
        self.take_note(settle)

    @rule(seconds=st.sampled_from((1, 10, 29, 31)))
    def let_time_pass(self, seconds: int) -> None:
        self.pass_time(seconds)

    # What happens in the server.

    @rule(
        change=st.sampled_from(("add a tool", "remove a tool", "add a prompt", "add a resource", "update")),
        uri=st.sampled_from(("x://a", "x://b", "act://text")),
        settle=booleans,
    )
    def change_something(self, change: str, uri: str, settle: bool) -> None:
        server = self.stage.server
        self.numbers += 1
        name = f"extra{self.numbers}"
        if change == "update":
            self.ledger.changes(UPDATED, uri)
            server.resource_updated(uri)
        elif change == "add a prompt":
            self.ledger.changes(LIST_CHANGES["promptsListChanged"])
            server.add_prompt({"name": name}, lambda arguments, ctx: "")
        elif change == "add a resource":
            self.ledger.changes(LIST_CHANGES["resourcesListChanged"])
            server.add_resource({"uri": f"x://{name}", "name": name}, lambda uri, ctx: "")
        elif change == "add a tool":
            self.ledger.changes(LIST_CHANGES["toolsListChanged"])
            self.extra_tools.append(name)
            server.add_tool(self.stage.tool(name), lambda arguments, ctx: "")
        elif self.extra_tools:
            self.ledger.changes(LIST_CHANGES["toolsListChanged"])
            server.remove_tool(self.extra_tools.pop())
        self.take_note(settle)

    # The connection.

    @rule(graceful=booleans, again=st.sampled_from((False, False, False, True)), pick=picks)
    def hang_up(self, graceful: bool, again: bool, pick: int) -> None:
        if again:  # seldom: everything before it is forgotten
            self.disconnect(graceful=graceful)
            self.connect()
            self.open_as_usual(pick)

    @initialize(pick=picks)
    def begin(self, pick: int) -> None:
        self.open_as_usual(pick)

    def open_as_usual(self, pick: int) -> None:
        """Do what such a client does first."""

    def connect(self) -> None:
        """Open a connection; nothing is known of its client."""
        self.ledger = Ledger(LIMITS)
        self.stage.opening_waits = False
        self.carrier.connect(self.stage.core)

    def disconnect(self, *, graceful: bool) -> None:
        """End the connection, and see that nothing of it is left."""
        self.take_note(False)
        if graceful and self.carrier.drains:
            self.ledger.ends()
            self.carrier.close(graceful=True)
            self.release()
            self.ledger.closes(graceful=True)
        else:
            self.ledger.closes(graceful=graceful)
            self.carrier.close(graceful=graceful)
        self.pass_time(100)
        left = self.carrier.left_over()
        insist(not left, "left over:", left)
        insist(not self.stage.performing, "handlers still run:", self.stage.performing)
        changes = self.stage.server.changes
        insist(not changes._listeners and not changes._by_uri, "somebody still listens")

    def release(self) -> None:
        """Let everything end that waits, and see that it does."""
        while self.stage.gates:
            for _, gate in list(self.stage.gates):
                if not gate.done():
                    gate.set_result(None)
            self.take_note(True)
        self.pass_time(31)
        insist(not self.ledger.open, "never answered:", list(self.ledger.open.values()))

    def teardown(self) -> None:
        try:
            if not self.failed:  # or else this would fail too, and hide why
                self.release()
                self.disconnect(graceful=True)
        finally:
            self.carrier.dispose()

    # What the steps are made of.

    def deliver(self, texts: list[bytes], settle: bool) -> None:
        """Hand over texts, and take note of what comes."""
        self.carrier.deliver(texts)
        self.take_note(settle)

    def take_note(self, settle: bool) -> None:
        """Enter what has come; where things are to settle, also what has not."""
        settle = settle or not self.carrier.lazy
        self.failed = True
        if settle:
            self.carrier.settle()
        for text in self.carrier.taken():
            self.ledger.reads(text)
        if settle:
            performing = self.stage.performing
            waiting = [*performing, *self.stage.openings, *self.ledger.asking(performing)]
            self.ledger.settled(waiting)
            if isinstance(self.carrier, ByHand):
                calls = self.carrier.calls
                insist(calls == len(waiting), calls, "calls in flight, and these wait:", waiting)
        self.failed = False

    def pass_time(self, seconds: int) -> None:
        """Let time pass, and take note."""
        self.ledger.now += seconds
        self.carrier.advance(seconds)
        self.take_note(True)

    def cancel_message(self, id: RequestId | float, settle: bool) -> None:
        """Send a cancellation."""
        params = {"requestId": id, "reason": "so"}
        self.deliver([text_of(messages.notification("notifications/cancelled", params))], settle)

    def waiting(self) -> list[RequestId]:
        """The requests whose handlers wait."""
        return [*self.cancellable(), *(id for id in self.stage.openings if id in self.ledger.open)]

    def cancellable(self) -> list[RequestId]:
        """Those of them that may be cancelled."""
        performing = self.stage.performing
        return [*(id for id in performing if id in self.ledger.open), *self.ledger.asking(performing)]

    def fresh(self, style: int) -> tuple[RequestId, RequestId | float]:
        """An id that was never used, and how it is written."""
        self.numbers += 1
        number = self.numbers
        if style % 7 == 1:
            return f"ü{number}", f"ü{number}"
        if style % 7 == 2:
            return str(number), str(number)
        if style % 7 == 3:
            return -number, -number
        if style % 7 == 4:
            return 2**52 + number, 2**52 + number
        return (number, float(number)) if style % 7 == 5 else (number, number)

    def modern_now(self, modern: bool) -> bool:
        """How this client writes its next request."""
        return self.modern_spoken and (modern or not self.legacy_spoken)

    def revision(self, modern: bool) -> str | None:
        """The revision that a request written so is served in; None where it is refused."""
        return self.ledger.revision or (NEUTRAL if self.modern_now(modern) else None)

    def meta(self, modern: bool, declared: dict[str, Any] | None = None) -> Any:
        """The `_meta` of a request written so."""
        if not self.modern_now(modern):
            return messages.MISSING
        return {f"{META}protocolVersion": NEUTRAL, f"{META}clientCapabilities": declared or {}}

    def plain(self, plain: messages.Plain, modern: bool, style: int = 0, batch: Batch | None = None) -> bytes:
        """A request, entered."""
        method, params, legacy, modern_outcome = plain
        id, written = self.fresh(style)
        revision = self.revision(modern)
        params = messages.with_meta(params, self.meta(modern))
        if revision is None:
            outcomes: set[Outcome] = {RESULT} if method == "ping" else {REFUSAL, WRONG}
        else:
            outcomes = messages.answers(modern_outcome if revision == NEUTRAL else legacy, revision)
        sent_params = {} if params is messages.MISSING else params
        self.ledger.sends(Sent(id, method, sent_params, revision == NEUTRAL, outcomes, batch=batch))
        return text_of(messages.request(written, method, params))

    def scripted(
        self,
        script: messages.Script,
        tool: str,
        modern: bool,
        level: str | None,
        declared: dict[str, Any],
        style: int,
        batch: Batch | None = None,
    ) -> bytes:
        """A request whose handler follows a script, entered."""
        method, words = script
        id, written = self.fresh(style)
        revision = self.revision(modern)
        meta = self.meta(modern, declared)
        meta = {} if meta is messages.MISSING else meta
        if level is not None:
            meta["progressToken"] = id if style % 2 else f"token {id}"
            if self.modern_now(modern):
                meta[f"{META}logLevel"] = level
        params: dict[str, Any] = {**messages.params_of(method, words, tool), "_meta": meta}
        declared = declared if revision == NEUTRAL else self.ledger.capabilities
        outcomes = (
            {REFUSAL, WRONG}
            if revision is None
            else messages.endings(method, words, tool, revision, declared)
        )
        self.ledger.sends(Sent(id, method, params, revision == NEUTRAL, outcomes, script=words, batch=batch))
        return text_of(messages.request(written, method, params))

    def garbage(self, garbage: messages.Garbage) -> bytes:
        """Bytes that are no message, entered."""
        text, code = garbage
        self.ledger.errs(None, {code})
        return text

    def any_of_them(self, drawn: Any, modern: bool, batch: Batch | None = None) -> bytes:
        """A plain request, a script or garbage, entered."""
        if len(drawn) == 4:
            return self.plain(drawn, modern, batch=batch)
        if isinstance(drawn[0], bytes):
            return self.garbage(drawn)
        return self.scripted(drawn, "act", modern, "debug", messages.CAPABILITIES[3], 0, batch)


def picked(pick: int, choices: Sequence[T]) -> T:
    """One of `choices`."""
    return choices[pick % len(choices)]
