"""Broken tasks: how they are made, what is told of them, what becomes of them, what is refused."""

from __future__ import annotations

import json
from typing import Any

from ..conforming import FORM
from ..deviating import Frames, Incoming, Outgoing, asking, gives, notification, refusal, takes
from ..tasked import RELATED
from .probes_names import done, params, refuses

#: What else is broken by who tells of an end too early.
_ENDS_LATER = (
    "tasks-transitions",
    "tasks-cancel-terminal-refused",
    "tasks-progress-token",
    "tasks-failed-status",
)
_SAID = {"content": [{"type": "text", "text": "done"}]}


def _undeclared(out: Outgoing) -> Frames:
    out.message.get("result", {}).get("capabilities", {}).pop("tasks", None)
    return None


def _augmented(message: dict[str, Any]) -> bool:
    return message.get("method") == "tools/call" and "task" in message.get("params", {})


@takes("tasks-undeclared-ignored", asking="tools/call", gives=_undeclared)
def refuses_what_it_does_not_know(come: Incoming) -> Frames:
    return [refusal(come.message, -32600)] if _augmented(come.message) else None


@gives("tasks-undeclared-ignored")
def makes_one_all_the_same(out: Outgoing) -> Frames:
    return _undeclared(out)


def _without_task(come: Incoming) -> Frames:
    if _augmented(come.message):
        del come.message["params"]["task"]
    return None


@gives("tasks-undeclared-ignored", takes=_without_task, keeps=True)
def has_none(out: Outgoing) -> Frames:
    return _undeclared(out)


@gives("tasks-required-tool-refused")
def runs_it_all_the_same(out: Outgoing) -> Frames:
    return [done(out, **_SAID)] if refuses(out, "tools/call", name="research") else None


@gives("tasks-required-tool-refused")
def says_so_in_a_result(out: Outgoing) -> Frames:
    return [done(out, **_SAID, isError=True)] if refuses(out, "tools/call", name="research") else None


@gives("tasks-forbidden-tool-refused")
def runs_it_without(out: Outgoing) -> Frames:
    return [done(out, **_SAID)] if refuses(out, "tools/call") and "task" in params(out) else None


def _made(out: Outgoing) -> dict[str, Any] | None:
    """The task in what answers a call, where there is one."""
    task = out.result.get("task")
    return task if isinstance(task, dict) else None


@gives("tasks-created", answering="tools/call", follows=_ENDS_LATER)
def is_over_when_it_begins(out: Outgoing) -> Frames:
    task = _made(out)
    if task is not None:
        task["status"] = "completed"
    return None


@gives("tasks-created", answering="tools/call")
def calls_at_once(out: Outgoing) -> Frames:
    return [done(out, **_SAID)] if _made(out) is not None and params(out)["name"] == "work" else None


def _the_last(come: Incoming) -> Frames:
    asked = come.message.get("params", {})
    if asked.get("taskId") == "task":
        asked["taskId"] = come.memory["ids"][-1]
    return None


@gives("tasks-id-unique", takes=_the_last)
def calls_them_all_task(out: Outgoing) -> Frames:
    task = _made(out) if "result" in out.message else None
    if task is not None:
        out.memory.setdefault("ids", []).append(task["taskId"])
    text = json.dumps(out.message)
    for name in out.memory.get("ids", ()):
        text = text.replace(name, "task")
    return [text.encode()]


@gives("tasks-timestamps", answering="tasks/get")
def begun_today(out: Outgoing) -> Frames:
    out.result["createdAt"] = "today"
    return None


@gives("tasks-timestamps", answering="tasks/list")
def seconds_since_1970(out: Outgoing) -> Frames:
    for task in out.result["tasks"]:
        task["lastUpdatedAt"] = "1764066600"
    return None


@gives("tasks-transitions", answering="tasks/get", follows=("tasks-result-blocks",))
def begins_anew(out: Outgoing) -> Frames:
    ended = out.memory.setdefault("ended", set())
    if out.result["taskId"] in ended:
        out.result["status"] = "working"
    elif out.result["status"] in ("completed", "failed"):
        ended.add(out.result["taskId"])
    return None


@takes("tasks-result-blocks", asking="tasks/result")
def is_not_ready(come: Incoming) -> Frames:
    unknown = come.message["params"]["taskId"] == "mcpgen-no-such-task"
    return [refusal(come.message, -32602 if unknown else -32600, "Not yet")]


@takes("tasks-result-blocks", asking="tasks/result")
def has_half_of_it(come: Incoming) -> Frames:
    name = come.message["params"]["taskId"]
    if name == "mcpgen-no-such-task":
        return None
    meta = {RELATED: {"taskId": name}}
    return [{"jsonrpc": "2.0", "id": come.message["id"], "result": {**_SAID, "_meta": meta}}]


@gives("tasks-result-final", answering="tasks/result")
def gives_the_task(out: Outgoing) -> Frames:
    return [done(out, taskId=params(out)["taskId"], status="completed", _meta=out.result["_meta"])]


@gives("tasks-result-related", answering="tasks/result")
def forgets_the_task(out: Outgoing) -> Frames:
    del out.result["_meta"]
    return None


@gives("tasks-result-related", answering="tasks/result")
def names_another(out: Outgoing) -> Frames:
    out.result["_meta"][RELATED]["taskId"] = "another"
    return None


@gives("tasks-result-related", sending="elicitation/create")
def asks_for_nobody(out: Outgoing) -> Frames:
    out.message["params"].pop("_meta", None)
    return None


