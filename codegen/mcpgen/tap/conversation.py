"""One conversation as it is watched: written down, judged, told of."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from mcpgen.schema.rules import RuleBook
from mcpgen.tap.judging import Verdicts
from mcpgen.tap.record import Record, nth
from mcpgen.tap.rows import Row, encoded
from mcpgen.tap.telling import NAME
from mcpgen.validate.report import Finding
from mcpgen.validate.terminal import console_for, harmless, show_finding
from mcpgen.validate.transcript import Retold

#: So much of one conversation is judged; all of it is held in memory, in several times that.
MOST_BYTES = 16 * 1024 * 1024


class Voice:
    """What people are told, on standard error, a piece at a time; nothing where it is gone."""

    def __init__(self) -> None:
        self._console = console_for(sys.stderr)

    def say(self, text: str) -> None:
        """A line of our own."""
        self._write(f"{NAME}: {harmless(text)}\n")

    def finding(self, finding: Finding, about: str, *, withdrawn: bool = False) -> None:
        """A finding; or that it is one no more."""
        if withdrawn:
            what = " ".join(part for part in (finding.rule, finding.method, finding.pointer) if part)
            self.say(f"{about}withdrawn, by what came after: {what}: {finding.message}")
            return
        with self._console.capture() as captured:
            show_finding(finding, self._console, label=f"{NAME}: {about}".rstrip(": "))
        self._write(captured.get())

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()


class Conversation:
    """What one client and one server say; the `number`-th that is watched.

    `books` are the rules of servers and those of clients. It is judged until it has `most` messages or too
    many bytes; it is recorded, to `record`, until its end.
    """

    def __init__(
        self,
        transport: str,
        number: int,
        books: tuple[RuleBook, RuleBook],
        voice: Voice,
        *,
        record: Path | None,
        most: int,
    ) -> None:
        self._voice = voice
        self._about = "" if number == 1 else f"conversation {number}: "
        self._verdicts = Verdicts(Retold(transport), *books)
        self._most = most
        self._began: float | None = None
        self._rows = 0
        self._messages = 0
        self._bytes = 0
        self._unjudged = False
        #: Why it is judged no further.
        self._stopped: str | None = None
        self._record = None if record is None else Record(nth(record, number), transport, self._complain)

    @property
    def heeded(self) -> bool:
        """Whether anything is done with what it says further."""
        return self._stopped is None or (self._record is not None and self._record.open)

    def add(self, row: Row, at: float) -> int:
        """Something that was said at a time; the number of its row."""
        number, self._rows = self._rows, self._rows + 1
        self._began = at if self._began is None else self._began
        row = {"entry": row["entry"], "at": round(at - self._began, 6), **row}
        line = encoded(row)
        if self._record is not None:
            self._record.add(line)
        self._messages += row["entry"] in ("sent", "received")
        self._bytes += len(line)
        if self._stopped is not None:
            return number
        if self._messages > self._most or self._bytes > MOST_BYTES:
            passed = f"{self._most} messages" if self._messages > self._most else f"{MOST_BYTES} bytes"
            self.stop(f"judged no further: it has more than {passed}; it is still passed on")
            return number
        self._verdicts.take(row)
        self._unjudged = True
        return number

    def flush(self) -> None:
        """Write down what was said."""
        if self._record is not None:
            self._record.flush()

    def judge(self) -> bool:
        """Tell what is new; whether there was something to judge."""
        if not self._unjudged:
            return False
        self._unjudged = False
        try:
            news = self._verdicts.news()
        except Exception as error:
            # A mistake of ours: who talks through the tap is not to suffer of it.
            self._stopped = f"the judge failed, which is a bug in mcpgen: {error!r}"
            self._complain(self._stopped)
            return True
        for finding in news.withdrawn:
            self._voice.finding(finding, self._about, withdrawn=True)
        for finding in news.found:
            self._voice.finding(finding, self._about)
        return self._verdicts.run is not None

    @property
    def held(self) -> int:
        """How many bytes of it are judged again and again."""
        return 0 if self._stopped is not None else self._bytes

    def stop(self, why: str) -> None:
        """Judge it no further; `why` is told."""
        if self._stopped is not None:
            return
        self.judge()
        self._stopped = self._stopped or why
        self._verdicts.forget()
        self._complain(self._stopped)

    def lose(self, why: str) -> None:
        """Nothing further of it is known; `why` is told, also where it is judged no more."""
        if self._stopped is None:
            self.stop(why)
        else:
            self._complain(why)

    def end(self) -> None:
        """Tell what it came to."""
        self.judge()
        self.flush()
        where = f"; recorded in {self._record.path}" if self._record is not None else ""
        run = self._verdicts.run
        said = f"{self._messages} messages"
        if run is None:
            shown = self._verdicts.told.revision
            why = f"revision {shown!r} is unknown" if shown else "it shows no revision"
            self._voice.say(f"{self._about}{said}, not judged: {why}{where}")
            return
        counts = self._verdicts.counts()
        broken = f"{_counted(counts['violation'], 'violation')}, {_counted(counts['warning'], 'warning')}"
        passed = f"{counts['pass']} passed, {counts['skipped']} skipped"
        self._voice.say(f"{self._about}{run.revision}, {said}; rules: {broken}, {passed}{where}")

    def _complain(self, what: str) -> None:
        self._voice.say(f"{self._about}{what}")


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
