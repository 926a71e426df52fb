"""Tasks of 2025-11-25 asked for in another conversation than the one that made them: whose are they?

With a token of another user, the server is to know them apart. Where nobody gives a token, it may know its
askers by their sessions; where it does not, whoever guesses an id has the task. Page: basic/utilities/tasks.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import Probe
from mcpgen.validate.probes.tasks import CALLS, call_params, task_made, why_no_call

_BOUND, _GUESSED, _LISTED = "tasks-bound", "tasks-id-unguessable", "tasks-list-identified"
#: How many tasks are made to see how their ids follow one another.
_TASKS = 3
_PAGES = 10
_DIGITS = 18
_NUMBER = re.compile(r"(\d+)")


async def _ask(asker: Asker) -> None:
    asker.needs(CALLS)
    call = next((one for one in asker.surface.task_calls if one.repeats), None)
    if call is None:
        asker.not_asked(why_no_call(asker.surface, "runs as a task"))
    transport = asker.session.transport
    protected = transport.credentials is not None
    if protected and transport.other_token is None:
        asker.not_asked("no token of another user's was given (--other-bearer-env)")
    params, made = call_params(call.tool, call.arguments, task=True), []
    for _ in range(1 if protected else _TASKS):
        made.append(task_made(await asker.ask("tools/call", params, step="made")))
    tasks = [name for name in made if name is not None]
    try:
        if tasks:
            async with asker.another(as_other=protected) as other:
                await _look(other, tasks[0], "other" if protected else "anybody")
    finally:
        for name in tasks if asker.opened.declares("tasks.cancel") else ():
            await asker.ask("tasks/cancel", {"taskId": name}, step="cancelled")


async def _look(asker: Asker, task: str, step: str) -> None:
    await asker.ask("tasks/get", {"taskId": task}, step=step)
    if asker.opened.declares("tasks.list"):
        params: dict[str, Any] = {}
        for _ in range(_PAGES):
            result = ((await asker.ask("tasks/list", params, step=step)) or {}).get("result")
            cursor = result.get("nextCursor") if isinstance(result, dict) else None
            if not isinstance(cursor, str):
                break
            params = {"cursor": cursor}
    if step == "other" and asker.opened.declares("tasks.cancel"):
        await asker.ask("tasks/cancel", {"taskId": task}, step=step)


def _judge(evidence: Evidence) -> None:
    made = [name for one in evidence.step("made") if (name := task_made(one.answer)) is not None]
    for one in evidence.step("other"):
        found = _shown(one, made)
        if evidence.holds(
            _BOUND,
            not found,
            f"{one.method} with another user's token brings the task {_first(found)}",
            one,
            pointer="/result",
            outcome="accepted wrongly",
        ):
            evidence.right()
    for one in evidence.step("anybody"):
        found = _shown(one, made)
        if one.method == "tasks/list":
            evidence.holds(
                _LISTED,
                not found,
                f"in another session, without any token, the list has the task {_first(found)}",
                one,
                pointer="/result/tasks",
                outcome="answered wrongly",
            )
        elif not found:
            evidence.unsure(_GUESSED, "another session does not get the task")
        elif len(made) == _TASKS:
            evidence.holds(
                _GUESSED,
                not all(numbered(*pair) for pair in pairwise(made)),
                f"the ids {', '.join(made)[:120]} are numbered, and another session gets the task by its id",
                one,
                pointer="/result/taskId",
                outcome="answered wrongly",
            )
        evidence.right("answered rightly")


def _shown(exchange: Exchange, made: list[str]) -> list[str]:
    """Which of the tasks an answer shows."""
    result = exchange.result or {}
    tasks = result.get("tasks") if exchange.method == "tasks/list" else [result]
    names = [one.get("taskId") for one in (tasks if isinstance(tasks, list) else ()) if isinstance(one, dict)]
    return [name for name in made if name in names]


def _first(found: list[str]) -> str:
    return found[0] if found else ""


def numbered(one: str, other: str) -> bool:
    """Whether two ids are the same but for a number, and that of the second is the next."""
    parts, others = _NUMBER.split(one), _NUMBER.split(other)
    if len(parts) != len(others):
        return False
    apart = [(a, b) for a, b in zip(parts, others, strict=True) if a != b]
    if len(apart) != 1 or not all(a.isdecimal() and b.isdecimal() for a, b in apart):
        return False
    # Longer ones are no numbers that somebody counts by.
    return all(max(len(a), len(b)) <= _DIGITS and int(b) == int(a) + 1 for a, b in apart)


PROBES = (
    Probe(
        "tasks-elsewhere",
        "asks for a task in another conversation, and as another user",
        (_BOUND, _GUESSED, _LISTED),
        _ask,
        _judge,
        negative=False,
        apart=True,
    ),
)
