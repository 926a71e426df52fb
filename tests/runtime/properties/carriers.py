"""How messages get to a server and back: by hand, without an event loop, or over the memory transport."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from mcpgen_runtime.connection import Connection
from mcpgen_runtime.host import Driver, Promise
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.memory import End, MemoryAdapter, pipe


class Carrier(Protocol):
    """One connection at a time to one server, and the server's time."""

    #: Whether what was delivered, or done in the server, only takes its course in `settle`.
    lazy: bool
    #: Whether a graceful end first lets calls in flight be answered.
    drains: bool

    def promise(self) -> Promise[Any]:
        """What a handler can wait for."""

    def connect(self, handler: ProtocolHandler) -> None:
        """Open a connection."""

    def deliver(self, messages: list[bytes]) -> None:
        """Hand over texts, in one piece."""

    def settle(self) -> None:
        """Let everything happen that can without time passing."""

    def advance(self, seconds: float) -> None:
        """Let time pass."""

    def taken(self) -> list[bytes]:
        """The texts that have come since the last time."""

    def close(self, *, graceful: bool) -> None:
        """End the connection."""

    def left_over(self) -> list[str]:
        """What of an ended connection is still there, in words."""

    def dispose(self) -> None:
        """Free what the carrier holds."""


class ByHand:
    """A `Connection` and a `Driver`, and nothing between."""

    lazy = True
    drains = False

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._driver = Driver()
        self._sent: list[bytes] = []
        self._connection: Connection
        self._idle = 0

    def promise(self) -> Promise[Any]:
        return self._driver.promise()

    def connect(self, handler: ProtocolHandler) -> None:
        self._connection = Connection(
            handler, self._driver, self._write, limits=self._limits, transport="memory"
        )
        self._connection.on_idle = self._idled

    def deliver(self, messages: list[bytes]) -> None:
        fitting = [text for text in messages if len(text) <= self._limits.max_message_bytes]
        if len(fitting) < len(messages):
            self._connection.refuse_oversized(len(messages) - len(fitting))
        if fitting:
            self._connection.receive(fitting)

    def settle(self) -> None:
        self._driver.run()

    def advance(self, seconds: float) -> None:
        self._driver.advance(seconds)

    def taken(self) -> list[bytes]:
        taken, self._sent = self._sent, []
        return taken

    def close(self, *, graceful: bool) -> None:
        self._connection.close(graceful=graceful)

    def left_over(self) -> list[str]:
        driver, connection = self._driver, self._connection
        left = [f"a timer at {due}" for due, _, timer in driver._timers if timer.callback is not None]
        left += [f"{connection.calls} calls"] if connection.calls else []
        left += ["a listen stream"] if connection._modern.listening else []
        left += ["a question"] if connection._session._questions else []
        return left

    @property
    def calls(self) -> int:
        """What the connection says is in flight."""
        return self._connection.calls

    def dispose(self) -> None:
        pass

    def _write(self, texts: list[bytes]) -> None:
        assert texts, "written to say nothing"
        self._sent += texts

    def _idled(self) -> None:
        assert self._connection.calls == 0, "idle with calls in flight"


class OverMemory:
    """A `MemoryAdapter` under asyncio, whose clock only moves when told to."""

    lazy = False
    drains = True

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._loop = _StillLoop()
        self._end: End
        self._serving: asyncio.Task[None] | None = None
        self._buffer = b""

    def promise(self) -> Promise[Any]:
        return self._loop.create_future()

    def connect(self, handler: ProtocolHandler) -> None:
        self._end, theirs = pipe()
        self._buffer = b""
        adapter = MemoryAdapter(theirs)
        adapter.configure(TransportConfig(limits=self._limits))
        self._serving = self._loop.create_task(adapter.serve(handler))
        self.settle()

    def deliver(self, messages: list[bytes]) -> None:
        data = b"".join(text + b"\n" for text in messages)
        middle = len(data) // 2  # of a character, if need be
        for part in (data[:middle], data[middle:]):
            self._loop.run_until_complete(self._end.send(part))

    def settle(self) -> None:
        self._loop.run_until_complete(_turns(40))

    def advance(self, seconds: float) -> None:
        # In steps, so that what is due is not done later than it should be.
        until = self._loop.now + seconds
        while self._loop.now < until:
            self._loop.now = min(until, self._loop.now + 0.5)
            self._loop.run_until_complete(_turns(3))

    def taken(self) -> list[bytes]:
        while self._end._chunks:
            self._buffer += self._loop.run_until_complete(self._end.receive())
        *texts, self._buffer = self._buffer.split(b"\n")
        return texts

    def close(self, *, graceful: bool) -> None:
        self.settle()
        if graceful:
            self._end.finish()
        else:
            self._end.close()

    def left_over(self) -> list[str]:
        assert self._serving is not None
        left = [] if self._serving.done() else ["the adapter serves"]
        others = asyncio.all_tasks(self._loop)
        return left + [f"a task: {task}" for task in others if not task.done()]

    def dispose(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self.settle()
        self._loop.close()


class _StillLoop(asyncio.SelectorEventLoop):
    """An event loop for which no time passes but what it is told of."""

    now = 0.0

    def time(self) -> float:
        return self.now


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
