"""The validator as a client that takes tasks, which 2025-11-25 has: what a server asks of it as a task.

Such a task is over as soon as somebody looks at it, and has the answer that the request would have had.
Page: basic/utilities/tasks.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from mcpgen.validate import client
from mcpgen.validate.task_records import ENDS, RELATED

#: What the validator declares where it takes tasks.
CAPABILITY: dict[str, Any] = {
    "cancel": {},
    "requests": {"elicitation": {"create": {}}, "sampling": {"createMessage": {}}},
}
_TAKEN = {"elicitation/create": "elicitation.create", "sampling/createMessage": "sampling.createMessage"}
_KEPT = 100


class ClientTasks:
    """Answers the requests of a server, as tasks where it wants them so. The last hundred tasks are kept."""

    def __init__(self) -> None:
        self._tasks: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    def reply_to(self, request: dict[str, Any], declared: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request, of a client that `declared` so much."""
        method, params = request.get("method"), request.get("params")
        if not isinstance(params, dict) or not isinstance(method, str):
            return client.reply_to(request, declared)
        path = _TAKEN.get(method)
        if "task" in params and path and client.declares(declared, f"tasks.requests.{path}"):
            return self._made(request, declared)
        if method in ("tasks/get", "tasks/result", "tasks/cancel") and client.declares(declared, "tasks"):
            return {"jsonrpc": "2.0", "id": request["id"], **self._told(method, params.get("taskId"))}
        return client.reply_to(request, declared)

    def _made(self, request: dict[str, Any], declared: dict[str, Any]) -> dict[str, Any]:
        params = {key: value for key, value in request["params"].items() if key != "task"}
        answer = client.reply_to({**request, "params": params}, declared)
        if "result" not in answer:
            return answer
        name, now = uuid4().hex, _now()
        shown = {"taskId": name, "status": "working", "createdAt": now, "lastUpdatedAt": now, "ttl": None}
        self._tasks[name] = (shown, answer["result"])
        if len(self._tasks) > _KEPT:
            del self._tasks[next(iter(self._tasks))]
        return {**answer, "result": {"task": dict(shown)}}

    def _told(self, method: str, name: Any) -> dict[str, Any]:
        if not isinstance(name, str) or name not in self._tasks:
            return _refusal("there is no such task")
        shown, result = self._tasks[name]
        if method == "tasks/cancel" and shown["status"] in ENDS:
            return _refusal(f"the task is {shown['status']}")
        if shown["status"] not in ENDS:
            shown["status"] = "cancelled" if method == "tasks/cancel" else "completed"
            shown["lastUpdatedAt"] = _now()
        if method != "tasks/result":
            return {"result": dict(shown)}
        if shown["status"] == "cancelled":
            return _refusal("the task was cancelled")
        return {"result": {**result, "_meta": {RELATED: {"taskId": name}}}}


def _refusal(message: str) -> dict[str, Any]:
    return {"error": {"code": -32602, "message": message}}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
