"""Tasks of 2025-11-25: what answers say of them, and what becomes of each from one answer to the next.

Messages that are under way at once may overtake each other: against an answer counts only what was known
when its question was asked. Pages: basic/utilities/tasks, basic/utilities/progress.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from mcpgen.validate.client import declares
from mcpgen.validate.correlate import id_key
from mcpgen.validate.journal import Received
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.task_records import (
    RELATED,
    Listing,
    Task,
    related_task,
    status_of,
    task_support,
)
from mcpgen.validate.task_results import Judges, TaskResults
from mcpgen.validate.timestamps import is_timestamp

_METHODS = frozenset({"tasks/get", "tasks/result", "tasks/cancel", "tasks/list"})
#: What a server asks on behalf of a call; roots and pings it may want for itself.
_ON_BEHALF = {"elicitation/create": "elicitation", "sampling/createMessage": "sampling"}
_SHOWN = 80


class TaskRules:
    """Judges tasks, in the order in which messages came; not in revisions that have none.

    What comes of a call in the end is judged by `called`, as if it had come at once.
    """

    def __init__(self, ledger: Ledger, wire: ModuleType, *, called: Judges) -> None:
        self._ledger = ledger
        self._on = ledger.applies("tasks-created")
        self._results = TaskResults(ledger, wire, called)
        self._server: dict[str, Any] = {}
        # By tool, what it says of tasks.
        self._support: dict[str, Any] = {}
        self._tasks: dict[str, Task] = {}
        self._listing: Listing | None = None
        # Counts messages: when each request was sent, and which of them wait.
        self._now = 0
        self._asked: dict[int, int] = {}
        self._waiting: dict[tuple[str, Any], str] = {}
        self._augmented: set[int] = set()
        self._made_by: set[int] = set()
        # The requests of the server that the client took as tasks.
        self._taken: set[tuple[str, Any]] = set()
        # The tasks of progress tokens, by the tokens' keys.
        self._tokens: dict[tuple[str, Any], Task] = {}

    def declared(self, capabilities: dict[str, Any]) -> None:
        """Take note of what the server declared."""
        self._server = capabilities

    def sent(self, index: int, message: dict[str, Any]) -> None:
        """Take note of a request."""
        self._now += 1
        result = message.get("result")
        if "method" not in message and isinstance(result, dict) and "task" in result:
            self._taken.add(id_key(message.get("id")))
        if "id" not in message or "method" not in message:
            return
        self._asked[index] = self._now
        self._waiting[id_key(message["id"])] = str(message["method"])
        if message["method"] == "tools/call" and isinstance(_params(message).get("task"), dict):
            self._augmented.add(index)

    def makes_task(self, index: int) -> bool:
        """Whether the answer to the request at `index` was a task: its progress token lives on."""
        return index in self._made_by

    def answered(self, request: dict[str, Any]) -> None:
        """Take note that a request has its answer."""
        self._waiting.pop(id_key(request.get("id")), None)

    def answer(
        self, index: int, request: dict[str, Any], message: dict[str, Any], told: About, *, refused: bool
    ) -> None:
        """Judge the answer to a request, which HTTP may have `refused` by its status."""
        self._now += 1
        self.answered(request)
        method = request["method"]
        if not self._on:
            return
        result = message.get("result") if "error" not in message else None
        asked = self._asked.get(index, 0)
        if method == "tools/list" and isinstance(result, dict):
            self._listed_tools(result)
        elif index in self._augmented and declares(self._server, "tasks.requests.tools.call"):
            self._called(index, request, result, told)
        elif method == "tasks/list" and isinstance(result, dict):
            self._listed(asked, request, result, told)
        elif method == "tasks/result":
            name = _params(request).get("taskId")
            task = self._tasks.get(name) if isinstance(name, str) else None
            self._results.answer(name, task, asked, self._now, message, told, refused=refused)
        elif method in ("tasks/get", "tasks/cancel"):
            self._told(method, asked, request, message, told, refused=refused)

    def notification(self, message: dict[str, Any], told: About) -> None:
        """Judge a notification of a task's status, and a cancellation of what may be one."""
        self._now += 1
        params = _params(message)
        if self._on and message["method"] == "notifications/cancelled":
            self._ledger.holds(
                "cancellation-not-of-tasks",
                id_key(params.get("requestId")) not in self._taken,
                "the request was taken as a task, which tasks/cancel would end",
                told,
                pointer="/params/requestId",
            )
        if not self._on or message["method"] != "notifications/tasks/status":
            return
        self._unrelated(params, "/params", told)
        self._timestamps(params, "/params", told)
        task = self._tasks.get(str(params.get("taskId")))
        status = status_of(params)
        if task is not None and status is not None:
            # It may have been overtaken: it tells of an end, and never of a task that goes on after it.
            task.settle(status, self._now)

    def progress(self, entry: Received, message: dict[str, Any], told: About) -> bool:
        """Judge progress under the token of a task; whether it came too late."""
        token = _params(message).get("progressToken")
        task = self._tokens.get(id_key(token))
        if task is None:
            return False
        # Streams may overtake each other: certain is only one stream, or one that was opened afterwards.
        later = entry.carrier is not None and self._asked.get(entry.carrier, 0) > task.ended
        late = bool(task.end) and (entry.stream in ("stdout", "channel") or later)
        self._ledger.holds(
            "tasks-progress-token",
            not late,
            f"the token {token!r:.80} is of a task that was {task.end} before",
            told,
            pointer="/params/progressToken",
        )
        return late

    def request(self, message: dict[str, Any], told: About, declared: dict[str, Any]) -> None:
        """Judge a request of the server, to a client that `declared` so much."""
        self._now += 1
        if self._on and message["method"] == "tasks/cancel":
            self._ledger.holds("cancellation-not-of-tasks", True, "")
        if not self._on or message["method"] not in _ON_BEHALF:
            return
        params, path = _params(message), _ON_BEHALF[message["method"]]
        kind = "createMessage" if path == "sampling" else "create"
        if "task" in params and declares(declared, path):
            self._ledger.holds(
                "capability-of-client",
                declares(declared, f"tasks.requests.{path}.{kind}"),
                f"the client declared no tasks.requests.{path}.{kind}",
                told,
                pointer="/params/task",
                page="basic/utilities/tasks",
                verdict="warning",
            )
        if related_task(params) is not None:
            self._ledger.holds("tasks-result-related", True, "")
        elif any(task.status == "input_required" for task in self._tasks.values()) and all(
            method in _METHODS for method in self._waiting.values()
        ):
            # Nothing but a task is under way for which it could be asked.
            self._ledger.holds(
                "tasks-result-related",
                False,
                f"a task waits for input, and {message['method']} names none in _meta",
                told,
                pointer="/params",
            )

    def _listed_tools(self, result: dict[str, Any]) -> None:
        tools = result.get("tools")
        for tool in tools if isinstance(tools, list) else ():
            if isinstance(tool, dict) and isinstance(tool.get("name"), str):
                self._support[tool["name"]] = task_support(tool)

    def _called(self, index: int, request: dict[str, Any], result: Any, told: About) -> None:
        """Judge what answers a call as a task."""
        if not isinstance(result, dict):
            return
        params = _params(request)
        shown = result.get("task")
        if not isinstance(shown, dict):
            offered = self._support.get(str(params.get("name"))) in ("optional", "required")
            # Who tells of the tool's own error did not accept the call.
            if offered and result.get("isError") is not True:
                what = "a call as a task was answered with the call's result, not with a task"
                self._ledger.holds("tasks-created", False, what, told, pointer="/result")
            return
        at, status, name = "/result/task", status_of(shown), shown.get("taskId")
        if status is not None:
            self._ledger.holds(
                "tasks-created",
                status == "working",
                f"the task begins as {status}, not as working",
                told,
                pointer=f"{at}/status",
            )
        self._timestamps(shown, at, told)
        if not isinstance(name, str):
            return
        before = self._tasks.get(name)
        new = before is None or before.call is None
        self._ledger.holds(
            "tasks-id-unique",
            new,
            f"a second task has the id {name[:_SHOWN]!r}",
            told,
            pointer=f"{at}/taskId",
        )
        task = self._tasks[name] = Task(request, self._now, doubtful=not new)
        self._made_by.add(index)
        meta = params.get("_meta")
        if isinstance(meta, dict) and "progressToken" in meta:
            self._tokens[id_key(meta["progressToken"])] = task
        if status is not None:
            task.settle(status, self._now)

    def _told(
        self,
        method: str,
        asked: int,
        request: dict[str, Any],
        message: dict[str, Any],
        told: About,
        *,
        refused: bool,
    ) -> None:
        """Judge the answers of tasks/get and tasks/cancel."""
        params = _params(request)
        name = params.get("taskId")
        task = self._tasks.setdefault(name, Task()) if isinstance(name, str) else Task()
        over = task.was_over(asked)
        result = message.get("result")
        if "error" in message or not isinstance(result, dict):
            if method == "tasks/cancel" and over and declares(self._server, "tasks.cancel"):
                self._late_cancel(message, told, refused=refused)
            return
        other = related_task(params)
        shown = result.get("taskId")
        if (shown != name or other not in (None, name)) and not self._ledger.holds(
            "tasks-id-from-params",
            shown == name or not isinstance(shown, str),
            f"{method} was asked for the task {name!r:.80} and answers for another",
            told,
            pointer="/result/taskId",
        ):
            return
        self._unrelated(result, "/result", told)
        self._timestamps(result, "/result", told)
        status = status_of(result)
        if status is None:
            return
        if method == "tasks/cancel" and over:
            what = f"the task was {task.end} before, and its cancellation is not refused"
            self._ledger.holds("tasks-cancel-terminal-refused", False, what, told, pointer="/result")
            return
        if method == "tasks/cancel":
            self._ledger.holds(
                "tasks-cancelled",
                status == "cancelled",
                f"the task was cancelled, and the answer shows it as {status}",
                told,
                pointer="/result/status",
            )
        elif status == "failed":
            self._ledger.holds(
                "tasks-failed-told",
                isinstance(result.get("statusMessage"), str) and bool(result["statusMessage"]),
                "the task failed, and no statusMessage says why",
                told,
                pointer="/result",
            )
        self._seen(task, status, asked, told, "/result/status")
        self._is_listed(name, task, asked)

    def _late_cancel(self, message: dict[str, Any], told: About, *, refused: bool) -> None:
        error = message.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        rule = "tasks-cancel-terminal-refused"
        if refused and code != -32602:
            self._ledger.undecided(rule, "HTTP refused it")
            return
        what = f"the cancellation of a task at its end is refused with {code!r:.80}, not -32602"
        self._ledger.holds(rule, code == -32602, what, told, pointer="/error/code")

    def _seen(self, task: Task, status: str, asked: int, told: About, pointer: str) -> None:
        """Hold a status, which was asked for at `asked`, against what was known of the task by then."""
        if task.doubtful:
            return
        if task.was_over(asked):
            rule = "tasks-cancelled" if task.end == "cancelled" else "tasks-transitions"
            what = f"the task was {task.end}, and now it is {status}"
            self._ledger.holds(rule, status == task.end, what, told, pointer=pointer)
        self._results.seen(task, status, asked)
        task.settle(status, self._now)

    def _listed(self, asked: int, request: dict[str, Any], result: dict[str, Any], told: About) -> None:
        """Judge a page of tasks/list."""
        self._unrelated(result, "/result", told)
        tasks, cursor = result.get("tasks"), _params(request).get("cursor")
        if cursor is None:
            self._listing = Listing(asked, told, set())
        elif self._listing is None or self._listing.over or self._listing.cursor != cursor:
            self._listing = None
        for position, shown in enumerate(tasks if isinstance(tasks, list) else ()):
            at = f"/result/tasks/{position}"
            if not isinstance(shown, dict):
                continue
            self._timestamps(shown, at, told)
            name, status = shown.get("taskId"), status_of(shown)
            if not isinstance(name, str):
                continue
            if self._listing is not None:
                self._listing.ids.add(name)
            if status is not None:
                self._seen(self._tasks.setdefault(name, Task()), status, asked, told, f"{at}/status")
        if self._listing is not None:
            following = result.get("nextCursor")
            self._listing.cursor = following if isinstance(following, str) else None
            self._listing.over = 0 if isinstance(following, str) else self._now

    def _is_listed(self, name: Any, task: Task, asked: int) -> None:
        """Hold a task that tasks/get found, asked for after the list was read, against that list."""
        listing = self._listing
        if listing is None or not listing.over or asked < listing.over or not task.made:
            return
        if task.made < listing.begun:
            self._ledger.holds(
                "tasks-listed",
                name in listing.ids,
                f"tasks/get finds the task {name!r:.80}, and tasks/list had no such task",
                listing.told,
                pointer="/result/tasks",
            )

    def _unrelated(self, holder: dict[str, Any], at: str, told: About) -> None:
        meta = holder.get("_meta")
        self._ledger.holds(
            "tasks-no-related-elsewhere",
            not isinstance(meta, dict) or RELATED not in meta,
            f"{RELATED} stands beside the task's id",
            told,
            pointer=f"{at}/_meta",
        )

    def _timestamps(self, shown: dict[str, Any], at: str, told: About) -> None:
        for key in ("createdAt", "lastUpdatedAt"):
            if isinstance(shown.get(key), str):
                self._ledger.holds(
                    "tasks-timestamps",
                    is_timestamp(shown[key]),
                    f"{key} is {shown[key][:_SHOWN]!r}, no date and time of ISO 8601",
                    told,
                    pointer=f"{at}/{key}",
                )


def _params(message: dict[str, Any]) -> dict[str, Any]:
    params = message.get("params")
    return params if isinstance(params, dict) else {}
