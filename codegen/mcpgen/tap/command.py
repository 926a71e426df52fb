"""A command in the place of this process: its streams are this one's, and so are its signals and its end.

Each direction has a thread that reads and writes, and holds nothing: who reads slowly makes the other wait,
as without a tap. A stream that ends, on either side, ends on the other. Standard error is the command's.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

from mcpgen.tap.feed import Feed, Kind
from mcpgen.tap.settings import Settings
from mcpgen.tap.watching import watched

_CHUNK = 64 * 1024
_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCONT")
#: What a keyboard sends to everybody in the foreground.
_TYPED = {signal.SIGINT, signal.SIGQUIT}
#: How long a stream may be silent that somebody still holds open when the command is gone.
_SILENCE = 0.5


def run(command: Sequence[str], settings: Settings) -> int:
    """Run `command` between this process's streams, watched; its status.

    Raises `OSError` and `ValueError` where it cannot be started, as `subprocess` does.
    """
    feed = Feed()
    tapped = Tapped(
        client=lambda data: feed.put(Kind.CLIENT if data else Kind.CLIENT_END, 0, data),
        server=lambda data: feed.put(Kind.SERVER if data else Kind.SERVER_END, 0, data),
    )
    tapped.start(command)
    # Only now: the client waits for its server, and for nobody else.
    with watched(settings, feed):
        return tapped.wait()


class Tapped:
    """Runs one command between this process's standard input and output.

    `client` and `server` are told what either side wrote, before it is passed on, and b"" where its stream
    ended; they must neither wait nor raise.
    """

    def __init__(self, *, client: Callable[[bytes], None], server: Callable[[bytes], None]) -> None:
        self._client = client
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._last = time.monotonic()
        self._outward: threading.Thread | None = None

    def start(self, command: Sequence[str]) -> None:
        """Start the command. Raises `OSError` and `ValueError` as `subprocess` does."""
        # The real streams get numbers that nobody prints to or reads from by chance.
        outer_input, outer_output = _taken(0, os.O_RDONLY), _taken(1, os.O_WRONLY)
        for name in _PASSED_ON:
            number = getattr(signal, name)
            # What is ignored, as by nohup, the command ignores too.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._pass_on)
        its_input, to_write = os.pipe()
        to_read, its_output = os.pipe()
        process = subprocess.Popen(command, stdin=its_input, stdout=its_output)
        os.close(its_input)
        os.close(its_output)
        self._process = process
        for number in self._early:
            process.send_signal(number)
        inward = (outer_input, to_write, self._client)
        outward = (to_read, outer_output, self._server)
        threading.Thread(target=self._carry, args=inward, daemon=True).start()
        self._outward = threading.Thread(target=self._carry, args=outward, daemon=True)
        self._outward.start()

    def wait(self) -> int:
        """Wait for the command and the last of its output; its status, -n where signal n ended it."""
        assert self._process is not None and self._outward is not None
        status = self._process.wait()
        self._last = time.monotonic()
        # Something that it started may hold its output open for ever.
        while self._outward.is_alive() and time.monotonic() - self._last < _SILENCE:
            self._outward.join(0.05)
        return status

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        process = self._process
        if process is None:
            self._early.append(number)
        elif process.returncode is not None:
            # Who still waits here does not want to.
            os._exit(process.returncode if process.returncode >= 0 else 128 - process.returncode)
        elif not (number in _TYPED and _in_foreground()):
            process.send_signal(number)

    def _carry(self, source: int, sink: int, told: Callable[[bytes], None]) -> None:
        # A broken stream is one that ended.
        with contextlib.suppress(OSError):
            while chunk := _read(source):
                told(chunk)
                _write(sink, chunk)
                self._last = time.monotonic()
        told(b"")
        for descriptor in (sink, source):
            with contextlib.suppress(OSError):
                os.close(descriptor)


def end_as(status: int) -> int:
    """The exit code for a command's `status`; where a signal ended the command, it ends this process too."""
    if status >= 0:
        return status
    with contextlib.suppress(OSError, ValueError):
        # One core dump is enough.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        if -status not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
        time.sleep(0.1)
    return 128 - status


def _taken(descriptor: int, mode: int) -> int:
    """The stream that `descriptor` was, under another number; it is that of nothing now."""
    taken = os.dup(descriptor)
    nothing = os.open(os.devnull, mode)
    os.dup2(nothing, descriptor)
    os.close(nothing)
    return taken


def _in_foreground() -> bool:
    """Whether a keyboard signals this process's group, and with it the command."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _read(descriptor: int) -> bytes:
    while True:
        try:
            return os.read(descriptor, _CHUNK)
        except BlockingIOError:
            select.select([descriptor], [], [])


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
