"""A conversation over stdio, from the bytes of both sides: a message a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mcpgen.tap.conversation import Conversation
from mcpgen.tap.feed import Copy, Kind
from mcpgen.tap.rows import Row, frame, unread
from mcpgen_runtime.framing import LineSplitter

_Side = Literal["sent", "received"]
_SIDES: dict[Kind, _Side] = {
    Kind.CLIENT: "sent",
    Kind.CLIENT_END: "sent",
    Kind.SERVER: "received",
    Kind.SERVER_END: "received",
}


class Lines:
    """Takes copies, and adds to a conversation what they say."""

    def __init__(self, conversation: Conversation, max_message_bytes: int) -> None:
        self.conversations = [conversation]
        self._splitters = {side: LineSplitter(max_message_bytes) for side in ("sent", "received")}
        self._client_ended = False
        self._too_long = f"it is longer than {max_message_bytes} bytes"

    def take(self, copy: Copy) -> None:
        """What passed."""
        (conversation,) = self.conversations
        side = _SIDES.get(copy.kind)
        if side is not None and conversation.heeded:
            for row in self._rows(copy, side):
                conversation.add(row, copy.at)

    def _rows(self, copy: Copy, side: _Side) -> Iterator[Row]:
        splitter = self._splitters[side]
        lines = splitter.feed(copy.data) if copy.data else [rest] if (rest := splitter.end()) else []
        for _ in range(splitter.refused):
            yield unread(side, self._too_long)
        splitter.refused = 0
        for line in lines:
            yield frame(side, line)
        if copy.kind is Kind.CLIENT_END:
            self._client_ended = True
            yield {"entry": "left"}
        if copy.kind is Kind.SERVER_END and not self._client_ended:
            yield {"entry": "closed", "reason": "the server closed its standard output"}