@gives("tasks-no-related-elsewhere", answering="tasks/get")
def says_it_twice(out: Outgoing) -> Frames:
    out.result["_meta"] = {RELATED: {"taskId": out.result["taskId"]}}
    return None


@gives("tasks-no-related-elsewhere", answering="tasks/list")
def notifies_with_it(out: Outgoing) -> Frames:
    task = out.result["tasks"][0] if out.result["tasks"] else None
    if task is None:
        return None
    meta = {RELATED: {"taskId": task["taskId"]}}
    return [notification("notifications/tasks/status", **task, _meta=meta), out.message]


@gives("tasks-get-not-streamed", answering="tasks/get")
def tells_more(out: Outgoing) -> Frames:
    return [notification("notifications/message", level="info", data="looking"), out.message]


@gives("tasks-listed", answering="tasks/list")
def lists_what_is_over(out: Outgoing) -> Frames:
    out.result["tasks"] = [task for task in out.result["tasks"] if task["status"] == "completed"]
    return None


@gives("tasks-listed", answering="tasks/list")
def has_one_page(out: Outgoing) -> Frames:
    out.result.pop("nextCursor", None)
    return None


@gives("tasks-cancelled", answering="tasks/cancel")
def is_about_to(out: Outgoing) -> Frames:
    out.result["status"] = "working"
    return None


@gives("tasks-cancelled", answering="tasks/get")
def goes_on(out: Outgoing) -> Frames:
    if out.result["status"] == "cancelled":
        out.result["status"] = "completed"
    return None


def _late(out: Outgoing) -> bool:
    return refuses(out, "tasks/cancel") and params(out)["taskId"] != "mcpgen-no-such-task"


@gives("tasks-cancel-terminal-refused")
def shows_it_as_it_is(out: Outgoing) -> Frames:
    if (out.request or {}).get("method") == "tasks/get" and "result" in out.message:
        out.memory[out.result["taskId"]] = out.result
    return [done(out, **out.memory[params(out)["taskId"]])] if _late(out) else None


@gives("tasks-cancel-terminal-refused")
def with_another_code(out: Outgoing) -> Frames:
    return [refusal(out.request, -32600)] if _late(out) else None


@gives("tasks-unknown-refused")
def falls_over_it(out: Outgoing) -> Frames:
    return [refusal(out.request, -32603)] if params(out).get("taskId") == "mcpgen-no-such-task" else None


@takes("tasks-unknown-refused", asking="tasks/result")
def has_nothing_to_show(come: Incoming) -> Frames:
    unknown = come.message["params"]["taskId"] == "mcpgen-no-such-task"
    return [{"jsonrpc": "2.0", "id": come.message["id"], "result": {"content": []}}] if unknown else None


@takes("tasks-invalid-cursor-refused", asking="tasks/list")
def begins_from_the_first_page(come: Incoming) -> Frames:
    if come.message.get("params", {}).get("cursor") == "mcpgen-no-such-cursor":
        del come.message["params"]["cursor"]
    return None


@takes("tasks-id-from-params", asking="tasks/get")
def goes_by_meta(come: Incoming) -> Frames:
    asked = come.message["params"]
    asked["taskId"] = asked.get("_meta", {}).get(RELATED, asked)["taskId"]
    return None


@takes("tasks-id-from-params", asking="tasks/get")
def will_have_no_meta(come: Incoming) -> Frames:
    return [refusal(come.message, -32602)] if "_meta" in come.message["params"] else None


@gives("tasks-progress-token")
def goes_on_reporting(out: Outgoing) -> Frames:
    if "result" in out.message and _made(out) is not None:
        out.memory[out.result["task"]["taskId"]] = params(out).get("_meta", {}).get("progressToken")
    token = out.memory.get(params(out)["taskId"]) if _late(out) else None
    if token is None:
        return None
    return [notification("notifications/progress", progressToken=token, progress=99), out.message]


@gives("tasks-failed-told", answering="tasks/get")
def fails_without_a_word(out: Outgoing) -> Frames:
    out.result.pop("statusMessage", None)
    return None


@gives("tasks-failed-status", answering="tasks/get")
def completes_whatever_comes(out: Outgoing) -> Frames:
    if out.result["status"] == "failed":
        out.result["status"] = "completed"
    return None


def _asks_as_a_task(out: Outgoing) -> Frames:
    """Ask the client something as a task, once it lists tools."""
    if (out.request or {}).get("method") != "tools/list" or "wanted" in out.memory:
        return None
    out.memory["wanted"] = True
    return [
        asking("elicitation/create", "wanted", message="?", requestedSchema=FORM, task={"ttl": 60_000}),
        out.message,
    ]


def _took_it(come: Incoming) -> Frames:
    result = come.message.get("result")
    if come.message.get("id") == "wanted" and isinstance(result, dict):
        come.memory["taken"] = result["task"]["taskId"]
    return None


@gives(
    "cancellation-not-of-tasks",
    takes=_took_it,
    options={"client_tasks": True},
    follows=("cancellation-still-open",),
)
def notifies_of_it(out: Outgoing) -> Frames:
    if "result" in out.message and out.memory.pop("taken", None) is not None:
        return [notification("notifications/cancelled", requestId="wanted"), out.message]
    return _asks_as_a_task(out)


@gives("cancellation-not-of-tasks", takes=_took_it, options={"client_tasks": True}, keeps=True)
def cancels_the_task(out: Outgoing) -> Frames:
    if "result" in out.message and "taken" in out.memory:
        return [asking("tasks/cancel", "enough", taskId=out.memory.pop("taken")), out.message]
    return _asks_as_a_task(out)
