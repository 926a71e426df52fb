"""All that passes over HTTP, by connections."""

from __future__ import annotations

from collections.abc import Callable

from mcpgen.tap.conversation import Conversation
from mcpgen.tap.exchanges import Connection
from mcpgen.tap.feed import Copy, Kind
from mcpgen.tap.talks import Talks

#: So much of what is not complete yet is held, of all connections; past it, the one with the most is let go.
_MOST_HELD = 32 * 1024 * 1024


class Connections:
    """Takes copies, and adds to conversations what they say."""

    def __init__(
        self, endpoint: str, max_message_bytes: int, begin: Callable[[str, int], Conversation]
    ) -> None:
        self._talks = Talks(endpoint, begin)
        self._most = max_message_bytes
        self._open: dict[int, Connection] = {}
        self._held: dict[int, int] = {}

    @property
    def conversations(self) -> list[Conversation]:
        """Those that are watched."""
        return self._talks.conversations

    def take(self, copy: Copy) -> None:
        """What passed."""
        match copy.kind:
            case Kind.OPENED:
                self._open[copy.connection] = Connection(copy.data.decode(), self._most, self._talks)
            case Kind.CLOSED | Kind.FORGET:
                self._forget(copy.connection)
            case _ if copy.connection in self._open:
                self._open[copy.connection].take(copy)
                self._held[copy.connection] = self._open[copy.connection].held
                if sum(self._held.values()) > _MOST_HELD:
                    self._forget(max(self._held, key=self._held.__getitem__))
            case _:
                pass

    def _forget(self, connection: int) -> None:
        self._open.pop(connection, None)
        self._held.pop(connection, None)
