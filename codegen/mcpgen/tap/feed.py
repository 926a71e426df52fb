"""From the process that carries the bytes to the one that watches: copies, in the order in which they came.

Handing over never waits. What the watcher has not taken yet is held. Past a first bound it is told so, and
does no more than write it down; past a second the copies end, for what misses a part is no record either.
The traffic goes on.
"""

from __future__ import annotations

import os
import select
import struct
import threading
import time
from dataclasses import dataclass
from enum import Enum

_HEAD = struct.Struct("<cIdI")
#: How much may wait for a watcher that judges: what a server sends while it starts, or judges.
_JUDGED = 16 * 1024 * 1024
#: How much may wait at all.
_HELD = 64 * 1024 * 1024
_CHUNK = 256 * 1024


class Kind(Enum):
    """What a copy is of."""

    OPENED = b"o"  #: a connection, with the client's address
    CLIENT = b"c"  #: bytes of the client
    SERVER = b"s"  #: bytes of the server
    CLIENT_END = b"C"
    SERVER_END = b"S"
    CLOSED = b"x"  #: a connection of which nothing more will come
    FORGET = b"f"  #: a connection that did not come about
    BEHIND = b"b"  #: much is waiting: there is no time to judge
    LOST = b"!"  #: from here on there are no copies: the watcher was too slow


@dataclass(frozen=True, slots=True)
class Copy:
    """What passed, on which connection, and when (seconds, of a clock that never goes back)."""

    kind: Kind
    connection: int
    at: float
    data: bytes = b""


class Feed:
    """The end that the carrying process holds. Any thread may `put`, also before there is a watcher."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._held = 0
        self._over = False
        self._behind = False
        self._wake = threading.Condition()
        self._writer: threading.Thread | None = None

    def attach(self, descriptor: int) -> None:
        """Hand what there is, and what will be, to the watcher that reads from the pipe of `descriptor`."""
        self._writer = threading.Thread(target=self._write, args=(descriptor,), daemon=True)
        self._writer.start()

    def put(self, kind: Kind, connection: int, data: bytes = b"") -> None:
        """Hand over a copy. Returns at once, and raises nothing."""
        at = time.monotonic()
        with self._wake:
            if self._over:
                return
            if self._held + len(data) > _HELD:
                kind, data, self._over = Kind.LOST, b"", True
            elif self._held + len(data) > _JUDGED and not self._behind:
                # Before all that waits, for it is told while it judges.
                self._behind = True
                self._held += _HEAD.size
                self._parts.insert(0, _HEAD.pack(Kind.BEHIND.value, connection, at, 0))
            self._held += _HEAD.size + len(data)
            self._parts.append(_HEAD.pack(kind.value, connection, at, len(data)) + data)
            self._wake.notify()

    def close(self, timeout: float) -> None:
        """Hand over what there is, for so long, and end."""
        with self._wake:
            self._over = True
            self._wake.notify()
        if self._writer is not None:
            self._writer.join(timeout)

    def _write(self, descriptor: int) -> None:
        # Whatever goes wrong here ends the watching, and nothing else.
        try:
            while True:
                with self._wake:
                    while not self._parts and not self._over:
                        self._wake.wait()
                    parts, self._parts = self._parts, []
                if not parts:
                    break
                parts.reverse()
                while parts:
                    data = _some(parts)
                    _write_all(descriptor, data)
                    with self._wake:
                        self._held -= len(data)
                        self._behind = self._behind and self._held > _JUDGED // 2
        except OSError:
            pass
        finally:
            with self._wake:
                self._over = True
                self._parts.clear()


def _some(parts: list[bytes]) -> bytes:
    """The last of the parts, and those before it up to a chunk, taken out: what is written at once."""
    data = [parts.pop()]
    size = len(data[0])
    while parts and size + len(parts[-1]) <= _CHUNK:
        data.append(parts.pop())
        size += len(data[-1])
    return b"".join(data)


class Intake:
    """The end that the watcher holds."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""

    def take(self, timeout: float | None) -> list[Copy] | None:
        """What came, at the latest after `timeout` seconds, perhaps nothing; None where no more will."""
        if not select.select([self._descriptor], [], [], timeout)[0]:
            return []
        chunk = os.read(self._descriptor, _CHUNK)
        if not chunk:
            return None
        data = self._rest + chunk
        place, found = 0, []
        while place + _HEAD.size <= len(data):
            kind, connection, at, size = _HEAD.unpack_from(data, place)
            end = place + _HEAD.size + size
            if end > len(data):
                break
            found.append(Copy(Kind(kind), connection, at, data[place + _HEAD.size : end]))
            place = end
        self._rest = data[place:]
        return found


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
