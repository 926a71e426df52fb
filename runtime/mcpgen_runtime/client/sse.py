"""Server-sent events, read incrementally from bytes (WHATWG HTML, "Server-sent events")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `data` is bytes, for whether it is UTF-8 is for others to judge."""

    kind: str
    data: bytes
    id: str | None
    retry: int | None


class EventReader:
    """Takes chunks, gives events. `buffered` is how much of an unfinished event is held."""

    def __init__(self) -> None:
        self._rest = b""
        self._begun = False
        self._after_cr = False
        self._size = 0
        self._reset()

    @property
    def buffered(self) -> int:
        """Bytes held for the event that is not complete yet."""
        return len(self._rest) + self._size

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that `chunk` completes."""
        if not chunk:
            # Whether a CR stands before what comes next is still to be known.
            return
        if not self._begun:
            chunk, self._rest = self._rest + chunk, b""
            if len(chunk) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(chunk):
                self._rest = chunk
                return
            # One at the very beginning is no part of the stream.
            chunk = chunk.removeprefix(_BYTE_ORDER_MARK)
            self._begun = True
        # CR, LF and CRLF all end a line; a CRLF may be cut in two by the chunks.
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        *lines, self._rest = (self._rest + chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            event = self._line(line)
            if event is not None:
                yield event

    def _reset(self) -> None:
        self._kind = "message"
        self._data: list[bytes] = []
        self._id: str | None = None
        self._retry: int | None = None
        self._size = 0

    def _line(self, line: bytes) -> Event | None:
        if not line:
            event = Event(self._kind, b"\n".join(self._data), self._id, self._retry)
            seen = bool(self._data) or self._id is not None or self._retry is not None
            self._reset()
            return event if seen else None
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        self._size += len(line)
        match name:
            case b"data":
                self._data.append(value)
            case b"event":
                self._kind = value.decode("utf-8", "replace")
            case b"id" if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
            case b"retry" if value.isdigit() and len(value) < 10:
                self._retry = int(value)
            case _:
                pass
        return None
