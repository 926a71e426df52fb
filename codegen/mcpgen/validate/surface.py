"""What the ordinary requests of a run found, for those that come after them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Demand:
    """A request that was answered with a demand for input, its mirrored headers, and that demand."""

    method: str
    params: dict[str, Any]
    headers: dict[str, str]
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskCall:
    """A call that may be made as a task, several times only where it `repeats`."""

    tool: str
    arguments: dict[str, Any]
    repeats: bool


@dataclass(slots=True)
class Surface:
    """What a server lists, what asks for input, and which calls went well.

    `calls` has the arguments of tools that may be called and answered without isError, `seconds` how long
    they took, and `cursors` the first cursor of each list that has several pages. `task_calls` may be made
    as tasks, and were not yet. `asking` says how often a server of the old era asked the client for something
    in the call of a tool. `changed` says that a list was another when it was read again. Where
    `all_harmless`, the user allowed any tool to be tried; where `calls_tools`, the read-only ones are called.
    """

    tools: list[dict[str, Any]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    templates: list[dict[str, Any]] = field(default_factory=list)
    prompts: list[dict[str, Any]] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    task_calls: list[TaskCall] = field(default_factory=list)
    asking: dict[str, int] = field(default_factory=dict)
    changed: bool = False
    all_harmless: bool = False
    calls_tools: bool = False

    def harmless(self, tool: dict[str, Any]) -> bool:
        """Whether a tool may be tried: it says that it is read-only, or the user allowed any."""
        execution = tool.get("execution")
        as_task = isinstance(execution, dict) and execution.get("taskSupport") == "required"
        return isinstance(tool.get("name"), str) and not as_task and (self.all_harmless or read_only(tool))


def read_only(tool: dict[str, Any]) -> bool:
    """Whether a tool is annotated as one that changes nothing."""
    annotations = tool.get("annotations")
    return isinstance(annotations, dict) and annotations.get("readOnlyHint") is True
