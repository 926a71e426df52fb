"""What holds on every channel that is not HTTP: the transports are mirror images of each other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcpgen_runtime.client import Client, LimitPassed, RequestTimeout, ServerGone, Transport
from mcpgen_runtime.client.errors import ClientError
from mcpgen_runtime.client.transport import Event, Frame, Gone
from mcpgen_runtime.limits import Limits

from .puppets import KINDS, Puppet, WebSocketPuppet, channel
from .scripted import discovery

LINED = [kind for kind in KINDS if kind != "websocket"]


class Heard:
    """What a transport delivered."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.gone: list[ClientError] = []
        self._changed = asyncio.Event()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Frame):
            self.frames.append(event.data)
        elif isinstance(event, Gone):
            self.gone.append(event.error)
        self._changed.set()

    async def until(self, holds: Callable[[Heard], bool]) -> None:
        """Wait for it."""
        while not holds(self):
            self._changed.clear()
            await self._changed.wait()


def on(
    kind: str, use: Callable[[Transport, Puppet, Heard], Awaitable[None]], *, limits: Limits | None = None
) -> None:
    """Open a transport of that kind, use it, close it."""

    async def whole() -> None:
        async with asyncio.timeout(20), channel(kind, limits=limits) as (transport, puppet):
            heard = Heard()
            await transport.open(heard)
            try:
                await use(transport, puppet, heard)
            finally:
                await transport.close()

    asyncio.run(whole())


@pytest.mark.parametrize("kind", KINDS)
def test_messages_go_both_ways(kind: str) -> None:
    async def use(transport: Transport, puppet: Puppet, heard: Heard) -> None:
        message = {"jsonrpc": "2.0", "id": 1, "method": "é\n"}
        await transport.send(message, exchange=1)
        written = await puppet.receive()
        assert json.loads(written) == message
        assert puppet.framed or (written.endswith(b"\n") and written.count(b"\n") == 1)
        await puppet.feed(b'{"a": 1}' + b"\n" * (not puppet.framed))
        await heard.until(lambda heard: bool(heard.frames))
        assert heard.frames == [b'{"a": 1}']

    on(kind, use)


@pytest.mark.parametrize("kind", LINED)
def test_chunks_may_split_and_merge_lines_anywhere(kind: str) -> None:
    async def use(transport: Transport, puppet: Puppet, heard: Heard) -> None:
        # The second chunk begins inside of a character of two bytes.
        for chunk in (b'{"a": "\xc3', b'\xa9"}\r', b"\n\n1\n2\n3", b"\n"):
            await puppet.feed(chunk)
            await asyncio.sleep(0.005)
        await heard.until(lambda heard: len(heard.frames) == 4)
        assert heard.frames == ['{"a": "é"}'.encode(), b"1", b"2", b"3"]

    on(kind, use)


@pytest.mark.parametrize("kind", LINED)
def test_unfinished_line_is_delivered_at_the_end(kind: str) -> None:
    async def use(transport: Transport, puppet: Puppet, heard: Heard) -> None:
        await puppet.feed(b"1\nhal")
        await heard.until(lambda heard: bool(heard.frames))
        await puppet.hang_up()
        await heard.until(lambda heard: bool(heard.gone))
        assert heard.frames == [b"1", b"hal"]

    on(kind, use)


@pytest.mark.parametrize("kind", KINDS)
def test_server_that_hangs_up_is_gone_and_nothing_can_be_sent(kind: str) -> None:
    async def use(transport: Transport, puppet: Puppet, heard: Heard) -> None:
        await transport.send({"id": 1}, exchange=1)
        await puppet.receive()
        await puppet.hang_up()
        await heard.until(lambda heard: bool(heard.gone))
        assert [type(error) for error in heard.gone] == [ServerGone]

        async def send_on() -> None:
            # The first may still fit into a buffer.
            for number in range(100):
                await transport.send({"id": number}, exchange=number)
                await asyncio.sleep(0.01)

        with pytest.raises(ServerGone):
            await send_on()

    on(kind, use)


