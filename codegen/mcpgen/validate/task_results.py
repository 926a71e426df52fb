"""What tasks/result gives: not before the task is at its end, and then what the call would have given.

Whether a task was at its end shows in what is asked afterwards. Page: basic/utilities/tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeAlias

from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.numbers import is_integer
from mcpgen.validate.task_records import ENDS, Outcome, Task, related_task

#: Judges what a call, its first argument, gave.
Judges: TypeAlias = Callable[[dict[str, Any], dict[str, Any], About], None]
#: With these a request is refused; other errors may be the server's own trouble.
_REFUSALS = frozenset({-32600, -32601, -32602})


class TaskResults:
    """Judges the answers to tasks/result."""

    def __init__(self, ledger: Ledger, wire: ModuleType, called: Judges) -> None:
        self._ledger = ledger
        self._called = called
        self._decode: Callable[[Any], Any] = wire.decode_CallToolResult

    def answer(
        self,
        name: Any,
        task: Task | None,
        asked: int,
        now: int,
        message: dict[str, Any],
        told: About,
        *,
        refused: bool,
    ) -> None:
        """Judge an answer for the task called `name`, as far as that is known."""
        result, failed = message.get("result"), "error" in message
        if isinstance(result, dict) and not failed:
            self._ledger.holds(
                "tasks-result-related",
                related_task(result) == name,
                f"_meta does not name the task {name!r:.80}",
                told,
                pointer="/result/_meta" if "_meta" in result else "/result",
            )
        if task is None or task.doubtful:
            return
        error = message.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        if failed and (refused or not is_integer(code) or code not in _REFUSALS):
            # What went wrong may have nothing to do with the task.
            return
        outcome = Outcome(now, message, told, waited=not task.was_over(asked))
        if outcome.waited:
            task.outcome = outcome
        else:
            self._final(task, task.end, outcome)

    def seen(self, task: Task, status: str, asked: int) -> None:
        """Hold a result that came before `status` was asked for against that status."""
        outcome = task.outcome
        if outcome is None or asked <= outcome.came:
            return
        task.outcome = None
        over, failed = status in ENDS, "error" in outcome.message
        if not failed or not over:
            self._ledger.holds(
                "tasks-result-blocks",
                over,
                f"tasks/result was answered, and tasks/get shows the task as {status} afterwards",
                outcome.told,
                pointer="/error" if failed else "/result",
            )
        if over:
            self._final(task, status, outcome)

    def _final(self, task: Task, end: str, outcome: Outcome) -> None:
        """Judge what there is of a call whose task came to this end."""
        if task.call is None or end == "cancelled":
            return
        result, failed = outcome.message.get("result"), "error" in outcome.message
        if not failed:
            fault = _first_fault(self._decode, result)
            self._ledger.holds(
                "tasks-result-final",
                not fault,
                f"this is not what the call would have given: {fault}",
                outcome.told,
                pointer="/result",
            )
            if not fault and isinstance(result, dict):
                about = outcome.told
                self._called(task.call, result, About(about.method, task.call, about.response))
        if failed or (isinstance(result, dict) and result.get("isError") is True):
            self._ledger.holds(
                "tasks-failed-status",
                end == "failed",
                f"the call ended in an error, and its task is {end}",
                outcome.told,
                pointer="/error" if failed else "/result/isError",
            )


def _first_fault(decode: Callable[[Any], Any], value: Any) -> str:
    from mcpgen_types.codec import DecodeError

    try:
        decode(value)
    except DecodeError as error:
        for fault in error.faults:
            return f"at {fault.pointer or 'the result'}: expected {fault.expected}, found {fault.found}"
    return ""
