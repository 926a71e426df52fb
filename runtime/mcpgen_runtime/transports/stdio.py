"""The stdio transport: one client, which started this process and speaks to it over its standard streams.

Nothing but messages goes to standard output: while it is served, `print`, C libraries and child processes
write to standard error instead, and read an empty standard input.

The server ends when its input does, when nobody reads its output, or when its parent is gone. That last
one matters where a brother process still holds the other end of the input. It is noticed by asking for the
parent now and then: Linux could send a signal instead (PR_SET_PDEATHSIG), but does so already when the
parent's thread ends that started us, and other systems have no such thing.

Spec page: 2026-07-28 basic/transports/stdio; basic/transports ("stdio") of the other revisions.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from types import TracebackType
from typing import Any, ClassVar, TextIO

from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.descriptors import DescriptorTransport
from mcpgen_runtime.transports.living import living
from mcpgen_runtime.transports.stream import Stream, Streams, log

_INPUT, _OUTPUT, _ERROR = 0, 1, 2
_PARENT_SECONDS = 2.0


class StandardStreams:
    """This process's standard input and output, out of everybody else's reach: a context manager.

    Inside, `input` and `output` are the descriptors of the real ones.
    """

    def __init__(self) -> None:
        self.input = self.output = -1
        self._stdout: TextIO | Any = None

    def __enter__(self) -> StandardStreams:
        """Take them. Raises `OSError` where one is closed."""
        for descriptor in (_INPUT, _OUTPUT):
            os.fstat(descriptor)
        self._stdout = sys.stdout
        _flush(self._stdout)
        _open_to_nothing(_ERROR)
        self.input = os.dup(_INPUT)
        self.output = os.dup(_OUTPUT)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, _INPUT)
        os.close(nothing)
        os.dup2(_ERROR, _OUTPUT)
        sys.stdout = sys.stderr
        return self

    def __exit__(self, kind: type[BaseException] | None, value: Any, trace: TracebackType | None) -> None:
        """Give them back."""
        # What was printed meanwhile by way of the old object is none of the client's business.
        _flush(self._stdout)
        sys.stdout = self._stdout
        for own, standard in ((self.input, _INPUT), (self.output, _OUTPUT)):
            os.dup2(own, standard)
            os.close(own)


class StdioAdapter:
    """Serves the client at the other end of standard input and output, once.

    `streams` is for who has taken them before, to load a server that might print as it is loaded.
    `listening` is called once it reads.
    """

    name: ClassVar[str] = "stdio"

    def __init__(
        self, *, streams: StandardStreams | None = None, listening: Callable[[str], object] | None = None
    ) -> None:
        self._config = TransportConfig()
        self._taken = streams
        self._listening = listening

    def configure(self, config: TransportConfig) -> None:
        """See `TransportAdapter.configure`."""
        self._config = config

    async def serve(self, handler: ProtocolHandler) -> None:
        """See `TransportAdapter.serve`."""
        loop = asyncio.get_running_loop()
        with StandardStreams() if self._taken is None else nullcontext(self._taken) as standard:
            async with living(handler):
                streams = Streams(handler, self._config, transport=self.name, patient=True)
                stream = streams.stream()
                parent = _Parent(loop, stream)
                try:
                    DescriptorTransport(loop, stream, standard.input, standard.output)
                    if self._listening is not None:
                        self._listening("standard input and output")
                    await streams.wait()
                finally:
                    parent.forget()
                    await streams.close()


class _Parent:
    """The process that started this one: when it is gone, `stream` is finished."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stream: Stream) -> None:
        self._loop = loop
        self._stream = stream
        self._id = os.getppid()
        self._timer = loop.call_later(_PARENT_SECONDS, self._look)

    def forget(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _look(self) -> None:
        if os.getppid() != self._id:
            log.warning("stdio: the process that started this server is gone")
            self._stream.finish()
        else:
            self._timer = self._loop.call_later(_PARENT_SECONDS, self._look)


def _open_to_nothing(descriptor: int) -> None:
    """Where it is closed: what is opened next must not take its place, for everybody writes there."""
    try:
        os.fstat(descriptor)
    except OSError:
        opened = os.open(os.devnull, os.O_WRONLY)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)


def _flush(stream: Any) -> None:
    if stream is not None and not stream.closed:
        stream.flush()