@pytest.mark.parametrize("kind", KINDS)
def test_message_over_the_limit_ends_the_reading(kind: str) -> None:
    async def use(transport: Transport, puppet: Puppet, heard: Heard) -> None:
        await puppet.feed(b"x" * 5000)
        await heard.until(lambda heard: bool(heard.gone))
        assert [type(error) for error in heard.gone] == [LimitPassed]
        assert "more than 4000 bytes" in str(heard.gone[0])
        assert heard.frames == []

    on(kind, use, limits=Limits(max_message_bytes=4000))


def test_server_that_finds_a_message_too_big_is_gone_and_not_over_a_limit_of_ours() -> None:
    async def use(transport: Transport, puppet: Puppet, heard: Heard) -> None:
        assert isinstance(puppet, WebSocketPuppet)
        await (await puppet.connection()).close(1009, "too big")
        await heard.until(lambda heard: bool(heard.gone))
        assert [str(error) for error in heard.gone] == [
            "the server closed the connection with code 1009: too big"
        ]
        assert isinstance(heard.gone[0], ServerGone)

    on("websocket", use)


@pytest.mark.parametrize("kind", KINDS)
def test_own_closing_is_no_loss_and_may_be_repeated(kind: str) -> None:
    async def use(transport: Transport, puppet: Puppet, heard: Heard) -> None:
        await transport.send({"id": 1}, exchange=1)
        await puppet.receive()
        await transport.close()
        await transport.close()
        assert heard.gone == []
        with pytest.raises(ServerGone):
            await transport.send({"id": 2}, exchange=2)
        assert await puppet.receive() == b""

    on(kind, use)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "memory"])
def test_closed_transport_may_be_opened_again(kind: str) -> None:
    async def use(transport: Transport, puppet: Puppet, heard: Heard) -> None:
        await transport.send({"id": 1}, exchange=1)
        await puppet.receive()
        await transport.close()
        again = Heard()
        await transport.open(again)
        await puppet.accept()
        await transport.send({"id": 2}, exchange=2)
        assert json.loads(await puppet.receive()) == {"id": 2}
        await puppet.feed(b"17" + b"\n" * (not puppet.framed))
        await again.until(lambda heard: bool(heard.frames))
        assert (heard.frames, again.frames) == ([], [b"17"])

    on(kind, use)


@pytest.mark.parametrize("kind", KINDS)
def test_meter_may_end_the_reading(kind: str) -> None:
    async def use(transport: Transport, puppet: Puppet, heard: Heard) -> None:
        await puppet.feed(b"1" + b"\n" * (not puppet.framed))
        await heard.until(lambda heard: bool(heard.gone))
        assert str(heard.gone[0]) == "enough"

    def enough(count: int) -> None:
        raise LimitPassed("enough")

    async def whole() -> None:
        async with asyncio.timeout(20), channel(kind) as (transport, puppet):
            transport.meter = enough
            heard = Heard()
            await transport.open(heard)
            try:
                await use(transport, puppet, heard)
            finally:
                await transport.close()

    asyncio.run(whole())


@pytest.mark.parametrize("kind", KINDS)
def test_server_that_stops_reading_costs_one_request_its_time(kind: str) -> None:
    async def whole() -> None:
        async with asyncio.timeout(20), channel(kind) as (transport, puppet):

            async def open_it() -> None:
                question = json.loads(await puppet.receive())
                answer = {"jsonrpc": "2.0", "id": question["id"], "result": discovery()}
                await puppet.feed(json.dumps(answer).encode() + b"\n" * (not puppet.framed))

            opening = asyncio.create_task(open_it())
            async with Client(transport, timeout=10) as client:
                await opening
                with pytest.raises(RequestTimeout):
                    await client.call_tool("a", {"long": "x" * 8_000_000}, timeout=0.3)

    asyncio.run(whole())


@pytest.mark.parametrize("kind", KINDS)
def test_transport_has_the_name_of_its_kind(kind: str) -> None:
    async def use(transport: Any, puppet: Puppet, heard: Heard) -> None:
        assert transport.name == kind

    on(kind, use)
