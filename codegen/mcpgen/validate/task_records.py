"""What is known of tasks, and where messages name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcpgen.validate.ledger import About

#: The key of `_meta` that names the task to which a message belongs.
RELATED = "io.modelcontextprotocol/related-task"
ENDS = frozenset({"completed", "failed", "cancelled"})
STATUSES = ENDS | {"working", "input_required"}


@dataclass(slots=True)
class Outcome:
    """An answer to tasks/result: when it came, and whether it was asked for while the task was under way."""

    came: int
    message: dict[str, Any]
    told: About
    waited: bool


@dataclass(slots=True)
class Task:
    """What is known of a task: the call that made it, its last status, its end and since when that is known.

    What goes by the same id as another is `doubtful`: what is said of one may be true of the other.
    """

    call: dict[str, Any] | None = None
    made: int = 0
    status: str = ""
    end: str = ""
    ended: int = 0
    outcome: Outcome | None = None
    doubtful: bool = False

    def settle(self, status: str, now: int) -> None:
        """Take note of a status."""
        self.status = status
        if status in ENDS and not self.end:
            self.end, self.ended = status, now

    def was_over(self, asked: int) -> bool:
        """Whether it was known to be at its end when something was asked of it."""
        return bool(self.end) and asked > self.ended and not self.doubtful


@dataclass(slots=True)
class Listing:
    """The tasks of tasks/list, read from its beginning: `over` says when, 0 while there are further pages."""

    begun: int
    told: About
    ids: set[str]
    cursor: str | None = None
    over: int = 0


def status_of(shown: dict[str, Any]) -> str | None:
    """The status of a task that is shown, None where it is none of those that there are."""
    status = shown.get("status")
    return status if isinstance(status, str) and status in STATUSES else None


def task_support(tool: dict[str, Any]) -> str:
    """What a tool says of tasks: "required", "optional", or, as by default, "forbidden"."""
    execution = tool.get("execution")
    support = execution.get("taskSupport") if isinstance(execution, dict) else None
    return support if support in ("required", "optional") else "forbidden"


def related_task(holder: dict[str, Any]) -> Any:
    """The task that the `_meta` of params or of a result names, None where there is none."""
    meta = holder.get("_meta")
    related = meta.get(RELATED) if isinstance(meta, dict) else None
    return related.get("taskId") if isinstance(related, dict) else None
