"""All that passes over HTTP, by connections."""

from __future__ import annotations

from collections.abc import Callable

from mcpgen.tap.conversation import Conversation
from mcpgen.tap.exchanges import Connection
from mcpgen.tap.feed import Copy, Kind
from mcpgen.tap.talks import Talks


class Connections:
    """Takes copies, and adds to conversations what they say."""

    def __init__(
        self, endpoint: str, max_message_bytes: int, begin: Callable[[str, int], Conversation]
    ) -> None:
        self._talks = Talks(endpoint, begin)
        self._most = max_message_bytes
        self._open: dict[int, Connection] = {}

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
                self._open.pop(copy.connection, None)
            case _ if copy.connection in self._open:
                self._open[copy.connection].take(copy)
            case _:
                pass
