"""Load and faults over Streamable HTTP: clients of both eras at one server."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from ..bench.serving import messages
from .ledger import Check, Ledger, any_result, error_is, text_is
from .serving import MAX_MESSAGE_BYTES, WRITE_SECONDS
from .stdio import progress, request

_GONE = (ConnectionError, asyncio.IncompleteReadError)


class Wire:
    """One connection: requests as bytes, responses as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def response(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and whole body of the next response."""
        status, headers = await self.head()
        if "content-length" in headers:
            return status, headers, await self.reader.readexactly(int(headers["content-length"]))
        body = [part async for part in self.parts()] if "transfer-encoding" in headers else []
        return status, headers, b"".join(body)

    async def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the next response."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}

    async def parts(self) -> AsyncIterator[bytes]:
        """The chunks of a body of unknown length."""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            yield (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readexactly(2)

    def cut(self) -> None:
        """End the connection at once, as a network does."""
        self.writer.transport.abort()


class Client:
    """One client of one era; it opens connections, and sessions, as it needs them."""

    def __init__(self, port: int, ledger: Ledger, revision: str, patience: float) -> None:
        self.ledger = ledger
        self._port = port
        self._revision = revision
        self._patience = patience
        self._session: str | None = None

    async def step(self, chance: random.Random) -> None:
        """One thing out of many. What the server fails at is in the ledger."""
        doings = (
            (40, self._calls),
            (12, self._mixed),
            (6, self._cut_while_waiting),
            (4, self._cut_inside_a_message),
            (4, self._cut_inside_a_stream),
            (4, self._listen),
            (4, self._garbage),
            (2, self._oversized),
            (2, self._read_slowly),
            (1, self._read_nothing),
            *([(5, self._cancel), (3, self._leave_session)] if self._revision == messages.LEGACY else []),
        )
        weights, actions = zip(*doings, strict=True)
        action = chance.choices(actions, weights)[0]
        try:
            async with asyncio.timeout(self._patience):
                if self._revision == messages.LEGACY and self._session is None:
                    await self._open_session()
                await action(chance)
        except TimeoutError:
            self.ledger.complain(f"no end of {action.__name__.strip('_')} within {self._patience:g} s")
        except _GONE as error:
            self.ledger.complain(f"{action.__name__.strip('_')}: the connection was closed: {error!r}")

    async def close(self) -> None:
        """Leave nothing behind."""
        if self._session is not None:
            await self._delete()

    # What it does.

    async def _calls(self, chance: random.Random) -> None:
        async with self._wire() as wire:
            for _ in range(chance.randrange(1, 30)):
                text = "é" * chance.randrange(1, 200)
                await self._call(wire, "echo", {"text": text}, text_is(text))

    async def _mixed(self, chance: random.Random) -> None:
        count = chance.randrange(1, 8)
        async with self._wire() as wire:
            await self._call(wire, "steps", {"count": count}, progress(self.ledger, count), progress=True)
            await self._call(wire, "fail", {}, error_is(-32603))
            await self._call(wire, "nothing", {}, error_is(-32602))
            await self._call(wire, "flood", {"bytes": 10_000}, text_is("x" * 10_000))
            await self._call(wire, "wait", {"seconds": chance.random() / 5}, text_is("waited"))
            await self._ask(wire, "tools/list", "tools/list", any_result)

    async def _cut_while_waiting(self, chance: random.Random) -> None:
        async with self._wire() as wire:
            # In a session a call goes on for whoever comes back; it must not outlast the soak.
            id = self._send(wire, "wait", {"seconds": 1}, text_is("waited"))
            await asyncio.sleep(chance.random() / 20)
            self._excuse(id, "connection cut while waiting")
            wire.cut()

    async def _cut_inside_a_message(self, chance: random.Random) -> None:
        async with self._wire() as wire:
            text, id = self._message("tools/call", "echo", any_result, {"name": "echo", "arguments": {}})
            data = self._post(text, "tools/call", "echo")
            self._excuse(id, "connection cut inside a message")
            wire.writer.write(data[: chance.randrange(1, len(data) - 1)])
            await wire.writer.drain()
            wire.cut()

    async def _cut_inside_a_stream(self, chance: random.Random) -> None:
        async with self._wire() as wire:
            id = self._send(wire, "steps", {"count": 50}, any_result, progress=True)
            await wire.head()
            self._excuse(id, "connection cut inside a stream")
            wire.cut()

    async def _listen(self, chance: random.Random) -> None:
        """Open a stream, hear of a change, and cut it."""
        async with self._wire() as stream, self._wire() as wire:
            self.ledger.done["listening"] += 1
            if self._revision == messages.LEGACY:
                stream.writer.write(self._head("GET", None, None))
            else:
                params = {"notifications": {"toolsListChanged": True}}
                text, id = self._message("subscriptions/listen", "listen", any_result, params)
                self.ledger.silence(id)
                stream.writer.write(self._post(text, "subscriptions/listen"))
            status, _ = await stream.head()
            if status != 200:
                self.ledger.complain(f"a stream was refused with {status}")
                return
            if self._revision == messages.MODERN:
                await self._hears(stream, b"acknowledged")
            await self._call(wire, "change", {}, text_is("changed"))
            await self._hears(stream, b"notifications/tools/list_changed")
            stream.cut()

    async def _hears(self, stream: Wire, what: bytes) -> None:
        async for part in stream.parts():
            if what in part:
                return
        self.ledger.complain(f"a stream ended without {what.decode()}")

    async def _garbage(self, chance: random.Random) -> None:
        async with self._wire() as wire:
            body = chance.choice((b"{", b"\xff\xfe", b"nonsense", b'{"jsonrpc":"2.0"}', b"[" * 1000))
            self.ledger.done["garbage"] += 1
            wire.writer.write(self._post(body, "tools/call", "echo"))
            status, _, text = await wire.response()
            if status != 400 or "error" not in json.loads(text):
                self.ledger.complain(f"{body[:20]!r} got {status} {text[:200]!r}")

    async def _oversized(self, chance: random.Random) -> None:
        async with self._wire() as wire:
            self.ledger.done["oversized message"] += 1
            body = b"x" * (MAX_MESSAGE_BYTES + chance.randrange(1, 100_000))
            wire.writer.write(self._post(body, "tools/call", "echo"))
            status, _, _ = await wire.response()
            if status != 413:
                self.ledger.complain(f"an oversized message got {status}")

    async def _read_slowly(self, chance: random.Random) -> None:
        async with self._wire() as wire:
            self.ledger.done["slow reading"] += 1
            id = self._send(wire, "flood", {"bytes": 2_000_000}, text_is("x" * 2_000_000))
            _, headers = await wire.head()
            body = b""
            for _ in range(4):
                body += await wire.reader.readexactly(int(headers["content-length"]) // 4)
                await asyncio.sleep(0.1)
            body += await wire.reader.readexactly(int(headers["content-length"]) - len(body))
            self._heard(id, body)

    async def _read_nothing(self, chance: random.Random) -> None:
        """Ask for more than fits into what lies between, and never read it: the server must cut us off."""
        async with self._wire() as wire:
            id = self._send(wire, "flood", {"bytes": 4_000_000}, any_result)
            self._excuse(id, "reading nothing")
            await asyncio.sleep(WRITE_SECONDS * chance.choice((0.2, 1.5)))
            wire.cut()

    async def _cancel(self, chance: random.Random) -> None:
        async with self._wire() as wire, self._wire() as other:
            id = self._send(wire, "wait", {"seconds": 600}, any_result)
            await asyncio.sleep(0.01 + chance.random() / 40)
            text = json.dumps(
                {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}
            )
            other.writer.write(self._post(text.encode(), "notifications/cancelled"))
            status, _, _ = await other.response()
            self.ledger.silence(id)
            self.ledger.done["cancelled over HTTP"] += 1
            _, _, body = await wire.response()
            if status != 202 or b'"result"' in body or b'"error"' in body:
                self.ledger.complain(f"cancelling {id}: {status}, then {body[:200]!r}")

    async def _leave_session(self, chance: random.Random) -> None:
        if chance.random() < 0.5:
            await self._delete()
        else:
            self.ledger.done["session abandoned"] += 1
        self._session = None

    async def _open_session(self) -> None:
        async with self._wire() as wire:
            id = self.ledger.ask("initialize", any_result)
            wire.writer.write(self._post(messages.initialize().replace(b'"init"', b"%d" % id), "initialize"))
            _, headers, body = await wire.response()
            self._heard(id, body)
            self._session = headers.get("mcp-session-id")
            wire.writer.write(self._post(messages.INITIALIZED, "notifications/initialized"))
            await wire.response()

    async def _delete(self) -> None:
        async with self._wire() as wire:
            self.ledger.done["session deleted"] += 1
            wire.writer.write(self._head("DELETE", None, None))
            status, _ = await wire.head()
            if status != 204:
                self.ledger.complain(f"DELETE got {status}")

    # A request and its answer.

    async def _call(
        self, wire: Wire, tool: str, arguments: dict[str, Any], check: Check, *, progress: bool = False
    ) -> None:
        id = self._send(wire, tool, arguments, check, progress=progress)
        await self._answer(wire, id)

    def _send(
        self, wire: Wire, tool: str, arguments: dict[str, Any], check: Check, *, progress: bool = False
    ) -> int:
        text, id = self._message(
            "tools/call", tool, check, {"name": tool, "arguments": arguments}, progress=progress
        )
        wire.writer.write(self._post(text, "tools/call", tool))
        return id

    async def _ask(self, wire: Wire, method: str, kind: str, check: Check) -> None:
        text, id = self._message(method, kind, check)
        wire.writer.write(self._post(text, method))
        await self._answer(wire, id)

    async def _answer(self, wire: Wire, id: int) -> None:
        _, headers, body = await wire.response()
        if headers.get("content-type", "").startswith("text/event-stream"):
            for line in body.split(b"\n"):
                if line.startswith(b"data: {"):
                    self.ledger.hear(json.loads(line[6:]))
            if self.ledger.is_open(id):
                self.ledger.complain(f"the stream of {id} ended without its answer")
        else:
            self._heard(id, body)

    def _heard(self, id: int, body: bytes) -> None:
        answer = json.loads(body)
        if answer.get("id") != id:
            self.ledger.complain(f"instead of the answer to {id} came {body[:300]!r}")
        self.ledger.hear(answer)

    def _excuse(self, id: int, kind: str) -> None:
        self.ledger.excuse(id)
        self.ledger.done[kind] += 1

    # Bytes.

    def _message(
        self,
        method: str,
        kind: str,
        check: Check,
        params: dict[str, Any] | None = None,
        *,
        progress: bool = False,
    ) -> tuple[bytes, int]:
        id = self.ledger.ask(kind, check)
        return request(self._revision, id, method, params, progress=progress), id

    def _post(self, body: bytes, method: str, name: str | None = None) -> bytes:
        return self._head("POST", method, name, len(body)) + body

    def _head(self, verb: str, method: str | None, name: str | None, length: int | None = None) -> bytes:
        headers = messages.headers(self._revision, method or "", name, self._session)
        lines = [f"{verb} /mcp HTTP/1.1", f"Host: 127.0.0.1:{self._port}"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        return "\r\n".join((*lines, "", "")).encode()

    @asynccontextmanager
    async def _wire(self) -> AsyncIterator[Wire]:
        wire = Wire(*await asyncio.open_connection("127.0.0.1", self._port))
        try:
            yield wire
        finally:
            wire.writer.close()
            with suppress(*_GONE):
                await wire.writer.wait_closed()
