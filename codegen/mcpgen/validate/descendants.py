"""No process outlives a run, not even one that left its parent's process group.

A group is killed with one signal, but a process that made a session of its own is in none of ours, and when
its parent dies it is handed to init, where nobody knows it. On Linux a process can ask to be handed such
orphans itself (prctl(2), PR_SET_CHILD_SUBREAPER); then they are among its descendants, and /proc tells which
those are. Elsewhere nothing is done here.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_SET_CHILD_SUBREAPER = 36
_GET_CHILD_SUBREAPER = 37
# How long killed processes may take to be gone, and new ones, forked meanwhile, to be found.
_PATIENCE = 2.0


@contextlib.contextmanager
def descendants_ended() -> Iterator[None]:
    """Adopt what the body's processes leave behind, and end it; children from before are left alone."""
    if not sys.platform.startswith("linux"):
        yield
        return
    before = _children_of(os.getpid())
    earlier = _adopt(True)
    try:
        yield
    finally:
        _end_all_but(before)
        _adopt(earlier)


def _adopt(wanted: bool) -> bool:
    """Have orphaned descendants handed to this process, or not; return whether they were so far."""
    call = ctypes.CDLL(None).prctl
    earlier = ctypes.c_int(0)
    call(_GET_CHILD_SUBREAPER, ctypes.byref(earlier), 0, 0, 0)
    call(_SET_CHILD_SUBREAPER, ctypes.c_ulong(wanted), 0, 0, 0)
    return bool(earlier.value)


def _end_all_but(spared: set[int]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while (doomed := _descendants_but(spared)) and time.monotonic() < deadline:
        for process in doomed:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        for process in _children_of(os.getpid()) - spared:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process, os.WNOHANG)
        time.sleep(0.005)


def _descendants_but(spared: set[int]) -> set[int]:
    parents = _parents()
    found: set[int] = set()
    level = {os.getpid()}
    while level := {child for child, parent in parents.items() if parent in level} - spared - found:
        found |= level
    return found


def _children_of(parent: int) -> set[int]:
    return {child for child, its_parent in _parents().items() if its_parent == parent}


def _parents() -> dict[int, int]:
    """Of every process that /proc shows, its parent."""
    parents: dict[int, int] = {}
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name stands in brackets and may hold anything; after it come the state and the parent.
            fields = (directory / "stat").read_bytes().rpartition(b")")[2].split()
            parents[int(directory.name)] = int(fields[1])
    return parents
