"""Tasks that others see: another session, another user, whoever can count."""

from __future__ import annotations

import json
from typing import Any

from ..deviating import Frames, Incoming, Outgoing, add
from ..guarding import OTHER_TOKEN, Caller, Guard, knows

_SESSION = "mcp-session-id"


def _in_one_session(come: Incoming) -> Frames:
    """Have what is asked about tasks asked in the session that made the last."""
    if come.headers is None or _SESSION not in come.headers:
        return None
    asked = come.message.get("params")
    if come.message.get("method") == "tools/call" and isinstance(asked, dict) and "task" in asked:
        come.memory["owner"] = come.headers[_SESSION]
    if str(come.message.get("method")).startswith("tasks/") and "owner" in come.memory:
        come.headers[_SESSION] = come.memory["owner"]
    return None


def _numbered(out: Outgoing) -> Frames:
    task = out.message.get("result", {}).get("task")
    names = out.memory.setdefault("names", [])
    if task is not None:
        names.append(task["taskId"])
    text = json.dumps(out.message)
    for number, name in enumerate(names):
        text = text.replace(name, f"task-{number}")
    return [text.encode()]


def _by_number(come: Incoming) -> Frames:
    asked: dict[str, Any] = come.message.get("params") or {}
    name = str(asked.get("taskId"))
    if name.startswith("task-"):
        asked["taskId"] = come.memory["names"][int(name.removeprefix("task-"))]
    return _in_one_session(come)


def _without_list(out: Outgoing) -> Frames:
    out.message.get("result", {}).get("capabilities", {}).get("tasks", {}).pop("list", None)
    return None


def _numbered_without_list(out: Outgoing) -> Frames:
    _without_list(out)
    return _numbered(out)


def _either(caller: Caller) -> bool:
    return knows(caller) or caller.token == OTHER_TOKEN


add("tasks-list-identified", "lists_those_of_all", takes=_in_one_session)
add("tasks-id-unguessable", "numbers_them", takes=_by_number, gives=_numbered_without_list)
add("tasks-id-unguessable", "draws_them", takes=_in_one_session, gives=_without_list, keeps=True)
add("tasks-bound", "knows_nobody", takes=_in_one_session, guard=Guard(lets_in=_either))
add("tasks-bound", "knows_its_users", guard=Guard(lets_in=_either), keeps=True)
