"""Calls as tasks, in 2025-11-25: made, looked at, waited for, cancelled; and tasks that there are not.

What the answers say of a task is judged as that of any other conversation, in `task_rules`. Page:
basic/utilities/tasks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from mcpgen.validate.journal import sent_at
from mcpgen.validate.numbers import is_number
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence, refusal
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import Probe
from mcpgen.validate.surface import Surface, TaskCall, read_only
from mcpgen.validate.task_records import ENDS, RELATED, status_of, task_support

#: The capability to take calls as tasks.
CALLS = "tasks.requests.tools.call"
_NO_TASK = "mcpgen-no-such-task"
_NO_CURSOR = "mcpgen-no-such-cursor"
#: How long tasks are to be kept, in milliseconds.
_TTL = 60_000
#: How many tools are run as tasks, and for how many seconds all of them together are waited for.
_TOOLS, _SECONDS = 5, 5.0
#: How often a task is looked at that does not say how often it may be, and at most; in seconds.
_INTERVAL, _SHORTEST = 0.5, 0.02
_LONGEST = 60_000
#: How many pages of the list of tasks are read.
_PAGES = 10
#: How long an answer may be missing that others have overtaken.
_GRACE = 2.0
_MADE = (
    "tasks-created",
    "tasks-id-unique",
    "tasks-timestamps",
    "tasks-transitions",
    "tasks-result-blocks",
    "tasks-result-final",
    "tasks-result-related",
    "tasks-no-related-elsewhere",
    "tasks-get-not-streamed",
    "tasks-listed",
    "tasks-cancelled",
    "tasks-cancel-terminal-refused",
    "tasks-progress-token",
    "tasks-failed-told",
    "tasks-failed-status",
)


async def _unknown(asker: Asker) -> None:
    asker.needs("tasks")
    methods = [
        "tasks/get",
        "tasks/result",
        *(["tasks/cancel"] if asker.opened.declares("tasks.cancel") else []),
    ]
    for method in methods:
        await asker.ask(method, {"taskId": _NO_TASK}, step=method)


async def _cursor(asker: Asker) -> None:
    asker.needs("tasks.list")
    await asker.ask("tasks/list", {"cursor": _NO_CURSOR})


def _unknown_cursor(evidence: Evidence) -> None:
    rule = "tasks-invalid-cursor-refused"
    others = (*evidence.ordinary, *evidence.of("called-as-task"))
    paged = any(one.method == "tasks/list" and "nextCursor" in (one.result or {}) for one in others)
    for exchange in evidence.answered:
        if exchange.result is None or paged:
            evidence.refused(exchange, rule, (-32602,))
            continue
        # It gave out no cursor, of which this could be a wrong one; the page wants it refused all the same.
        evidence.holds(
            rule,
            False,
            f"{evidence.probe.asks}: answered with a result, -32602 was due",
            exchange,
            pointer="/result",
            outcome="accepted wrongly",
            warns=True,
        )


async def _undeclared(asker: Asker) -> None:
    if asker.opened.declares(CALLS):
        asker.not_asked(f"the server declares {CALLS}")
    for tool, arguments in asker.surface.calls.items():
        answer = await asker.ask("tools/call", call_params(tool, arguments, task=True), step="as-task")
        if "error" in (answer or {}):
            await asker.ask("tools/call", call_params(tool, arguments), step="again")
        return
    asker.not_asked("no tool was called that may be called again (--call-tools)")


def _ignored(evidence: Evidence) -> None:
    rule = "tasks-undeclared-ignored"
    works = any(_went_well(one) for one in evidence.step("again"))
    for exchange in evidence.step("as-task"):
        made = task_made(exchange.answer) is not None
        if not made and not _went_well(exchange) and (exchange.error is None or not works):
            evidence.unsure(rule, "the call went wrong, which may have another reason")
            continue
        what = "made a task of" if made else f"refused (error {exchange.code})"
        if evidence.holds(
            rule,
            _went_well(exchange) and not made,
            f"no tasks are declared, and a call that asks for one is {what}",
            exchange,
            pointer="/result/task" if made else "/error",
            outcome="accepted wrongly" if made else "answered wrongly",
        ):
            evidence.right("answered rightly")


def _went_well(exchange: Exchange) -> bool:
    return exchange.result is not None and exchange.result.get("isError") is not True


async def _required(asker: Asker) -> None:
    asker.needs(CALLS)
    for call in asker.surface.task_calls:
        if call.repeats and _support(asker, call.tool) == "required":
            # Shows that nothing is wrong with the arguments.
            params = call_params(call.tool, call.arguments, task=True)
            made = task_made(await asker.ask("tools/call", params, step="as-task"))
            if made is not None and asker.opened.declares("tasks.cancel"):
                await asker.ask("tasks/cancel", {"taskId": made}, step="cancelled")
            await asker.ask("tools/call", call_params(call.tool, call.arguments), step="plain")
            return
    asker.not_asked(why_no_call(asker.surface, "only runs as a task", ("required",)))


def _refused_plain(evidence: Evidence) -> None:
    rule = "tasks-required-tool-refused"
    made = any(task_made(one.answer) is not None for one in evidence.step("as-task"))
    for exchange in evidence.step("plain"):
        if made or _went_well(exchange) or exchange.code in (-32601, -32600):
            evidence.refused(exchange, rule, (-32601, -32600))
        else:
            evidence.unsure(rule, "as a task it is refused too, so it may be for its arguments")


async def _forbidden(asker: Asker) -> None:
    asker.needs(CALLS)
    for tool, arguments in asker.surface.calls.items():
        if _support(asker, tool) == "forbidden":
            await asker.ask("tools/call", call_params(tool, arguments, task=True))
            return
    asker.not_asked("no tool that does not run as a task was called (--call-tools)")


def why_no_call(surface: Surface, does: str, supports: Sequence[str] = ("required", "optional")) -> str:
    """Why no tool that `does` that could be called as a task, with the option that helps, if one does."""
    fit = [tool for tool in surface.tools if task_support(tool) in supports]
    if not fit:
        return f"no tool {does}"
    if not surface.all_harmless and not any(map(read_only, fit)):
        options = "--allow-destructive" if surface.calls_tools else "--call-tools --allow-destructive"
        return f"no tool that {does} is read-only ({options})"
    if not surface.calls_tools:
        return f"no tool that {does} may be called (--call-tools)"
    return f"no call of a tool that {does} could be made up (--tool NAME --args JSON)"


def call_params(
    tool: str, arguments: dict[str, Any], *, task: bool = False, token: str = ""
) -> dict[str, Any]:
    """The params of a call, as a `task` or without, with a progress token if there is one."""
    params: dict[str, Any] = {"name": tool, "arguments": arguments}
    if task:
        params["task"] = {"ttl": _TTL}
    if token:
        params["_meta"] = {"progressToken": token}
    return params


def task_made(answer: dict[str, Any] | None) -> str | None:
    """The id of the task that answers a call, None where none does."""
    result = (answer or {}).get("result")
    task = result.get("task") if isinstance(result, dict) else None
    name = task.get("taskId") if isinstance(task, dict) else None
    return name if isinstance(name, str) else None


def _support(asker: Asker, tool: str) -> str:
    return next((task_support(one) for one in asker.surface.tools if one.get("name") == tool), "forbidden")


async def _as_tasks(asker: Asker) -> None:
    asker.needs(CALLS)
    if not asker.surface.task_calls:
        asker.not_asked(why_no_call(asker.surface, "runs as a task"))
    until = asyncio.get_running_loop().time() + _SECONDS
    for call in asker.surface.task_calls[:_TOOLS]:
        await _Run(asker, call, until).through()


class _Run:
    """One tool, run as a task to its end or until it is cancelled, and as one that is cancelled at once."""

    def __init__(self, asker: Asker, call: TaskCall, until: float) -> None:
        self._asker = asker
        self._call = call
        self._until = until

    async def through(self) -> None:
        """Do all that."""
        first = await self._make("made")
        if first is None:
            return
        second = await self._make("second") if self._call.repeats else None
        if second is not None and second != first:
            await self._by_parameter(first, second)
            await self._cancel(second, "cancelled")
            await self._get(second, "cancelled")
        if self._asker.opened.declares("tasks.list"):
            await self._list()
        # Twice: what waits for input should have said so before somebody comes for it.
        await self._get(first, "listed")
        await self._get(first, "listed")
        await self._to_its_end(first)

    async def _make(self, step: str) -> str | None:
        token = f"task-{self._asker.session.asked}"
        params = call_params(self._call.tool, self._call.arguments, task=True, token=token)
        return task_made(await self._asker.ask("tools/call", params, step=step))

    async def _get(self, task: str, step: str) -> dict[str, Any]:
        result = ((await self._asker.ask("tasks/get", {"taskId": task}, step=step)) or {}).get("result")
        return result if isinstance(result, dict) else {}

    async def _cancel(self, task: str, step: str) -> None:
        if self._asker.opened.declares("tasks.cancel"):
            await self._asker.ask("tasks/cancel", {"taskId": task}, step=step)

    async def _by_parameter(self, task: str, other: str) -> None:
        """Ask for one task and name another in `_meta`, and then for it alone."""
        session = self._asker.session
        params = {"taskId": task, "_meta": {RELATED: {"taskId": other}}}
        place = await session.start("tasks/get", params, probe=self._asker.mark("named"))
        await self._get(task, "unnamed")
        answered = partial(self._answered, place)
        # Whatever came behind it was answered: an honest server's answer is here, or about to come.
        await session.until(answered, self._asker.patience)

    def _answered(self, place: int) -> bool:
        session = self._asker.session
        return session.lost is not None or session.answer_at(place) is not None

    async def _list(self) -> None:
        params: dict[str, Any] = {}
        for _ in range(_PAGES):
            result = ((await self._asker.ask("tasks/list", params, step="list")) or {}).get("result")
            cursor = result.get("nextCursor") if isinstance(result, dict) else None
            if not isinstance(cursor, str):
                return
            params = {"cursor": cursor}

    async def _to_its_end(self, task: str) -> None:
        asker, session = self._asker, self._asker.session
        loop = asyncio.get_running_loop()
        place = await session.start("tasks/result", {"taskId": task}, probe=asker.mark("result"))
        answered = partial(self._answered, place)
        while True:
            early = answered()
            state = await self._get(task, "looked")
            left = self._until - loop.time()
            if status_of(state) in ENDS or not state or early or left <= 0:
                break
            await session.until(answered, min(left, interval(state)))
        over = status_of(state) in ENDS
        if over:
            await session.until(answered, asker.patience)
        await self._cancel(task, "late" if over else "stopped")
        await session.until(answered, _GRACE)
        await self._get(task, "after")
        if not answered():
            asked = sent_at(session.transport.journal.entries, place) or {}
            await asker.notify("notifications/cancelled", {"requestId": asked.get("id")}, step="result")


def interval(state: dict[str, Any]) -> float:
    """The seconds after which a task wants to be looked at again, within bounds."""
    wanted: Any = state.get("pollInterval")
    # Bounded before it is divided: JSON has integers that no float holds.
    return max(min(max(wanted, 0), _LONGEST) / 1000, _SHORTEST) if is_number(wanted) else _INTERVAL


def _went(evidence: Evidence) -> None:
    """The rules have judged what came; what is left to say is whether there were tasks."""
    made = [one for one in evidence.step("made") if one.result is not None and "task" in one.result]
    for rule in _MADE if not made else ():
        evidence.unsure(rule, "no call was taken as a task")
    if made:
        evidence.right("answered rightly")
    named = evidence.step("named")
    for exchange in named:
        after = [one for one in evidence.step("unnamed") if one.place > exchange.place][:1]
        if exchange.result is None and any(one.result is not None for one in after):
            _overruled(evidence, exchange)


def _overruled(evidence: Evidence, exchange: Exchange) -> None:
    what = "got no answer" if exchange.answer is None else f"was refused (error {exchange.code})"
    evidence.holds(
        "tasks-id-from-params",
        False,
        f"tasks/get with another task in _meta {what}, and without it is answered",
        exchange,
        pointer="/error" if exchange.error is not None else "",
        outcome="answered wrongly",
    )


PROBES = (
    Probe(
        "task-unknown",
        "asks for a task that does not exist",
        ("tasks-unknown-refused",),
        _unknown,
        refusal("tasks-unknown-refused", -32602),
    ),
    Probe(
        "task-cursor-unknown",
        "lists tasks from a cursor that the server never gave",
        ("tasks-invalid-cursor-refused",),
        _cursor,
        _unknown_cursor,
    ),
    Probe(
        "task-undeclared",
        "asks for a task where none are declared",
        ("tasks-undeclared-ignored",),
        _undeclared,
        _ignored,
    ),
    Probe(
        "task-required",
        "calls a tool without a task that only runs as one",
        ("tasks-required-tool-refused",),
        _required,
        _refused_plain,
    ),
    Probe(
        "task-forbidden",
        "calls a tool as a task that does not run as one",
        ("tasks-forbidden-tool-refused",),
        _forbidden,
        refusal("tasks-forbidden-tool-refused", -32601),
    ),
    Probe(
        "called-as-task",
        "calls tools as tasks, waits for them and cancels them",
        (*_MADE, "tasks-id-from-params"),
        _as_tasks,
        _went,
        negative=False,
        owed=False,
    ),
)
