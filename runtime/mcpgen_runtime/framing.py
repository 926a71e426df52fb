"""From chunks of bytes to lines: the framing of stdio, and of the sockets and pipes that take it over.

One message is one line (basic/transports, "stdio"; basic/transports/stdio from 2026-07-28 on). Client and
server read with the same splitter.
"""

from __future__ import annotations


class LineSplitter:
    """Cuts a stream of bytes into lines, however it was chopped on its way.

    A line over `max_message_bytes` is passed over as it arrives and never held: it counts in `refused`,
    and the lines around it come as usual. Lines end in LF or CRLF (the CR counts as one of its bytes);
    those without any content are framing, not messages, and are left out.
    """

    __slots__ = ("_held", "_parts", "_passing", "max_message_bytes", "refused")

    def __init__(self, max_message_bytes: int) -> None:
        self.max_message_bytes = max_message_bytes
        #: How many lines were too long, so far. The reader may set it back to 0 once it has told its peer.
        self.refused = 0
        self._parts: list[bytes] = []
        self._held = 0
        self._passing = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` completes, without their ends."""
        # By far the most common: one message, whole and by itself.
        last = len(chunk) - 1
        if chunk.find(b"\n") == last < self.max_message_bytes and not self._held and not self._passing:
            line = chunk[:last].removesuffix(b"\r")
            return [line] if line and not line.isspace() else []
        if not self._held and not self._passing and chunk.isspace():
            # Nothing but line ends: there may be very many.
            return []
        lines = chunk.split(b"\n")
        rest = lines.pop()
        limit = self.max_message_bytes
        if lines:
            if self._held or self._passing:
                lines[0] = self._completed(lines[0])
            # No line is longer than what it was cut from: usually there is nothing to measure.
            if len(chunk) > limit:
                lines = self._short_enough(lines)
            if b"\r" in chunk:
                lines = [line.removesuffix(b"\r") for line in lines]
            lines = [line for line in lines if line and not line.isspace()]
        if rest and not self._passing:
            self._held += len(rest)
            if self._held > limit:
                self._pass_over()
            else:
                self._parts.append(rest)
        return lines

    def end(self) -> bytes:
        """What stands after the last line end: b"", or a line that its sender did not finish."""
        rest = b"".join(self._parts)
        self._parts.clear()
        self._held = 0
        self._passing = False
        return b"" if rest.isspace() else rest

    def _completed(self, tail: bytes) -> bytes:
        """The line whose beginning is held and that `tail` ends; b"" when it is too long."""
        if self._passing:
            self._passing = False
            return b""
        if self._held + len(tail) > self.max_message_bytes:
            self._pass_over()
            self._passing = False
            return b""
        self._parts.append(tail)
        line = b"".join(self._parts).removesuffix(b"\r")
        self._parts.clear()
        self._held = 0
        return line

    def _short_enough(self, lines: list[bytes]) -> list[bytes]:
        kept = [line for line in lines if len(line) <= self.max_message_bytes]
        self.refused += len(lines) - len(kept)
        return kept

    def _pass_over(self) -> None:
        self.refused += 1
        self._passing = True
        self._held = 0
        self._parts.clear()
