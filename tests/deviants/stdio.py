"""Deviants over stdio: where every line that goes out or comes in meets the mutation.

The process that the client starts is `relay.py`, nothing but a connection between its standard streams and
a Unix socket; who serves that socket is here, for any number of such processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.memory import End, MemoryAdapter, pipe

from .conforming import server
from .deviating import Deviant, encoded
from .tasked import Tasks

RELAY = Path(__file__).with_name("relay.py")


def command(socket: Path, name: str) -> tuple[str, ...]:
    """What starts the deviant `name` that is served at `socket`."""
    return (sys.executable, "-I", "-S", str(RELAY), str(socket), name)


async def serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deviant: Callable[[str], Deviant]
) -> None:
    """Be the server of one process; its first line names the deviant."""
    try:
        with contextlib.suppress(ConnectionError):
            name = (await reader.readline()).decode().strip()
            await live(reader, writer, deviant(name))
    finally:
        writer.close()


async def live(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deviant: Deviant) -> None:
    """Be `deviant` until the input ends."""
    await _Process(reader, writer, deviant).live()


class _Process:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deviant: Deviant) -> None:
        self._reader = reader
        self._writer = writer
        self._deviant = deviant
        self._asked: dict[Any, dict[str, Any]] = {}
        self._tasks = Tasks()
        self._waiting: set[asyncio.Future[None]] = set()

    async def live(self) -> None:
        mutation = self._deviant.mutation
        here, there = pipe()
        adapter = MemoryAdapter(there)
        adapter.configure(TransportConfig())
        serving = asyncio.ensure_future(adapter.serve(ServerCore(server())))
        giving = asyncio.ensure_future(self._give(here))
        try:
            while line := await self._reader.readline():
                await self._take(line, here)
            here.finish()
            await giving
            if mutation is not None and mutation.stays:
                # Until whoever started the process loses patience and ends it.
                await self._reader.read()
                await self._ended()
        finally:
            here.close()
            for each in (giving, *self._waiting):
                each.cancel()
            await self._tasks.close()
            await asyncio.gather(serving, giving, *self._waiting, return_exceptions=True)

    async def _ended(self) -> None:
        """Return when the process is gone, which only writing to it shows."""
        while True:
            await asyncio.sleep(0.05)
            self._writer.write(b"\n")
            await self._writer.drain()

    async def _take(self, line: bytes, here: End) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            unread = self._deviant.read(line)
            if unread is None:
                await here.send(line)
            else:
                await self._write(unread)
            return
        taken, answer = self._deviant.take(message, None)
        if answer is not None:
            await self._write(answer)
            return
        if isinstance(message, dict) and isinstance(message.get("id"), str | int) and "method" in message:
            self._asked[message["id"]] = message
        if not self._tasks.takes(taken):
            await here.send(encoded(taken) + b"\n")
        elif taken.get("method") == "tasks/result":
            waiting = asyncio.ensure_future(self._answer(taken))
            self._waiting.add(waiting)
            waiting.add_done_callback(self._waiting.discard)
        else:
            await self._answer(taken)

    async def _answer(self, message: dict[str, Any]) -> None:
        """Write what there is of tasks in answer to `message`."""
        async for each in self._tasks.answers(message):
            request = None if "method" in each else self._asked.get(message["id"])
            await self._write(self._deviant.give(each, request))

    async def _give(self, here: End) -> None:
        rest = b""
        while chunk := await here.receive():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                message = json.loads(line)
                answers = isinstance(message, dict) and "method" not in message
                request = self._asked.get(message.get("id")) if answers else None
                self._tasks.amend(message, request)
                await self._write(self._deviant.give(message, request))

    async def _write(self, frames: list[bytes]) -> None:
        for frame in frames:
            self._writer.write(frame + b"\n")
        await self._writer.drain()
