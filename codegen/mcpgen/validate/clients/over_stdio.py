"""The scripted server as a process that a client starts: a message a line, on two file descriptors."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcpgen.validate.clients.conversation import Conversation, read
from mcpgen.validate.clients.play import Play
from mcpgen.validate.journal import Left
from mcpgen_runtime import json_text
from mcpgen_runtime.framing import LineSplitter
from mcpgen_runtime.transports.descriptors import DescriptorTransport

_LONGEST_LINE = 16 * 1024 * 1024


@dataclass
class _Line:
    """A stage whose messages are lines."""

    conversation: Conversation
    transport: DescriptorTransport

    async def say(self, message: Mapping[str, Any]) -> int:
        """See `Stage.say`."""
        index = self.conversation.wrote(message, stream="stdout")
        self.transport.write(json_text.dumps(message) + b"\n")
        return index

    async def pause(self, milliseconds: int) -> bool:
        """Nobody hangs up on a pipe."""
        return True

    async def refuse(self, status: int) -> None:
        """There are no statuses on a pipe."""


class StdioServer(asyncio.Protocol):
    """Plays for one client. `closed` is done when its input ends, or it no longer reads."""

    def __init__(self, play: Play, conversation: Conversation) -> None:
        self._play = play
        self.conversation = conversation
        self._lines = LineSplitter(_LONGEST_LINE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: DescriptorTransport | None = None
        #: Whether the client wrote more than is kept.
        self.flooded = False
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, DescriptorTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            self._take(line)

    def eof_received(self) -> bool:
        if rest := self._lines.end():
            self._take(rest)
        self.left(None)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.left(None)

    def left(self, signal: str | None) -> None:
        """The client ended it: by the end of its input, or by `signal` before that."""
        if not self.closed.done():
            self.conversation.journal.add(Left(self.conversation.clock(), signal))
            self.closed.set_result(None)

    async def finished(self) -> None:
        """Let the answers that are under way end, for a moment, and drop the others."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=0.2)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def release(self) -> None:
        """Leave the descriptors alone from here on; they stay open."""
        if self._transport is not None:
            self._transport.abort()

    def _take(self, line: bytes) -> None:
        conversation = self.conversation
        if not conversation.takes(len(line)):
            self.flooded = True
            self.left(None)
            return
        _, asked = conversation.took(read(line, at=conversation.clock()))
        assert self._transport is not None
        stage = _Line(conversation, self._transport)
        for _, message in asked:
            task = asyncio.ensure_future(self._play.answer(conversation, message, stage))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def serve_stdio(play: Play, conversation: Conversation, *, input: int, output: int) -> StdioServer:
    """Begin to play on two file descriptors, which stay open."""
    server = StdioServer(play, conversation)
    DescriptorTransport(asyncio.get_running_loop(), server, input, output)
    return server
