"""HTTP/1.1 as it passes: where each message begins and ends, with every byte kept (RFC 9112).

Nothing is refused here. What is no HTTP, or more of a head than anybody sends, makes the rest of its stream
`Opaque`: bytes that are passed on and not understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

_LARGEST_HEAD = 64 * 1024
_LONGEST_SIZE_LINE = 1024
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE = re.compile(rb"([!-~]+) ([!-~]+) HTTP/1\.[01]")
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})(?: .*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a message: its bytes, its first line and its headers, names in lower case."""

    raw: bytes
    start: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str | None:
        """The value of a header, of several the first; None where there is none."""
        return next((value for known, value in self.headers if known == name), None)

    def joined(self, name: str) -> str:
        """All values of a header that may stand several times."""
        return ", ".join(value for known, value in self.headers if known == name)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a body: its bytes, and what they say."""

    raw: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The message is complete."""

    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Opaque:
    """Bytes that are not understood, to the end of the stream."""

    raw: bytes


Event: TypeAlias = Head | Piece | End | Opaque


class Messages:
    """One direction of a connection: takes its bytes, gives events, whose `raw` together are those bytes.

    `answers` is given for responses: it says of a status which request it answers by that one's method. It
    is asked once for each head.
    """

    def __init__(self, *, answers: Callable[[int], str] | None = None) -> None:
        self._answers = answers
        self._held = b""
        self._read: Callable[[], Iterator[Event]] = self._head
        self._left = 0

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events that `data` completes."""
        self._held += data
        while self._held:
            before = len(self._held), self._read
            yield from self._read()
            if before == (len(self._held), self._read):
                return

    def end(self) -> Iterator[Event]:
        """The stream has ended."""
        rest, self._held = self._held, b""
        if rest:
            yield Opaque(rest)
        elif self._read == self._until_close:
            yield End()
        self._read = self._opaque

    def switch(self) -> None:
        """From here on another protocol is spoken."""
        self._read = self._opaque

    def _head(self) -> Iterator[Event]:
        # An empty line before a message is to be passed over.
        lead = len(self._held) - len(self._held.lstrip(b"\r\n"))
        found = _END_OF_HEAD.search(self._held, lead)
        if found is None:
            if len(self._held) > _LARGEST_HEAD:
                self._read = self._opaque
            return
        raw = self._held[: found.end()]
        head = _parsed(raw, self._held[lead : found.start()], response=self._answers is not None)
        if head is None:
            self._read = self._opaque
            return
        self._held = self._held[found.end() :]
        self._read = self._body_of(head)
        yield head
        if self._read == self._head:
            yield End()

    def _body_of(self, head: Head) -> Callable[[], Iterator[Event]]:
        chunked = head.joined("transfer-encoding").lower().endswith("chunked")
        length = head.header("content-length")
        if self._answers is not None:
            status = int(head.start[0])
            if status == 101:
                return self._opaque
            if self._answers(status) == "HEAD" or status < 200 or status in (204, 304):
                return self._head
            if not chunked and length is None:
                return self._until_close
        if chunked:
            return self._chunk
        if length is None:
            return self._head
        # Lists of equal lengths are as good as one.
        size = length.split(",")[0].strip()
        if not (size.isascii() and size.isdigit() and len(size) < 16):
            return self._opaque
        self._left = int(size)
        return self._sized if self._left else self._head

    def _sized(self) -> Iterator[Event]:
        raw = self._take()
        yield Piece(raw, raw)
        if not self._left:
            self._read = self._head
            yield End()

    def _until_close(self) -> Iterator[Event]:
        raw, self._held = self._held, b""
        yield Piece(raw, raw)

    def _chunk(self) -> Iterator[Event]:
        end = self._held.find(b"\n")
        if end < 0:
            if len(self._held) > _LONGEST_SIZE_LINE:
                self._read = self._opaque
            return
        digits = self._held[:end].split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", digits):
            self._read = self._opaque
            return
        raw, self._held = self._held[: end + 1], self._held[end + 1 :]
        self._left = int(digits, 16)
        self._read = self._chunk_data if self._left else self._trailers
        yield Piece(raw, b"")

    def _chunk_data(self) -> Iterator[Event]:
        raw = self._take()
        yield Piece(raw, raw)
        if not self._left:
            self._read = self._after_chunk

    def _after_chunk(self) -> Iterator[Event]:
        if self._held == b"\r":
            return
        size = 2 if self._held.startswith(b"\r\n") else 1 if self._held.startswith(b"\n") else 0
        if not size:
            self._read = self._opaque
            return
        raw, self._held = self._held[:size], self._held[size:]
        self._read = self._chunk
        yield Piece(raw, b"")

    def _trailers(self) -> Iterator[Event]:
        end = self._held.find(b"\n")
        if end < 0:
            if len(self._held) > _LARGEST_HEAD:
                self._read = self._opaque
            return
        raw, self._held = self._held[: end + 1], self._held[end + 1 :]
        if raw.strip():
            yield Piece(raw, b"")
            return
        self._read = self._head
        yield End(raw)

    def _opaque(self) -> Iterator[Event]:
        raw, self._held = self._held, b""
        yield Opaque(raw)

    def _take(self) -> bytes:
        raw, self._held = self._held[: self._left], self._held[self._left :]
        self._left -= len(raw)
        return raw


def _parsed(raw: bytes, text: bytes, *, response: bool) -> Head | None:
    first, *lines = re.split(rb"\r?\n", text)
    found = (_STATUS_LINE if response else _REQUEST_LINE).fullmatch(first)
    if found is None:
        return None
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        # Folded lines were given up by everybody long ago.
        if not colon or not re.fullmatch(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            return None
        headers.append((name.decode("ascii").lower(), value.strip(b" \t").decode("latin-1")))
    return Head(raw, tuple(part.decode("ascii") for part in found.groups()), tuple(headers))
