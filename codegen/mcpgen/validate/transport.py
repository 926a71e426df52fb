"""What every transport offers the session: open, send, close. What it receives goes to the journal.

The transports are mirror images: `stdio.py` and `http.py` have the same shape and the same promises.
Nothing here knows what a message means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mcpgen.validate.journal import Journal


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a server may send before the validator stops listening."""

    message_bytes: int = 4 * 1024 * 1024
    total_bytes: int = 256 * 1024 * 1024
    frames: int = 10_000


class LimitReached(Exception):
    """The server sent more than the validator takes. No rule is broken by that: the run ends here."""


class ConnectionLost(Exception):
    """The server cannot be reached (any more); the message says how that showed."""


class Transport(Protocol):
    """One connection to one server.

    `send` raises `ConnectionLost` when the server is known to be gone. A connection that breaks while
    nothing is being sent shows as a `Closed` entry; a limit that is passed, as `failure`.
    """

    name: str
    journal: Journal
    failure: LimitReached | None

    async def open(self) -> None:
        """Start or reach the server. Raises `mcpgen.errors.TargetUnreachable`."""
        ...

    async def send(
        self, message: dict[str, Any], *, probe: bool = False, headers: Mapping[str, str] | None = None
    ) -> int:
        """Write one message, enter it in the journal and return its index there.

        `headers` are extra HTTP headers, which other transports ignore.
        """
        ...

    async def listen(self) -> None:
        """Begin to take messages that answer nothing, where they have a channel of their own."""
        ...

    def settle(self, revision: str, *, session: bool) -> None:
        """From here on the connection speaks `revision`; `session` tells the era that has sessions."""
        ...

    def last_words(self) -> tuple[str, ...]:
        """What the server lately wrote for people to read (standard error), oldest line first."""
        ...

    async def close(self) -> None:
        """End the connection, and the server if the transport started it. May be repeated."""
        ...


class Counter:
    """Holds what arrives against the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._bytes = 0
        self._frames = 0

    def took_bytes(self, count: int) -> None:
        """Raises `LimitReached` when the run's bytes are used up."""
        self._bytes += count
        if self._bytes > self.limits.total_bytes:
            raise LimitReached(f"the server sent more than {self.limits.total_bytes} bytes in one run")

    def holds(self, buffered: int) -> None:
        """Raises `LimitReached` when a message that is still incomplete is already too long."""
        if buffered > self.limits.message_bytes:
            raise LimitReached(f"the server sent a message of more than {self.limits.message_bytes} bytes")

    def took_frame(self) -> None:
        """Raises `LimitReached` when the run's messages are used up."""
        self._frames += 1
        if self._frames > self.limits.frames:
            raise LimitReached(f"the server sent more than {self.limits.frames} messages in one run")
