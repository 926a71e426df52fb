"""The answers to a batch (2025-03-26 basic, batching): they go out together, once the last has come."""

from __future__ import annotations

from collections.abc import Callable


class Answers:
    """Collects the texts of answers; `complete` is called when there are as many as expected."""

    __slots__ = ("_complete", "_missing", "texts")

    def __init__(self, complete: Callable[[], None]) -> None:
        self._complete = complete
        # How many more there will be; negative while it is not known how many in all.
        self._missing = 0
        self.texts: list[bytes] = []

    def expect(self, answers: int) -> None:
        """There are that many in all, of which some may have come."""
        self._settle(-answers)

    def add(self, text: bytes) -> None:
        """One has come."""
        self.texts.append(text)
        self._settle(1)

    def skip(self) -> None:
        """One will not come."""
        self._settle(1)

    def array(self) -> bytes:
        """All of them, as one message."""
        return b"[%b]" % b",".join(self.texts)

    def _settle(self, count: int) -> None:
        self._missing -= count
        if not self._missing:
            self._complete()
