"""The watcher's process, as the carrying one has it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mcpgen.tap.feed import Feed
from mcpgen.tap.settings import Settings
from mcpgen.tap.telling import tell

#: How long what was said last may take to be judged; a signal ends the waiting.
_PATIENCE = 10.0


@contextmanager
def watched(settings: Settings, feed: Feed) -> Iterator[None]:
    """A watcher of what `feed` is given, which has finished when this is left."""
    try:
        # -P: what lies in the current directory is none of its modules.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "mcpgen.tap.watcher", settings.written()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
    except OSError as error:
        tell(f"nothing is judged or recorded: {error}")
        yield
        return
    assert process.stdin is not None
    feed.attach(process.stdin.fileno())
    try:
        yield
    finally:
        until = time.monotonic() + _PATIENCE
        feed.close(_PATIENCE)
        with contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, until - time.monotonic()))
        if process.returncode:
            tell(f"the watcher ended with {process.returncode}: what came then was not judged or recorded")
