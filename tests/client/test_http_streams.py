"""What the HTTP transport tells of streams beside their messages: ids, pauses, ends, and bare requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from mcpgen_runtime.client.http import HttpTransport
from mcpgen_runtime.client.transport import (
    Event,
    Frame,
    Paused,
    ReplyEnd,
    ReplyHead,
    StreamEvent,
)

from .http_puppet import Exchange, Handler, serving
from .scripted import text

ASKED = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "a"}}


class Heard(list[Event]):
    """What a transport delivered, and a way to wait for more of it."""

    def __init__(self) -> None:
        super().__init__()
        self._news = asyncio.Event()

    def take(self, event: Event) -> None:
        self.append(event)
        self._news.set()

    async def until(self, ready: Callable[[Event], bool]) -> None:
        while not any(map(ready, self)):
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), 30)


def heard(handler: Handler, use: Callable[[HttpTransport, Heard], Awaitable[None]]) -> Heard:
    """What comes of `use` over a transport that has agreed to 2025-11-25."""

    async def whole() -> Heard:
        found = Heard()
        async with serving(handler) as puppet:
            transport = HttpTransport(puppet.url, linger_seconds=0.05)

            def take(event: Event) -> None:
                found.take(event)
                if isinstance(event, Frame) and event.exchange is not None and b'"result"' in event.data:
                    transport.release(event.exchange)

            await transport.open(take)
            transport.settle("2025-11-25", session=True)
            await use(transport, found)
            await transport.close()
        return found

    return asyncio.run(whole())


async def ask(transport: HttpTransport, found: Heard) -> None:
    await transport.send(ASKED, exchange=7)
    await found.until(lambda event: isinstance(event, ReplyEnd))


def test_an_event_says_more_than_its_message_before_the_message() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.events(headers={"X-Accel-Buffering": "no"})
        await exchange.event(None, id="1", retry=10)
        await exchange.write(b": still there\n\n")
        await exchange.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {}})
        await exchange.answer(text("done"), id="2")

    found = heard(handler, ask)
    head, primed, plain, numbered, answer, end = found
    assert isinstance(head, ReplyHead) and head.headers is not None
    assert head.headers["x-accel-buffering"] == "no"
    assert primed == StreamEvent(7, "post", "message", "1", 10, True)
    assert isinstance(plain, Frame) and b"notifications/message" in plain.data
    assert numbered == StreamEvent(7, "post", "message", "2", None, False)
    assert isinstance(answer, Frame) and b"done" in answer.data
    assert isinstance(end, ReplyEnd) and end.ending == "whole"


@pytest.mark.parametrize("retry", [10, None])
def test_a_stream_that_pauses_is_told_with_its_last_event_and_the_pause_that_it_advises(
    retry: int | None,
) -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.events()
        if exchange.method == "GET":
            assert exchange.headers["last-event-id"] == "1"
            await exchange.event({"jsonrpc": "2.0", "id": 1, "result": {}}, id="2")
        else:
            await exchange.event(None, id="1", retry=retry)

    found = heard(handler, ask)
    assert [event for event in found if isinstance(event, Paused)] == [Paused(7, "1", retry)]
    # It is one stream, whatever brought its parts.
    assert {event.exchange for event in found if isinstance(event, Frame | StreamEvent)} == {7}


def test_a_stream_that_is_left_or_broken_off_is_not_one_that_the_server_ended() -> None:
    async def stays(exchange: Exchange) -> None:
        await exchange.events()
        await exchange.answer(text("done"))
        await exchange.left.wait()

    async def breaks(exchange: Exchange) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\n\r\n"
        await exchange.write(head + b": no more\n")

    async def release(transport: HttpTransport, found: Heard) -> None:
        await transport.send(ASKED, exchange=7)
        await found.until(lambda event: isinstance(event, Frame))
        await transport.drain()

    ends = [heard(stays, release)[-1], heard(breaks, ask)[-1]]
    assert [end.ending for end in ends if isinstance(end, ReplyEnd)] == ["left", "broken"]


def test_a_bare_request_is_told_like_any_and_its_stream_is_read_until_it_is_abandoned() -> None:
    async def handler(exchange: Exchange) -> None:
        if exchange.method == "DELETE":
            await exchange.reply(405, "application/json", b'{"error": "is no message"}')
            return
        assert (exchange.headers["accept"], exchange.headers["last-event-id"]) == ("text/event-stream", "9")
        await exchange.events()
        await exchange.event({"jsonrpc": "2.0", "method": "notifications/message"}, id="10")
        await exchange.left.wait()

    async def use(transport: HttpTransport, found: Heard) -> None:
        await transport.knock("DELETE", exchange=3)
        await transport.knock("GET", exchange=4, headers={"Last-Event-ID": "9"})
        await found.until(lambda event: isinstance(event, Frame))
        transport.abandon(4)

    found = heard(handler, use)
    heads = [(event.exchange, event.status) for event in found if isinstance(event, ReplyHead)]
    assert heads == [(3, 405), (4, 200)]
    assert [(event.exchange, event.channel) for event in found if isinstance(event, Frame)] == [(4, "get")]


def test_an_empty_id_is_none_and_takes_back_those_before() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.events()
        await exchange.event(None, id="1", retry=10)
        await exchange.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {}}, id="")

    found = heard(handler, ask)
    assert [event.event_id for event in found if isinstance(event, StreamEvent)] == ["1"]
    assert [event for event in found if isinstance(event, Paused)] == []
