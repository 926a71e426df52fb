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

from mcpgen.schema.rules import load_client_rules, load_rules
from mcpgen.tap.connections import Connections
from mcpgen.tap.conversation import MOST_BYTES, Conversation, Voice
from mcpgen.tap.feed import Copy, Intake, Kind
from mcpgen.tap.judging import Pace
from mcpgen.tap.lines import Lines
from mcpgen.tap.settings import Settings


class Watcher:
    """Takes copies; tells of what they show."""

    def __init__(self, settings: Settings, voice: Voice) -> None:
        self._settings = settings
        self._voice = voice
        self._books = load_rules(), load_client_rules()
        self._pace = Pace()
        self._loaded = False
        self._side: Lines | Connections
        if settings.endpoint is None:
            self._side = Lines(self._conversation("stdio", 1), settings.max_message_bytes)
        else:
            self._side = Connections(settings.endpoint, settings.max_message_bytes, self._conversation)

    def watch(self, intake: Intake) -> None:
        """Until there is no more."""
        while True:
            due = self._pace.due
            batch = intake.take(None if due is None else max(0.0, due - time.monotonic()))
            if batch is None:
                break
            for copy in batch:
                self._take(copy)
            if batch:
                self._pace.moved(time.monotonic())
            self._keep_within_bounds()
            for conversation in self._side.conversations:
                conversation.flush()
            due = self._pace.due
            if due is not None and due <= time.monotonic():
                self._judge()
        for conversation in self._side.conversations:
            conversation.end()
        if not self._side.conversations:
            self._voice.say(f"no message came by at {self._settings.endpoint}: there was nothing to judge")

    def _take(self, copy: Copy) -> None:
        match copy.kind:
            case Kind.BEHIND:
                kept = "passed on" if self._settings.record is None else "recorded"
                why = f"judged no further: the traffic is faster than it can be judged; it is still {kept}"
                for conversation in self._side.conversations:
                    conversation.stop(why)
            case Kind.LOST:
                why = (
                    "the traffic is faster than it can be watched: it is neither judged nor recorded further"
                )
                for conversation in self._side.conversations:
                    conversation.lose(why)
            case _:
                self._side.take(copy)

    def _keep_within_bounds(self) -> None:
        while sum(conversation.held for conversation in self._side.conversations) > 2 * MOST_BYTES:
            largest = max(self._side.conversations, key=lambda conversation: conversation.held)
            largest.stop("judged no further: there are too many at once; it is still passed on")

    def _judge(self) -> None:
        began = time.process_time()
        judged = [conversation.judge() for conversation in self._side.conversations]
        # The first judgement pays for what is loaded once.
        cost = time.process_time() - began if self._loaded else 0.0
        self._loaded = self._loaded or any(judged)
        self._pace.judged(time.monotonic(), cost)

    def _conversation(self, transport: str, number: int) -> Conversation:
        record = None if self._settings.record is None else Path(self._settings.record)
        limit = self._settings.max_messages
        return Conversation(transport, number, self._books, self._voice, record=record, most=limit)


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
