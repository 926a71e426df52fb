"""Transports over one stream of bytes in each direction, a message a line.

Spec pages: basic/transports ("stdio"); 2026-07-28 basic/transports/stdio, which says to reuse this framing
on sockets and pipes.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from mcpgen_runtime import json_text
from mcpgen_runtime.client.errors import ClientError, LimitPassed, ServerGone
from mcpgen_runtime.client.transport import Deliver, Frame, Gone, Transport
from mcpgen_runtime.framing import LineSplitter
from mcpgen_runtime.limits import Limits

CHUNK = 64 * 1024


class LineTransport(Transport):
    """What the transports over one stream share; each says how it connects, reads, writes and hangs up."""

    def __init__(self, *, limits: Limits | None = None) -> None:
        super().__init__(limits=limits)
        #: What ended the reading before the stream did.
        self.failure: ClientError | None = None
        self._reader: asyncio.Task[None] | None = None
        self._closing = False
        # Whether a line without an end may be one that we cut short ourselves.
        self._cut = False

    async def open(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._closing = self._cut = False
        self.failure = None
        await self._connect()
        self._reader = asyncio.create_task(self._read_all())

    async def send(
        self, message: Mapping[str, Any], *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        await self.send_frame(json_text.dumps(message), exchange=exchange)

    async def send_frame(
        self, data: bytes, *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        if self._reader is None or self._closing:
            raise ServerGone("the connection is closed")
        await self._write(data + b"\n")

    async def close(self) -> None:
        if self._reader is None or self._closing:
            return
        self._closing = self._cut = True
        try:
            await self._hang_up()
        finally:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader

    @abstractmethod
    async def _connect(self) -> None:
        """Reach the server. Raises `ConnectFailed`."""

    @abstractmethod
    async def _read(self) -> bytes:
        """The next bytes, b"" at the end. Raises `ServerGone` or `OSError` where the stream breaks."""

    @abstractmethod
    async def _write(self, data: bytes) -> None:
        """Write it all. Raises `ServerGone`."""

    @abstractmethod
    async def _hang_up(self) -> None:
        """End the connection politely."""

    async def _farewell(self) -> str:
        """How the end of the stream is to be told."""
        return "the server closed the connection"

    async def _read_all(self) -> None:
        try:
            ending = await self._read_lines()
        except LimitPassed as passed:
            self.failure = passed
            self._deliver(Gone(passed))
            return
        except Exception:
            # A mistake of ours, not of the server: nobody is to wait, and `close` raises it.
            self._deliver(Gone(ServerGone("the client itself failed")))
            raise
        if not self._closing:
            self._deliver(Gone(ServerGone(ending)))

    async def _read_lines(self) -> str:
        splitter = LineSplitter(self.limits.max_message_bytes)
        ending: str | None = None
        try:
            while chunk := await self._read():
                self._measure(len(chunk))
                for line in splitter.feed(chunk):
                    self._deliver(Frame(line))
                if splitter.refused:
                    raise self._too_long()
        except (ServerGone, OSError) as broken:
            ending = str(broken) or type(broken).__name__
        rest = splitter.end()
        if rest and not self._cut:
            self._deliver(Frame(rest))
        return ending or await self._farewell()
