"""Tasks of 2025-11-25 over the conforming server, which has none: a layer between it and one client.

A call as a task runs in a session of its own, at once or, where it is only looked at, after a while: so a
task can be met in every status, however busy the machine. What such a call sends is kept for whoever asks
for the task's result. Nobody else sees the task: they belong to a session.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from mcpgen_runtime import RequestContext, Server, ToolError
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.memory import End, MemoryAdapter, pipe

from .conforming import FORM, NOTHING, READ_ONLY, server
from .deviating import refusal

REVISION = "2025-11-25"
RELATED = "io.modelcontextprotocol/related-task"
CAPABILITY: dict[str, Any] = {"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}}
_ENDS = ("completed", "failed", "cancelled")
_PAGE = 2
#: How often a task is looked at before it begins, where nobody asks for its result; then it is waited for.
_LOOKS = {"research": 3}
_MANY_LOOKS = 20
_SUPPORT = {"work": "optional", "research": "required", "stumble": "required"}
#: The tools that are there only as tasks.
_TOOLS: list[dict[str, Any]] = [
    {
        "name": name,
        "description": "Runs as a task",
        "inputSchema": NOTHING,
        "annotations": READ_ONLY,
        "execution": {"taskSupport": "required"},
    }
    for name in ("research", "stumble")
]


@dataclass(slots=True)
class _Task:
    shown: dict[str, Any]
    call: dict[str, Any]
    looks: int = 0
    running: asyncio.Task[None] | None = None
    result: dict[str, Any] = field(default_factory=dict)
    #: What is to be sent to whoever waits for the result, and whether somebody does.
    queue: deque[dict[str, Any]] = field(default_factory=deque)
    listeners: int = 0
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def over(self) -> bool:
        return self.shown["status"] in _ENDS


class Tasks:
    """The tasks of one session.

    What the server sends is amended; what this `takes` is answered here, and does not reach the server.
    """

    def __init__(self) -> None:
        self._opening: dict[str, Any] | None = None
        self._on = False
        self._tasks: dict[str, _Task] = {}
        self._asked: dict[Any, tuple[_Task, End, Any]] = {}
        self._numbers = itertools.count(1)

    def amend(self, message: Any, request: dict[str, Any] | None) -> None:
        """Add to the server's own answers what there is of tasks."""
        result = message.get("result") if isinstance(message, dict) else None
        if request is None or not isinstance(result, dict):
            return
        if request["method"] == "initialize" and result.get("protocolVersion") == REVISION:
            self._on, self._opening = True, request
            result["capabilities"]["tasks"] = CAPABILITY
        elif request["method"] == "tools/list" and self._on:
            for tool in result["tools"]:
                if tool["name"] in _SUPPORT:
                    tool["execution"] = {"taskSupport": _SUPPORT[tool["name"]]}
            if "nextCursor" not in result:
                result["tools"] += _TOOLS

    def takes(self, message: Any) -> bool:
        """Whether a message is for tasks, and not for the server."""
        if not self._on or not isinstance(message, dict):
            return False
        if "method" not in message:
            return message.get("id") in self._asked
        method, params = message["method"], message.get("params", {})
        if not isinstance(params, dict) or "id" not in message:
            return False
        if method == "tools/call":
            return isinstance(params.get("task"), dict) or params.get("name") in ("research", "stumble")
        return method in ("tasks/get", "tasks/result", "tasks/cancel", "tasks/list")

    async def answers(self, message: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """What answers a message, its answer last."""
        if "method" not in message:
            await self._answered(message)
            return
        method, params = message["method"], message.get("params", {})
        task = self._tasks.get(str(params.get("taskId")))
        if method == "tools/call":
            yield self._called(message)
        elif method == "tasks/list":
            yield self._list(message)
        elif task is None:
            yield refusal(message, -32602, "There is no such task")
        elif method == "tasks/result":
            self._begin(task)
            async for each in self._results(task):
                yield each
            yield {"jsonrpc": "2.0", "id": message["id"], **self._with_task(task)}
        elif method == "tasks/get":
            if task.looks >= _LOOKS.get(task.call["name"], _MANY_LOOKS):
                self._begin(task)
                async with task.news:
                    await task.news.wait_for(lambda: task.shown["status"] != "working" or task.listeners)
            task.looks += 1
            yield _result(message, dict(task.shown))
        elif task.over:
            yield refusal(message, -32602, f"The task is {task.shown['status']}")
        else:
            if task.running is not None:
                task.running.cancel()
            await self._end(task, "cancelled", refusal(None, -32603, "The task was cancelled"))
            yield _result(message, dict(task.shown))

    async def close(self) -> None:
        """End every task."""
        running = [task.running for task in self._tasks.values() if task.running is not None]
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _called(self, message: dict[str, Any]) -> dict[str, Any]:
        params = message["params"]
        if "task" not in params or params.get("name") not in _SUPPORT:
            return refusal(message, -32601, "Not so")
        now = _now()
        shown = {
            "taskId": uuid4().hex,
            "status": "working",
            "createdAt": now,
            "lastUpdatedAt": now,
            "ttl": params["task"].get("ttl", 60_000),
            "pollInterval": 10,
        }
        call = {key: value for key, value in params.items() if key != "task"}
        self._tasks[shown["taskId"]] = _Task(shown, call)
        return _result(message, {"task": dict(shown)})

    def _list(self, message: dict[str, Any]) -> dict[str, Any]:
        cursor = message.get("params", {}).get("cursor")
        all_of_them = list(self._tasks)
        if cursor is not None and cursor not in all_of_them:
            return refusal(message, -32602, "There is no such cursor")
        begin = 0 if cursor is None else all_of_them.index(cursor) + 1
        page = all_of_them[begin : begin + _PAGE]
        more = {"nextCursor": page[-1]} if begin + _PAGE < len(all_of_them) else {}
        return _result(message, {"tasks": [dict(self._tasks[name].shown) for name in page], **more})

    def _with_task(self, task: _Task) -> dict[str, Any]:
        if "result" not in task.result:
            return {"error": task.result["error"]}
        result = dict(task.result["result"])
        result["_meta"] = {**result.get("_meta", {}), **_related(task)}
        return {"result": result}

    async def _results(self, task: _Task) -> AsyncIterator[dict[str, Any]]:
        """What a task sends until it is over."""
        async with task.news:
            task.listeners += 1
            task.news.notify_all()
        try:
            while True:
                async with task.news:
                    await task.news.wait_for(lambda: task.queue or task.over)
                    if not task.queue:
                        return
                    message = task.queue[0]
                yield message
                async with task.news:
                    if task.queue:
                        task.queue.popleft()
                    task.news.notify_all()
        finally:
            task.listeners -= 1

    async def _send(self, task: _Task, message: dict[str, Any]) -> None:
        """Have a message taken by whoever waits for the result; it is gone before the task goes on."""
        async with task.news:
            task.queue.append(message)
            task.news.notify_all()
            await task.news.wait_for(lambda: not task.queue)

    def _begin(self, task: _Task) -> None:
        if task.running is None and not task.over:
            task.running = asyncio.ensure_future(self._run(task))

    async def _run(self, task: _Task) -> None:
        here, there = pipe()
        adapter = MemoryAdapter(there)
        adapter.configure(TransportConfig())
        serving = asyncio.ensure_future(adapter.serve(ServerCore(_with_tools(server()))))
        try:
            assert self._opening is not None
            opening: tuple[dict[str, Any], ...] = (
                {**self._opening, "id": "opening"},
                {"jsonrpc": "2.0", "method": "notifications/initialized"},
                {"jsonrpc": "2.0", "id": "call", "method": "tools/call", "params": task.call},
            )
            for each in opening:
                await here.send(json.dumps(each).encode() + b"\n")
            async for message in _messages(here):
                if message.get("id") == "call" and "method" not in message:
                    given = message.get("result")
                    failed = not isinstance(given, dict) or given.get("isError") is True
                    await self._end(task, "failed" if failed else "completed", message)
                    return
                if "method" in message:
                    await self._passed_on(task, message, here)
        finally:
            here.close()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    async def _passed_on(self, task: _Task, message: dict[str, Any], here: End) -> None:
        """Send what the call sends, in the task's name; what it asks makes the task wait for input."""
        params = message.setdefault("params", {})
        params["_meta"] = {**params.get("_meta", {}), **_related(task)}
        if "id" in message:
            number = f"of-a-task-{next(self._numbers)}"
            self._asked[number] = (task, here, message["id"])
            async with task.news:
                _change(task, "input_required")
                task.news.notify_all()
            await self._send(task, {**message, "id": number})
        elif task.listeners:
            await self._send(task, message)

    async def _answered(self, message: dict[str, Any]) -> None:
        """Hand the client's answer to the call that asked."""
        task, here, number = self._asked.pop(message["id"])
        if not task.over:
            _change(task, "working")
        with suppress(BrokenPipeError):
            await here.send(json.dumps({**message, "id": number}).encode() + b"\n")

    async def _end(self, task: _Task, status: str, answer: dict[str, Any]) -> None:
        async with task.news:
            task.result = {key: answer[key] for key in ("result", "error") if key in answer}
            if status == "failed":
                task.shown["statusMessage"] = "The call ended in an error"
            task.queue.clear()
            _change(task, status)
            task.news.notify_all()


async def _messages(here: End) -> AsyncIterator[dict[str, Any]]:
    rest = b""
    while chunk := await here.receive():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield json.loads(line)


def _with_tools(made: Server) -> Server:
    """The tools that are there only as tasks."""

    async def research(arguments: dict[str, Any], ctx: RequestContext) -> str:
        await ctx.progress(1, total=2)
        if ctx.client_capabilities.elicitation is None:
            return "nobody to ask"
        return (await ctx.elicit("Which of them?", FORM, key="which")).action

    def stumble(arguments: dict[str, Any], ctx: RequestContext) -> str:
        raise ToolError("It cannot be done")

    for tool, handler in zip(_TOOLS, (research, stumble), strict=True):
        made.add_tool({key: value for key, value in tool.items() if key != "execution"}, handler)
    return made


def _change(task: _Task, status: str) -> None:
    task.shown["status"], task.shown["lastUpdatedAt"] = status, _now()


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _related(task: _Task) -> dict[str, Any]:
    return {RELATED: {"taskId": task.shown["taskId"]}}


def _result(message: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": message["id"], "result": result}
