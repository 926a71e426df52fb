"""The stdio transport: a server as a child process, one message a line.

The child leads a process group of its own, so that ending it ends whatever it started (`npx` starts a
shell that starts node). Shutdown goes as the specification advises: close standard input, wait, SIGTERM,
wait, SIGKILL; and at last SIGKILL to whatever is left of the group.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from mcpgen.validate.frames import read_frame
from mcpgen.validate.journal import Closed, Ended, Journal, Sent
from mcpgen.validate.starting import cannot_start
from mcpgen.validate.transport import ConnectionLost, Counter, LimitReached, Limits

_CHUNK = 64 * 1024
_KEPT_LINES = 20
_KEPT_WIDTH = 400
# How long a server may take to end after its input is closed, and again after SIGTERM.
GRACE_AFTER_EOF = 2.0
GRACE_AFTER_SIGTERM = 1.0
# How long what it wrote before may take to arrive.
_GRACE_FOR_PIPES = 0.5
# How long a server that closed a pipe may take to exit before it counts as one that lives on.
_GRACE_FOR_EXIT = 2.0


class StdioTransport:
    """Speaks to a child process over its standard streams."""

    name = "stdio"

    def __init__(
        self,
        command: Sequence[str],
        journal: Journal,
        *,
        limits: Limits,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.journal = journal
        self.failure: LimitReached | None = None
        self._command = tuple(command)
        self._env = {**os.environ, **(env or {})}
        self._cwd = cwd
        self._counter = Counter(limits)
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._stderr: deque[str] = deque(maxlen=_KEPT_LINES)
        self._closing = False
        self._gone = False

    async def open(self) -> None:
        """Start the process. Raises `TargetUnreachable` when that cannot be done."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise cannot_start(self._command, error) from None
        self._readers = [
            asyncio.create_task(self._read_stdout()),
            asyncio.create_task(self._read_stderr()),
        ]

    async def send(
        self, message: dict[str, Any], *, probe: bool = False, headers: Mapping[str, str] | None = None
    ) -> int:
        """Write one line. Raises `ConnectionLost` when the process no longer reads."""
        stdin = self._process.stdin if self._process is not None else None
        if stdin is None or self._closing:
            raise ConnectionLost("the connection is closed")
        if stdin.is_closing():
            # Nobody reads any more: the pipe broke before this was written.
            raise ConnectionLost(await self._how_it_ended("input"))
        # Entered before it is written: an answer must never stand before its question.
        index = self.journal.add(Sent(self.journal.clock(), message, probe))
        try:
            stdin.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise ConnectionLost(await self._how_it_ended("input")) from None
        return index

    async def listen(self) -> None:
        """Nothing to do: standard output carries everything."""

    def settle(self, revision: str, *, session: bool) -> None:
        """Nothing to do: a line is a line in every revision."""

    def last_words(self) -> tuple[str, ...]:
        """The last lines of standard error."""
        return tuple(self._stderr)

    async def close(self) -> None:
        """End the process group; see the head of this file."""
        process = self._process
        if process is None or self._closing:
            return
        self._closing = True
        self._gone = process.returncode is not None
        try:
            try:
                await self._end(process)
            finally:
                # Also when the wait above is itself interrupted: no process outlives the validator.
                _signal_group(process.pid, signal.SIGKILL)
            # What the server said last may still be in the pipes.
            await asyncio.wait(self._readers, timeout=_GRACE_FOR_PIPES)
        finally:
            for reader in self._readers:
                reader.cancel()
        outcomes = await asyncio.gather(*self._readers, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE_AFTER_SIGTERM)
        # Closes the pipes now and not when the loop is gone.
        transport = getattr(process, "_transport", None)
        if transport is not None:
            transport.close()
        for outcome in outcomes:
            # A mistake of ours, not of the server.
            if isinstance(outcome, Exception):
                raise outcome

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        started = self.journal.clock()
        by_itself = process.returncode is not None
        needed: signal.Signals | None = None
        if process.stdin is not None:
            process.stdin.close()
        # A server that floods or that passed a limit has shown enough; it gets no grace.
        steps = (None, signal.SIGTERM) if self.failure is None else (signal.SIGTERM,)
        for step, grace in zip(steps, (GRACE_AFTER_EOF, GRACE_AFTER_SIGTERM), strict=False):
            if step is not None:
                needed = step
                _signal_group(process.pid, step)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), grace)
                break
        else:
            needed = signal.SIGKILL
        if not by_itself and self.failure is None:
            now = self.journal.clock()
            self.journal.add(Ended(now, None if needed is None else needed.name, now - started))

    async def _read_stdout(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        buffer = bytearray()
        scanned = 0
        try:
            while chunk := await self._process.stdout.read(_CHUNK):
                self._counter.took_bytes(len(chunk))
                buffer += chunk
                while (end := buffer.find(b"\n", scanned)) >= 0:
                    line = bytes(buffer[:end])
                    del buffer[: end + 1]
                    scanned = 0
                    self._counter.holds(len(line))
                    self._take(line)
                scanned = len(buffer)
                self._counter.holds(scanned)
            # What our own ending of the process may have cut in two is no fault of the server.
            if not self._closing or self._gone:
                self._take(bytes(buffer))
        except LimitReached as reached:
            self.failure = reached
            self.journal.add(Closed(self.journal.clock(), str(reached)))
            return
        if not self._closing:
            self.journal.add(Closed(self.journal.clock(), await self._how_it_ended("output")))

    def _take(self, line: bytes) -> None:
        # A blank line is framing without a message: nothing that a reader could take for one.
        if line.strip():
            self._counter.took_frame()
            self.journal.add(read_frame(line, at=self.journal.clock(), stream="stdout"))

    async def _read_stderr(self) -> None:
        assert self._process is not None and self._process.stderr is not None
        rest = b""
        while chunk := await self._process.stderr.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines[-_KEPT_LINES:]:
                self._keep(line)
            rest = rest[-_KEPT_WIDTH * 4 :]
        self._keep(rest)

    def _keep(self, line: bytes) -> None:
        text = line.decode("utf-8", "backslashreplace").rstrip()
        if text:
            self._stderr.append(text[:_KEPT_WIDTH])

    async def _how_it_ended(self, closed: Literal["input", "output"]) -> str:
        assert self._process is not None
        # A pipe may close a moment before the process is gone, and on a busy machine well before.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), _GRACE_FOR_EXIT)
        code = self._process.returncode
        if code is None:
            return f"the server closed its standard {closed}"
        if code < 0:
            return f"the server was ended by signal {-code}"
        return f"the server exited with status {code}"


def _signal_group(leader: int, which: signal.Signals) -> None:
    # The leader may be gone while members of its group live on; a group without members does not exist.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, which)
