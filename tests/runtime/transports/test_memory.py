"""Memory: the two ends of a pipe, and the adapter between them, as a test of a server would use them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import pytest

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.memory import MemoryAdapter, pipe

from ..servers.workshop import server
from .peers import call


def running(coroutine: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await coroutine

    asyncio.run(bounded())


def line(message: Any) -> bytes:
    return json.dumps(message).encode() + b"\n"


def test_what_one_end_sends_the_other_receives() -> None:
    async def talk() -> None:
        one, other = pipe()
        await one.send(b"there")
        await other.send(b"and back")
        assert (await other.receive(), await one.receive()) == (b"there", b"and back")

    running(talk())


def test_end_that_finished_still_receives() -> None:
    async def talk() -> None:
        one, other = pipe()
        one.finish()
        assert await other.receive() == b""
        await other.send(b"late")
        assert await one.receive() == b"late"
        with pytest.raises(BrokenPipeError):
            await one.send(b"later")

    running(talk())


def test_closed_end_tells_the_other() -> None:
    async def talk() -> None:
        one, other = pipe()
        waiting = asyncio.ensure_future(other.receive())
        await asyncio.sleep(0)
        one.close()
        assert await waiting == b""
        with pytest.raises(BrokenPipeError):
            await other.send(b"?")

    running(talk())


def test_sender_waits_for_a_receiver_that_is_behind() -> None:
    async def talk() -> None:
        one, other = pipe()
        sending = asyncio.ensure_future(one.send(b"x" * 1_000_000))
        await asyncio.sleep(0)
        assert not sending.done()
        assert len(await other.receive()) == 1_000_000
        await sending

    running(talk())


def test_adapter_serves_until_its_client_has_finished() -> None:
    async def talk() -> None:
        ours, theirs = pipe()
        serving = asyncio.ensure_future(MemoryAdapter(theirs).serve(ServerCore(server)))
        await ours.send(line(call("echo", {"text": "hi"})))
        assert b"hi" in await ours.receive()
        ours.finish()
        await serving
        assert await ours.receive() == b""

    running(talk())


def test_cancelled_adapter_lets_calls_in_flight_end() -> None:
    async def talk() -> None:
        ours, theirs = pipe()
        serving = asyncio.ensure_future(MemoryAdapter(theirs).serve(ServerCore(server)))
        await ours.send(line(call("wait", {"seconds": 0.05})))
        await asyncio.sleep(0.01)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert b"waited" in await ours.receive()

    running(talk())


def test_adapter_cancelled_twice_ends_at_once() -> None:
    async def talk() -> None:
        ours, theirs = pipe()
        serving = asyncio.ensure_future(MemoryAdapter(theirs).serve(ServerCore(server)))
        await ours.send(line(call("wait", {"seconds": 60})))
        await asyncio.sleep(0.01)
        serving.cancel()
        await asyncio.sleep(0)
        assert not serving.done()
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert await ours.receive() == b""

    running(talk())


def test_adapter_leaves_a_client_that_receives_nothing() -> None:
    async def talk() -> None:
        ours, theirs = pipe()
        adapter = MemoryAdapter(theirs)
        adapter.configure(TransportConfig(limits=Limits(write_seconds=0.1)))
        serving = asyncio.ensure_future(adapter.serve(ServerCore(server)))
        for number in range(3):
            await ours.send(line(call("flood", {"bytes": 300_000}, id=number)))
        await serving
        with pytest.raises(BrokenPipeError):
            await ours.send(b"?")

    running(talk())


def test_client_that_closes_ends_its_calls() -> None:
    async def talk() -> None:
        ours, theirs = pipe()
        serving = asyncio.ensure_future(MemoryAdapter(theirs).serve(ServerCore(server)))
        await ours.send(line(call("wait", {"seconds": 60})))
        await asyncio.sleep(0.01)
        ours.close()
        await serving

    running(talk())
