"""Where a conversation is written down while it goes on: `mcpgen.transcript/1`, a line for each row."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from mcpgen.tap.rows import encoded
from mcpgen_runtime.testing.recorder import FORMAT

#: What a conversation that never ends may take of a disk.
LARGEST = 1024 * 1024 * 1024


class Record:
    """A file that grows. What goes wrong with it is told once, to `complain`, and ends the writing."""

    def __init__(self, path: Path, transport: str, complain: Callable[[str], None]) -> None:
        self.path = path
        self._complain = complain
        self._size = 0
        self._descriptor: int | None = None
        self._waiting: list[bytes] = []
        try:
            # What people say to their servers is nobody else's business.
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            self._failed(error)
        self.add(encoded({"format": FORMAT, "transport": transport}))

    @property
    def open(self) -> bool:
        """Whether it still grows."""
        return self._descriptor is not None

    def add(self, line: bytes) -> None:
        """Keep a line; `flush` writes it."""
        if self._descriptor is None:
            return
        self._size += len(line)
        if self._size > LARGEST:
            self.flush()
            self._end(f"the record ends: {self.path} has {LARGEST} bytes")
            return
        self._waiting.append(line)

    def flush(self) -> None:
        """Write what was kept, whole lines at a time."""
        if self._descriptor is None or not self._waiting:
            return
        rest = memoryview(b"".join(self._waiting))
        self._waiting.clear()
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        self._end(f"the record ends: {self.path}: {error.strerror or error}")

    def _end(self, why: str) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None
        self._waiting.clear()
        self._complain(why)


def nth(path: Path, number: int) -> Path:
    """Where the conversation of this number goes: the first to `path`, the second to `NAME-2.jsonl`, …"""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
