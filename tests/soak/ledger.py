"""The account of one server: what it was asked, and what came of each request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

Answer = dict[str, Any]
#: Says what is wrong with an answer, or nothing.
Check = Callable[[Answer], str | None]

_MOST_PROBLEMS = 20


class Ledger:
    """Every request has an id of its own, and is answered once, or excused: cancelled, or its client gone."""

    def __init__(self, name: str) -> None:
        self.name = name
        #: What was done, by kind, faults included.
        self.done: Counter[str] = Counter()
        self.problems: list[str] = []
        self._ids = count(1)
        self._open: dict[int, tuple[str, Check]] = {}
        self._excused: set[int] = set()
        self._progress: dict[int, int] = {}
        self._nameless = 0

    # What is sent.

    def ask(self, kind: str, check: Check) -> int:
        """The id for a new request, whose answer must pass `check`."""
        id = next(self._ids)
        self._open[id] = (kind, check)
        self.done[kind] += 1
        return id

    def excuse(self, id: int) -> None:
        """One answer may still come, on its way already; or none."""
        if self._open.pop(id, None) is not None:
            self._excused.add(id)

    def silence(self, id: int) -> None:
        """No answer may come any more."""
        if self._open.pop(id, None) is None:
            self.complain(f"request {id} was answered before its time")

    def provoke(self, kind: str) -> None:
        """Something without an id was sent that is answered by an error without one."""
        self.done[kind] += 1
        self._nameless += 1

    # What comes.

    def hear(self, message: Answer) -> None:
        """Take note of what the server sent."""
        if "method" in message:
            if message["method"] == "notifications/progress":
                token = message["params"]["progressToken"]
                self._progress[token] = self._progress.get(token, 0) + 1
            return
        id = message.get("id")
        if id is None:
            self._nameless -= 1
            if self._nameless < 0:
                self.complain(f"an error that nobody provoked: {_short(message)}")
            return
        found = self._open.pop(id, None)
        if found is not None:
            kind, check = found
            wrong = check(message)
            if wrong is not None:
                self.complain(f"{kind} {id}: {wrong}: {_short(message)}")
        elif id in self._excused:
            self._excused.discard(id)
        else:
            self.complain(f"request {id} was answered twice, or never asked: {_short(message)}")

    def progress_of(self, id: int) -> int:
        """How many progress notifications came for a request; they are forgotten."""
        return self._progress.pop(id, 0)

    # The balance.

    @property
    def waiting(self) -> bool:
        """Whether anything is due."""
        return bool(self._open or self._nameless)

    @property
    def open_requests(self) -> int:
        """How many requests wait for their answer."""
        return len(self._open)

    def is_open(self, id: int) -> bool:
        """Whether the request is not answered yet."""
        return id in self._open

    def complain(self, problem: str) -> None:
        """Something is wrong."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(f"{self.name}: {problem}")

    def close(self) -> None:
        """Everything that was to come has come by now."""
        for id, (kind, _) in self._open.items():
            self.complain(f"{kind} {id} was never answered")
        if self._nameless > 0:
            self.complain(f"{self._nameless} faults were never answered by an error")
        self._open.clear()
        self._nameless = 0


def text_is(expected: str) -> Check:
    """The answer is a result with that text."""

    def check(answer: Answer) -> str | None:
        try:
            found = answer["result"]["content"][0]["text"]
        except (KeyError, IndexError):
            return "no text"
        return None if found == expected else "another text"

    return check


def error_is(code: int) -> Check:
    """The answer is that error."""
    return lambda answer: None if answer.get("error", {}).get("code") == code else f"not error {code}"


def any_result(answer: Answer) -> str | None:
    """The answer is a result."""
    return None if "result" in answer else "no result"


def _short(message: Answer) -> str:
    text = repr(message)
    return text if len(text) <= 300 else f"{text[:300]}…"
