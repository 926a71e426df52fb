"""The process that watches: copies in, a record and findings out. Started by `mcpgen.tap.watching`.

It reads its standard input to the end, writes to nothing but standard error and the record, and heeds no
signal that a client sends to the whole group: what was said last is to be judged as well.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from mcpgen.schema.rules import load_rules
from mcpgen.tap.conversation import Conversation, Voice
from mcpgen.tap.feed import Copy, Intake, Kind
from mcpgen.tap.judging import Pace
from mcpgen.tap.lines import Lines
from mcpgen.tap.rows import Row
from mcpgen.tap.settings import Settings


class Watcher:
    """Takes copies; tells of what they show."""

    def __init__(self, settings: Settings, voice: Voice) -> None:
        self._settings = settings
        self._voice = voice
        self._book = load_rules()
        self._pace = Pace()
        self._lines = Lines(settings.max_message_bytes)
        self._conversations = [self._conversation("stdio", 1)]

    def watch(self, intake: Intake) -> None:
        """Until there is no more."""
        while True:
            due = self._pace.due
            batch = intake.take(None if due is None else max(0.0, due - time.monotonic()))
            if batch is None:
                break
            for copy in batch:
                self._take(copy)
            for conversation in self._conversations:
                conversation.flush()
            due = self._pace.due
            if due is not None and due <= time.monotonic():
                self._judge()
        self._judge()
        for conversation in self._conversations:
            conversation.end()

    def _take(self, copy: Copy) -> None:
        if copy.kind is Kind.LOST:
            for conversation in self._conversations:
                conversation.stop("the traffic was faster than it can be watched")
            return
        conversation = self._conversations[0]
        if conversation.heeded:
            for row in self._lines.take(copy):
                self._add(conversation, row, copy.at)

    def _add(self, conversation: Conversation, row: Row, at: float) -> None:
        conversation.add(row, at)
        self._pace.moved(time.monotonic())

    def _judge(self) -> None:
        began = time.monotonic()
        for conversation in self._conversations:
            conversation.judge()
        self._pace.judged(began, time.monotonic())

    def _conversation(self, transport: str, number: int) -> Conversation:
        record = None if self._settings.record is None else Path(self._settings.record)
        limit = self._settings.max_messages
        return Conversation(transport, number, self._book, self._voice, record=record, most=limit)


def main() -> None:
    """Watch standard input, as the first argument says."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    # The traffic goes first, and the client and the server.
    os.nice(5)
    settings = Settings.read(sys.argv[1])
    Watcher(settings, Voice()).watch(Intake(sys.stdin.fileno()))


if __name__ == "__main__":
    main()
