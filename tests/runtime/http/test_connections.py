"""Many connections, and many requests on one: what a server of HTTP allows, and what it makes of the rest."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from typing import Any

from tests.runtime.http.listening import Json, call, raw, serving

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.limits import Limits

Main = Callable[[], Coroutine[Any, Any, None]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
ECHO = raw(*call("echo", {"text": "hi"}))


async def reply_on(connection: Streams) -> tuple[int, Any]:
    """The status of the next reply, and its JSON."""
    head = await connection[0].readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    return int(head.split()[1]), json.loads(await connection[0].readexactly(length))


async def asked(connection: Streams) -> tuple[int, Any]:
    connection[1].write(ECHO)
    return await reply_on(connection)


def test_connection_too_many_is_refused_by_name_and_others_do_not_notice(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving(limits=Limits(max_connections=2)) as server:
            first, second = await server.socket(), await server.socket()
            assert [(await asked(each))[0] for each in (first, second)] == [200, 200]
            third = await server.socket()
            status, answer = await asked(third)
            assert (status, answer["error"]["data"]) == (503, {"limit": "max_connections", "value": 2})
            assert "max_connections (2)" in answer["error"]["message"]
            assert await third[0].read() == b""  # it is closed
            silent = [await server.socket() for _ in range(2)]
            assert [(await asked(each))[0] for each in (first, second)] == [200, 200]
            for each in (second, third, *silent):
                each[1].close()
            status = 503
            while status != 200:  # once it is known that the others have gone
                again = await server.socket()
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    status, _ = await asked(again)
                again[1].close()
            first[1].close()

    run(main)


def test_head_behind_many_requests_is_not_taken_for_a_large_one(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving(limits=Limits(max_headers_bytes=2000)) as server:
            connection = await server.socket()
            connection[1].write(ECHO * 20 + ECHO[:100])
            assert [(await reply_on(connection))[0] for _ in range(20)] == [200] * 20
            connection[1].write(ECHO[100:])
            assert (await reply_on(connection))[0] == 200
            connection[1].close()

    run(main)


def test_requests_behind_large_answers_wait_until_these_are_read(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        served: list[int] = []

        def large(arguments: Json, ctx: RequestContext) -> str:
            served.append(len(served))
            return "x" * 1_000_000

        async with serving() as server:
            server.bench.server.add_tool({"name": "large", "inputSchema": {"type": "object"}}, large)
            connection = await server.socket()
            connection[1].write(raw(*call("large")) * 100)
            assert (await reply_on(connection))[0] == 200
            await asyncio.sleep(0.1)
            assert len(served) < 50  # what the system itself takes
            for _ in range(99):
                assert (await reply_on(connection))[0] == 200
            connection[1].close()

    run(main)


def test_client_that_sends_no_more_reads_its_answer(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving() as server:
            connection = await server.socket()
            connection[1].write(ECHO)
            connection[1].write_eof()
            assert (await reply_on(connection))[0] == 200
            connection[1].close()

    run(main)


def test_call_with_a_request_behind_it_is_cancelled_when_its_client_leaves(
    run: Callable[[Main], None],
) -> None:
    async def main() -> None:
        async with serving(message_seconds=0.4) as server:
            _, writer = await server.socket()
            writer.write(raw(*call("wait")) + ECHO)
            await server.bench.began.wait()
            writer.close()
            while not server.bench.ended:
                await asyncio.sleep(0.01)
            assert server.bench.ended == ["cancelled"]

    run(main)
