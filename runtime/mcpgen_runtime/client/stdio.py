"""The stdio transport: a server as a child process, one message a line.

The child leads a process group of its own, so that ending it ends whatever it started (`npx` starts a
shell that starts node). Shutdown goes as the specification advises: close standard input, wait, SIGTERM,
wait, SIGKILL; and at last SIGKILL to whatever is left of the group.

Spec page: 2026-07-28 basic/transports/stdio.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from mcpgen_runtime.client.errors import ConnectFailed, ServerGone
from mcpgen_runtime.client.lines import CHUNK, LineTransport
from mcpgen_runtime.client.transport import Ended
from mcpgen_runtime.limits import Limits

_KEPT_LINES = 20
_KEPT_WIDTH = 400
# How long what a server wrote before its end may take to arrive.
_GRACE_FOR_PIPES = 0.5
# How long a server that closed a pipe may take to exit before it counts as one that lives on.
_GRACE_FOR_EXIT = 2.0


def _pass_on(line: str) -> None:
    # A standard error that is not there (None), closed or broken is no reason to leave the server unread.
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(line, file=sys.stderr, flush=True)


class StdioTransport(LineTransport):
    """Starts `command` and speaks to it over its standard streams.

    `command` is a list of words. `env` is added to this process's environment. `on_stderr` is called with
    each line that the server writes to its standard error: by default it goes to that of this process, with
    None nowhere. A server has `eof_seconds` to end after its input is closed, and `sigterm_seconds` after
    SIGTERM. Raises `TypeError` for a command in one string.
    """

    name: ClassVar[str] = "stdio"

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | Path | None = None,
        on_stderr: Callable[[str], object] | None = _pass_on,
        limits: Limits | None = None,
        eof_seconds: float = 2.0,
        sigterm_seconds: float = 1.0,
    ) -> None:
        super().__init__(limits=limits)
        if isinstance(command, str):  # which is a sequence of words, too, of one letter each
            raise TypeError(f"a command is a list of words: shlex.split({command!r})")
        self.command = tuple(command)
        self._env = {**os.environ, **(env or {})}
        self._cwd = cwd
        self._on_stderr = on_stderr
        self._patience = (eof_seconds, sigterm_seconds)
        self._process: asyncio.subprocess.Process | None = None
        self._stderr_reader: asyncio.Task[None] | None = None
        self._stderr: deque[str] = deque(maxlen=_KEPT_LINES)

    def last_words(self) -> tuple[str, ...]:
        """The last lines of standard error."""
        return tuple(self._stderr)

    async def close(self) -> None:
        """End the process group; see the head of this file."""
        process = self._process
        if process is None or self._closing:
            return
        self._closing = True
        # A process that was gone before was cut short by nobody.
        self._cut = process.returncode is None
        readers = [task for task in (self._reader, self._stderr_reader) if task is not None]
        try:
            try:
                await self._hang_up()
            finally:
                # Also when the wait above is itself interrupted: no process outlives its transport.
                _signal_group(process.pid, signal.SIGKILL)
            # What the server said last may still be in the pipes.
            await asyncio.wait(readers, timeout=_GRACE_FOR_PIPES)
        finally:
            for reader in readers:
                reader.cancel()
        outcomes = await asyncio.gather(*readers, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), self._patience[1])
        # Closes the pipes now and not when the loop is gone.
        transport = getattr(process, "_transport", None)
        if transport is not None:
            transport.close()
        for outcome in outcomes:
            # A mistake of ours, not of the server.
            if isinstance(outcome, Exception):
                raise outcome

    async def _connect(self) -> None:
        self._stderr.clear()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise ConnectFailed(f"cannot start {self.command[0]!r}: {error}") from error
        self._stderr_reader = asyncio.create_task(self._read_stderr())

    async def _read(self) -> bytes:
        assert self._process is not None and self._process.stdout is not None
        return await self._process.stdout.read(CHUNK)

    async def _write(self, data: bytes) -> None:
        assert self._process is not None and self._process.stdin is not None
        stdin = self._process.stdin
        if not stdin.is_closing():
            try:
                stdin.write(data)
                await stdin.drain()
            except (BrokenPipeError, ConnectionResetError):
                pass
            else:
                return
        raise ServerGone(await self._how_it_ended("input"))

    async def _hang_up(self) -> None:
        """Close its input and wait; then insist."""
        process = self._process
        assert process is not None and process.stdin is not None
        loop = asyncio.get_running_loop()
        started = loop.time()
        by_itself = process.returncode is not None
        needed: signal.Signals | None = None
        process.stdin.close()
        # A server that floods or that passed a limit has shown enough; it gets no grace.
        steps = (None, signal.SIGTERM) if self.failure is None else (signal.SIGTERM,)
        for step, grace in zip(steps, self._patience, strict=False):
            if step is not None:
                needed = step
                _signal_group(process.pid, step)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), grace)
                break
        else:
            needed = signal.SIGKILL
        if not by_itself and self.failure is None:
            self._deliver(Ended(None if needed is None else needed.name, loop.time() - started))

    async def _farewell(self) -> str:
        return "" if self._closing else await self._how_it_ended("output")

    async def _read_stderr(self) -> None:
        assert self._process is not None and self._process.stderr is not None
        rest = b""
        while chunk := await self._process.stderr.read(CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines if self._on_stderr is not None else lines[-_KEPT_LINES:]:
                self._keep(line)
            rest = rest[-_KEPT_WIDTH * 4 :]
        self._keep(rest)

    def _keep(self, line: bytes) -> None:
        text = line.decode("utf-8", "backslashreplace").rstrip()
        if text:
            self._stderr.append(text[:_KEPT_WIDTH])
            if self._on_stderr is not None:
                self._on_stderr(text)

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
