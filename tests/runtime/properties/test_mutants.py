"""The state machines can fail: each of these servers is wrong in one thing, and found out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from tests.runtime.properties.budget import budget
from tests.runtime.properties.carriers import OverMemory
from tests.runtime.properties.session_steps import SessionSteps
from tests.runtime.properties.stateless_steps import StatelessSteps
from tests.runtime.properties.test_chunks import STREAMS, compare
from tests.runtime.properties.test_sessions import MixedSteps, of

from mcpgen_runtime import context, core, legacy, modern
from mcpgen_runtime.changes import Changes
from mcpgen_runtime.connection import Connection, _Batch
from mcpgen_runtime.framing import LineSplitter
from mcpgen_runtime.host import _Step
from mcpgen_runtime.in_flight import Call, InFlight
from mcpgen_runtime.jsonrpc import Error, Notification, Result
from mcpgen_runtime.legacy import Event, LegacySession, State
from mcpgen_runtime.legacy_call import LegacyCall
from mcpgen_runtime.listening import ListenStream
from mcpgen_runtime.modern import ModernCall
from mcpgen_types.v2024_11_05.neutral import CONVERTERS as OF_2024_11_05
from mcpgen_types.v2025_06_18.neutral import CONVERTERS as OF_2025_06_18

Patch: TypeAlias = pytest.MonkeyPatch
Mutant: TypeAlias = Callable[[Patch], None]

OLDEST = of(SessionSteps, revisions=("2024-11-05",))
BATCHING = of(SessionSteps, revisions=("2025-03-26",))
LATER = of(SessionSteps, revisions=("2025-06-18",))
NEWEST = of(SessionSteps, revisions=("2025-11-25",))
#: Each mutant, under the name of what it does, with the machine that is to find it, and what that says.
MUTANTS: dict[str, tuple[type[RuleBasedStateMachine], str, Mutant]] = {}


def found_by(machine: type[RuleBasedStateMachine], saying: str) -> Callable[[Mutant], Mutant]:
    def enter(mutant: Mutant) -> Mutant:
        MUTANTS[mutant.__name__] = machine, saying, mutant
        return mutant

    return enter


def wrap(patch: Patch, owner: Any, name: str, around: Callable[..., Any]) -> None:
    """Have `around` called for a method, with the method first."""
    whole = getattr(owner, name)
    patch.setattr(owner, name, lambda *given, **named: around(whole, *given, **named))


# Answers.


@found_by(NEWEST, "an answer to nothing")
def answers_twice(patch: Patch) -> None:
    def twice(answer: Any, self: Connection, response: Any) -> None:
        answer(self, response)
        answer(self, response)

    wrap(patch, Connection, "answer", twice)


@found_by(StatelessSteps, "never answered")
def never_answers_what_waited(patch: Patch) -> None:
    def dropped(ended: Any, self: Call, response: Any, error: Any) -> None:
        if self._timer is None:
            ended(self, response, error)
        else:
            self._close()

    wrap(patch, Call, "_ended", dropped)


@found_by(NEWEST, "an answer to nothing")
def answers_what_was_cancelled(patch: Patch) -> None:
    def answer(cancel: Any, self: Call) -> None:
        cancel(self)
        self._channel.answer(Result(self.request_id, {}))

    wrap(patch, Call, "cancel", answer)


@found_by(StatelessSteps, "an answer to nothing")
def answers_under_another_id(patch: Patch) -> None:
    def confuse(answer: Any, self: Connection, response: Any) -> None:
        if isinstance(response.id, int):
            response.id = str(response.id)
        answer(self, response)

    wrap(patch, Connection, "answer", confuse)


@found_by(NEWEST, "not one of|an answer to nothing|no GetPromptResult|never refused")
def starts_two_requests_with_one_id(patch: Patch) -> None:
    patch.setattr(InFlight, "check", lambda self, id: None)


@found_by(NEWEST, "never answered|still runs")
def lets_initialize_be_cancelled(patch: Patch) -> None:
    def cancel_any(self: InFlight, params: Mapping[str, Any]) -> None:
        id = params.get("requestId")
        call = self._by_id.get(id) if isinstance(id, str | int) else None
        if call is not None:
            call.cancel()

    patch.setattr(InFlight, "cancel", cancel_any)


@found_by(NEWEST, "not one of")
def opens_a_session_twice(patch: Patch) -> None:
    patch.setitem(legacy.TRANSITIONS[State.READY], Event.INITIALIZE, State.INITIALIZING)


@found_by(NEWEST, "not one of")
def never_opens_after_a_failure(patch: Patch) -> None:
    patch.setitem(legacy.TRANSITIONS[State.INITIALIZING], Event.REFUSED, State.INITIALIZING)


@found_by(BATCHING, "not where its batch was")
def answers_a_batch_piece_by_piece(patch: Patch) -> None:
    patch.setattr(_Batch, "answer", lambda self, response: self._connection.answer(response))


@found_by(StatelessSteps, "never ended for its time")
def lets_handlers_run_for_ever(patch: Patch) -> None:
    patch.setattr(Call, "_time_out", lambda self: None)


@found_by(StatelessSteps, "nobody's business")
def shows_what_went_wrong_inside(patch: Patch) -> None:
    def tell(failed: Any, self: core.ServerCore, error: Exception, *more: Any) -> Error:
        answer: Error = failed(self, error, *more)
        answer.message = str(error)
        return answer

    wrap(patch, core.ServerCore, "_failed", tell)


@found_by(StatelessSteps, "no JSONRPCErrorResponse")
def says_null_to_who_has_no_null(patch: Patch) -> None:
    patch.setattr(Connection, "null_id", True)


# What follows, or comes too early.


@found_by(NEWEST, "of no request that waits")
def reports_on_what_was_cancelled(patch: Patch) -> None:
    def notify(self: LegacyCall, method: str, params: dict[str, Any]) -> None:
        self._channel.send(Notification(method, params))

    patch.setattr(LegacyCall, "_notify", notify)


@found_by(NEWEST, "a question of no request")
def asks_for_what_was_cancelled(patch: Patch) -> None:
    async def ask(self: LegacyCall, method: str, params: Any, key: Any) -> tuple[str, Any]:
        return "/result", await self.session.ask(self._channel, method, params)

    patch.setattr(LegacyCall, "_ask", ask)


@found_by(StatelessSteps, "still runs")
def lets_cancelled_handlers_run_on(patch: Patch) -> None:
    patch.setattr(_Step, "cancel", lambda self: None)


@found_by(NEWEST, "nobody waits for the answer")
def waits_on_for_questions_in_vain(patch: Patch) -> None:
    def forget(cancel: Any, self: Call) -> None:
        if isinstance(self, LegacyCall):
            self.session._questions = None
        cancel(self)

    wrap(patch, Call, "cancel", forget)


@found_by(NEWEST, "before the client is ready")
def tells_of_changes_before_the_client_is_ready(patch: Patch) -> None:
    def changed(self: LegacySession, method: str, params: dict[str, Any]) -> None:
        self._outlet.send(Notification(method, params))

    patch.setattr(LegacySession, "changed", changed)


@found_by(NEWEST, "below")
def logs_below_the_level(patch: Patch) -> None:
    patch.setattr(LegacyCall, "_log_threshold", lambda self: "debug")


@found_by(StatelessSteps, "below")
def logs_unasked(patch: Patch) -> None:
    patch.setattr(ModernCall, "_log_threshold", lambda self: "debug")


@found_by(NEWEST, "never declared")
def asks_what_was_never_declared(patch: Patch) -> None:
    patch.setattr(context, "require", lambda declared, method, params: None)


@found_by(StatelessSteps, "not one of")
def wants_input_that_was_never_declared(patch: Patch) -> None:
    patch.setattr(context, "require", lambda declared, method, params: None)
    patch.setattr(modern, "require", lambda declared, method, params: None)


# Streams.


@found_by(StatelessSteps, "never acknowledged")
def never_acknowledges(patch: Patch) -> None:
    def send(whole: Any, self: ListenStream, method: str, params: dict[str, Any]) -> None:
        if not method.endswith("acknowledged"):
            whole(self, method, params)

    wrap(patch, ListenStream, "_send", send)


@found_by(StatelessSteps, "no such change")
def sends_what_nobody_asked_for(patch: Patch) -> None:
    patch.setattr(ListenStream, "changed", lambda self, method, params: self._send(method, params))


@found_by(StatelessSteps, "unasked")
def forgets_the_subscription_id(patch: Patch) -> None:
    def send(self: ListenStream, method: str, params: dict[str, Any]) -> None:
        self._channel.send(Notification(method, params))

    patch.setattr(ListenStream, "_send", send)


@found_by(StatelessSteps, "somebody still listens|on no stream")
def goes_on_after_the_stream_was_cancelled(patch: Patch) -> None:
    patch.setattr(Changes, "remove", lambda self, listener: None)


@found_by(MixedSteps, "on no stream|refused for no reason")
def forgets_streams_once_there_is_a_session(patch: Patch) -> None:
    def cancel(whole: Any, self: InFlight, params: Mapping[str, Any]) -> None:
        id = params.get("requestId")
        if not isinstance(id, str | int) or id not in self.streams:
            whole(self, params)

    wrap(patch, InFlight, "cancel", cancel)


# What a revision does not know.


@found_by(OLDEST, "of 2024-11-05")
def says_titles_in_2024_11_05(patch: Patch) -> None:
    same = OF_2024_11_05["tools/list"]._replace(result_to_wire=None)
    patch.setitem(OF_2024_11_05, "tools/list", same)


@found_by(OLDEST, "2024-11-05 has no|of 2024-11-05")
def gives_structured_content_to_2024_11_05(patch: Patch) -> None:
    same = OF_2024_11_05["tools/call"]._replace(result_to_wire=OF_2025_06_18["tools/call"].result_to_wire)
    patch.setitem(OF_2024_11_05, "tools/call", same)


@found_by(BATCHING, "of 2025-03-26")
def links_in_prompts_of_2025_03_26(patch: Patch) -> None:
    from mcpgen_types.v2025_03_26.neutral import CONVERTERS

    to_wire = OF_2025_06_18["prompts/get"].result_to_wire
    patch.setitem(CONVERTERS, "prompts/get", CONVERTERS["prompts/get"]._replace(result_to_wire=to_wire))


@found_by(LATER, "2025-06-18 has no")
def shows_icons_in_2025_06_18(patch: Patch) -> None:
    same = OF_2025_06_18["prompts/list"]._replace(result_to_wire=None)
    patch.setitem(OF_2025_06_18, "prompts/list", same)


@found_by(NEWEST, "2025-11-25 has no")
def tells_2025_11_25_how_long_it_may_cache(patch: Patch) -> None:
    from mcpgen_types.v2025_11_25.neutral import CONVERTERS

    same = CONVERTERS["resources/list"]._replace(result_to_wire=None)
    patch.setitem(CONVERTERS, "resources/list", same)


@pytest.mark.parametrize("name", MUTANTS)
def test_machine_finds_a_server_that(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, saying, mutant = MUTANTS[name]
    mutant(monkeypatch)
    with pytest.raises(AssertionError, match=saying):
        run_state_machine_as_test(machine, settings=budget(400, shrink=False))


@pytest.mark.parametrize(
    ("steps", "name"),
    [(SessionSteps, "answers_twice"), (StatelessSteps, "answers_what_was_cancelled")],
    ids=["legacy", "modern"],
)
def test_machine_over_memory_finds_a_server_that(
    steps: type[RuleBasedStateMachine], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, saying, mutant = MUTANTS[name]
    mutant(monkeypatch)
    with pytest.raises(AssertionError, match=saying):
        run_state_machine_as_test(of(steps, carried_by=OverMemory), settings=budget(400, shrink=False))


def decodes_each_chunk(feed: Any, self: LineSplitter, chunk: bytes) -> list[bytes]:
    lines: list[bytes] = feed(self, chunk.decode(errors="replace").encode())
    return lines


def takes_each_chunk_for_whole_lines(feed: Any, self: LineSplitter, chunk: bytes) -> list[bytes]:
    return [line for line in (*feed(self, chunk), self.end()) if line]


def forgets_the_last_line_of_a_chunk(feed: Any, self: LineSplitter, chunk: bytes) -> list[bytes]:
    lines: list[bytes] = feed(self, chunk)
    return lines[:-1] if chunk.endswith(b"\n") else lines


@pytest.mark.parametrize(
    "mutant", [decodes_each_chunk, takes_each_chunk_for_whole_lines, forgets_the_last_line_of_a_chunk]
)
def test_chunks_find_a_splitter_that(mutant: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    wrap(monkeypatch, LineSplitter, "feed", mutant)
    with pytest.raises(AssertionError):
        budget(60, shrink=False)(given(**STREAMS)(compare))(revision="2025-03-26")
