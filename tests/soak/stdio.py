"""Load and faults over stdio: a client that stays, and clients that come and go."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import tempfile
from contextlib import suppress
from typing import IO, Any

from ..bench.serving import messages
from .ledger import Check, Ledger, any_result, error_is, text_is
from .serving import MAX_MESSAGE_BYTES, ended, start

#: How many calls may wait at the server at once: fewer than its limit.
_MOST_WAITING = 60


class Client:
    """A server's process, its pipes and its ledger."""

    def __init__(
        self, process: asyncio.subprocess.Process, log: IO[bytes], ledger: Ledger, revision: str
    ) -> None:
        assert process.stdin is not None and process.stdout is not None
        self.process = process
        self.pid = process.pid
        self.ledger = ledger
        self._log = log
        self._revision = revision
        self._input = process.stdin
        self._output = process.stdout
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._sleepers: set[int] = set()
        self._reader = asyncio.ensure_future(self._read())

    @classmethod
    async def start(cls, target: str, ledger: Ledger, revision: str) -> Client:
        """Start a server, and open it for the era of `revision`."""
        log = tempfile.TemporaryFile()  # noqa: SIM115  # it goes with the client
        pipe = asyncio.subprocess.PIPE
        client = cls(await start(target, "--stdio", log=log, stdin=pipe, stdout=pipe), log, ledger, revision)
        if revision == messages.LEGACY:
            id = ledger.ask("initialize", any_result)
            opening = messages.initialize().replace(b'"init"', b"%d" % id)
            await client._send(opening, messages.INITIALIZED)
            await client.settle(30)
        return client

    # What it does, one after the other, in any order.

    async def step(self, chance: random.Random) -> None:
        """One thing out of many."""
        doings = (
            (40, self._burst),
            (20, self._mixed),
            (8, self._sleep),
            (8, self._cancel),
            (8, self._garbage),
            (4, self._oversized),
            (3, self._read_slowly),
        )
        weights, actions = zip(*doings, strict=True)
        await chance.choices(actions, weights)[0](chance)

    async def _burst(self, chance: random.Random) -> None:
        calls = [self._echo(chance) for _ in range(chance.randrange(1, 60))]
        data = b"\n".join((*calls, b""))
        # However it is cut on its way.
        for _ in range(chance.choice((0, 0, 1, 3))):
            cut = chance.randrange(len(data))
            self._input.write(data[:cut])
            await self._input.drain()
            await asyncio.sleep(0)
            data = data[cut:]
        self._input.write(data)
        await self._input.drain()

    async def _mixed(self, chance: random.Random) -> None:
        count = chance.randrange(1, 8)
        await self._send(
            self._call("steps", {"count": count}, progress(self.ledger, count), progress=True),
            self._call("fail", {}, error_is(-32603)),
            self._call("nothing", {}, error_is(-32602)),
            self._call("flood", {"bytes": 10_000}, text_is("x" * 10_000)),
            self._request("nothing/known", "unknown method", error_is(-32601)),
            self._request("tools/list", "tools/list", any_result),
        )

    async def _sleep(self, chance: random.Random) -> None:
        self._sleepers = {id for id in self._sleepers if self.ledger.is_open(id)}
        for _ in range(chance.randrange(1, 8)):
            if len(self._sleepers) < _MOST_WAITING:
                await self._send(self._wait(chance.random() / 5))

    async def _cancel(self, chance: random.Random) -> None:
        # One that would wait for long must stay silent; one that is about to end may just have been.
        long = self._wait(600)
        short = self._wait(0.01)
        await self._send(long, short)
        await asyncio.sleep(chance.random() / 40)
        for call, ends in ((long, False), (short, True)):
            id = json.loads(call)["id"]
            if ends:
                self.ledger.excuse(id)
            else:
                self.ledger.silence(id)
            self.ledger.done["cancelled over stdio"] += 1
            cancelled = {
                "jsonrpc": "2.0",
                "method": "notifications/cancelled",
                "params": {"requestId": id, "reason": "soak"},
            }
            await self._send(json.dumps(cancelled).encode())

    async def _garbage(self, chance: random.Random) -> None:
        garbage = (
            b"{",
            b"\xff\xfe",
            b"nonsense",
            b'{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}',
            b'{"jsonrpc":"2.0"}',
            b"[]",
            b"[" * 1000,
        )
        self.ledger.provoke("garbage")
        await self._send(chance.choice(garbage))

    async def _oversized(self, chance: random.Random) -> None:
        self.ledger.provoke("oversized message")
        await self._send(b"x" * (MAX_MESSAGE_BYTES + chance.randrange(1, 100_000)))

    async def _read_slowly(self, chance: random.Random) -> None:
        """Read nothing for a while, though much is on its way: less than would cut us off."""
        self.ledger.done["slow reading"] += 1
        self._may_read.clear()
        calls = [self._call("flood", {"bytes": 50_000}, text_is("x" * 50_000)) for _ in range(20)]
        writing = asyncio.ensure_future(self._send(*calls))
        await asyncio.sleep(0.3)
        self._may_read.set()
        await writing

    async def visit(self, chance: random.Random, patience: float) -> None:
        """Call a little, and leave badly."""
        try:
            await self._burst(chance)
            await self._mixed(chance)
            await self.settle(patience)
            await self._leave(chance)
        except ConnectionError as error:
            self.ledger.complain(f"it is gone: {error!r}")
        await self._exit(patience)
        self.ledger.close()

    # How it ends.

    async def settle(self, seconds: float) -> None:
        """Wait until everything that is due has come, `seconds` at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.ledger.waiting and not self._reader.done():
                    await asyncio.sleep(0.01)

    async def end(self, seconds: float) -> None:
        """Close its input: what waits is answered, and it exits with 0."""
        self._input.close()
        await self._exit(seconds)
        self.ledger.close()

    async def _leave(self, chance: random.Random) -> None:
        """End with calls in flight, in one of the ways in which clients do."""
        waiting = [self._wait(0.05) for _ in range(5)]
        how = chance.choice(("end of input", "end inside a message", "output closed", "SIGTERM", "SIGINT"))
        self.ledger.done[how] += 1
        if how in ("SIGTERM", "SIGINT"):
            # Those that were read are answered; once this one is, they all were.
            await self._send(*waiting, self._call("echo", {"text": "read"}, text_is("read")))
            while self.ledger.open_requests > len(waiting) and not self._reader.done():
                await asyncio.sleep(0.002)
            self.process.send_signal(signal.SIGTERM if how == "SIGTERM" else signal.SIGINT)
        elif how == "end inside a message":
            await self._send(*waiting)
            self.ledger.provoke("cut message")
            self._input.write(self._echo(chance, excused=True)[:40])
            await self._input.drain()
            self._input.close()
        elif how == "output closed":
            for id in self._ids(waiting):
                self.ledger.excuse(id)
            await self._send(*waiting)
            self._reader.cancel()
            transport = self.process._transport  # type: ignore[attr-defined]  # asyncio offers no other way
            transport.get_pipe_transport(1).close()
        else:
            await self._send(*waiting)
            self._input.close()

    async def _exit(self, seconds: float) -> None:
        wrong = await ended(self.process, log=self._log, seconds=seconds)
        if wrong is not None:
            self.ledger.complain(wrong)
        self._log.close()
        with suppress(asyncio.CancelledError, ConnectionError):
            await self._reader

    # What is sent.

    def _ids(self, calls: list[bytes]) -> list[int]:
        return [json.loads(call)["id"] for call in calls]

    def _echo(self, chance: random.Random, *, excused: bool = False) -> bytes:
        text = "é" * chance.randrange(1, 200)
        call = self._call("echo", {"text": text}, text_is(text))
        if excused:
            self.ledger.excuse(json.loads(call)["id"])
        return call

    def _wait(self, seconds: float) -> bytes:
        call = self._call("wait", {"seconds": seconds}, text_is("waited"))
        self._sleepers.add(json.loads(call)["id"])
        return call

    def _call(self, tool: str, arguments: dict[str, Any], check: Check, *, progress: bool = False) -> bytes:
        return self._request(
            "tools/call", tool, check, {"name": tool, "arguments": arguments}, progress=progress
        )

    def _request(
        self,
        method: str,
        kind: str,
        check: Check,
        params: dict[str, Any] | None = None,
        *,
        progress: bool = False,
    ) -> bytes:
        id = self.ledger.ask(kind, check)
        return request(self._revision, id, method, params, progress=progress)

    async def _send(self, *lines: bytes) -> None:
        self._input.write(b"\n".join((*lines, b"")))
        await self._input.drain()

    async def _read(self) -> None:
        rest = b""
        while data := await self._output.read(1 << 16):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self.ledger.hear(json.loads(line))
            await self._may_read.wait()
        if rest:
            self.ledger.complain(f"its output ended inside a message: {rest[:100]!r}")


def request(
    revision: str, id: int, method: str, params: dict[str, Any] | None = None, *, progress: bool = False
) -> bytes:
    """A request as one line; with `progress` it asks for notifications, by its id as the token."""
    text = messages.request(revision, id, method, params)
    if progress:
        message = json.loads(text)
        message["params"].setdefault("_meta", {})["progressToken"] = id
        text = json.dumps(message).encode()
    return text


def progress(ledger: Ledger, count: int) -> Check:
    """The answer comes after so many progress notifications."""

    def check(answer: dict[str, Any]) -> str | None:
        heard = ledger.progress_of(answer["id"])
        return text_is("done")(answer) or (
            None if heard == count else f"progress told {heard} of {count} times"
        )

    return check
