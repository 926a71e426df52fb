"""The app behind uvicorn, on real sockets: both parsers, both event loops, and the ways that peers fail."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from itertools import count
from typing import Any

import pytest
from tests.runtime.http.asgi import parse_event, request
from tests.runtime.http.listening import INITIALIZE, SECONDS, Json, call, modern, raw, serving
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http import HttpAdapter

Main = Callable[[], Coroutine[Any, Any, None]]


def test_both_eras_on_one_server(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving() as server, server.client() as client:
            message, headers = call("echo", {"text": "new"})
            reply = await client.post(server.url, json=message, headers=headers)
            assert reply.json()["result"]["content"][0]["text"] == "new"
            opened = await client.post(server.url, json=INITIALIZE)
            session = {"mcp-session-id": opened.headers["mcp-session-id"]}
            old = request("tools/call", {"name": "echo", "arguments": {"text": "old"}})
            reply = await client.post(server.url, json=old, headers=session)
            assert reply.json()["result"]["content"][0]["text"] == "old"
            assert (await client.delete(server.url, headers=session)).status_code == 204
            assert (await client.post(server.url, json=old, headers=session)).status_code == 404

    run(main)


def test_events_arrive_one_by_one(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving() as server, server.client() as client:
            message, headers = call("report_and_wait", meta={"progressToken": 1})
            async with client.stream("POST", server.url, json=message, headers=headers) as reply:
                seen = []
                async for line in reply.aiter_lines():
                    event = parse_event(line)
                    if event is not None:
                        seen.append(event.json)
                        server.bench.go.set()
                assert [bool(each.get("result")) for each in seen] == [False, False, True]

    run(main)


def test_disconnect_cancels(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving() as server:
            _, writer = await server.socket()
            writer.write(raw(*call("wait")))
            await server.bench.began.wait()
            writer.close()
            while not server.bench.ended:
                await asyncio.sleep(0.01)
            assert server.bench.ended == ["cancelled"]

    run(main)


def test_many_requests_on_one_connection(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving() as server:
            reader, writer = await server.socket()
            one = raw(*call("echo", {"text": "hi"}))
            writer.write(one * 20)  # pipelined
            for _ in range(20):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 ")
                length = int(head.lower().partition(b"content-length:")[2].split()[0])
                assert json.loads(await reader.readexactly(length))["id"] == 1
            writer.close()

    run(main)


def test_body_that_is_cut_short_times_out(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving(message_seconds=0.1) as server:
            for sent in (raw(*call("echo"), length=9999), raw({}, {}, length=5)[:-2]):
                reader, writer = await server.socket()
                writer.write(sent)
                assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
                await reader.read()  # the connection is closed
                writer.close()

    run(main)


def test_connection_that_sends_no_request_is_closed(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving(message_seconds=0.2) as server, server.client() as client:
            message, headers = call("wait")
            waiting = asyncio.ensure_future(client.post(server.url, json=message, headers=headers))
            for sent in (
                b"",
                b"POST /mcp HTTP/1.1\r\nHost: local",
                raw(*call("echo", {"text": ""})) + b"GET /",
            ):
                reader, writer = await server.socket()
                writer.write(sent)
                received = await reader.read()  # until it is closed
                assert received.startswith(b"HTTP/1.1 200 ") or not received
                writer.close()
            server.bench.go.set()
            assert (await waiting).status_code == 200

    run(main)


def test_silence_is_still_noticed_while_a_websocket_is_open(run: Callable[[Main], None]) -> None:
    from websockets.asyncio.client import connect
    from websockets.typing import Subprotocol

    async def main() -> None:
        async with serving(message_seconds=0.2) as server:
            url = server.url.replace("http", "ws", 1)
            async with connect(url, subprotocols=[Subprotocol("mcp")]):
                for _ in range(2):
                    reader, writer = await server.socket()
                    assert await reader.read() == b""
                    writer.close()

    run(main)


def test_endless_headers_are_cut_off(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving() as server:
            for first in (b"", raw(*call("echo", {"text": "x"}))):
                reader, writer = await server.socket()
                writer.write(first)
                if first:
                    head = await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
                writer.write(b"POST /mcp HTTP/1.1\r\nhost: localhost\r\n")
                with contextlib.suppress(ConnectionError):
                    for number in range(10_000):
                        writer.write(b"x-%d: %s\r\n" % (number, b"x" * 8000))
                        await writer.drain()
                assert number < 9_999
                writer.close()

    run(main)


def test_upload_that_was_refused_is_not_taken_for_headers(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving(limits=Limits(max_message_bytes=1000, max_headers_bytes=10_000)) as server:
            reader, writer = await server.socket()
            writer.write(raw({}, {}, length=500_000))
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 413 ")
            for _ in range(49):
                writer.write(b" " * 10_000)
                await writer.drain()
                await asyncio.sleep(0)
            writer.write(b" " * (10_000 - 2) + raw(*call("echo", {"text": "still here"})))
            await reader.readuntil(b"still here")
            writer.close()

    run(main)


def test_oversized_upload_is_refused_while_it_comes(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving(limits=Limits(max_message_bytes=1000)) as server, server.client() as client:

            async def upload() -> AsyncIterator[bytes]:
                for _ in range(50):
                    yield b" " * 1000

            chunked = await client.post(
                server.url, content=upload(), headers={"content-type": "application/json"}
            )
            assert chunked.status_code == 413
            assert chunked.json()["error"]["data"]["limit"] == "max_message_bytes"
            whole = await client.post(
                server.url, content=b" " * 100_000, headers={"content-type": "application/json"}
            )
            assert whole.status_code == 413
            message, headers = call("echo", {"text": "x"})
            assert (await client.post(server.url, json=message, headers=headers)).status_code == 200

    run(main)


def test_garbage_is_answered_and_others_do_not_notice(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving() as server, server.client() as client:
            for garbage in (b"\x00\x01\x02\r\n\r\n", b"POST /mcp HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
                reader, writer = await server.socket()
                writer.write(garbage)
                assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
                writer.close()
            message, headers = call("echo", {"text": "x"})
            assert (await client.post(server.url, json=message, headers=headers)).status_code == 200

    run(main)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux cuts off what was closed")
def test_reader_that_stops_is_cut_off_and_others_do_not_notice(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        over = asyncio.Event()

        async def pour(arguments: dict[str, Any], ctx: RequestContext) -> str:
            try:
                for step in count():
                    await ctx.progress(step, message="x" * 1000)
                    await asyncio.sleep(0)
            except asyncio.CancelledError:
                over.set()
                raise
            return ""

        # What waits is not what cuts it off.
        limits = Limits(write_seconds=0.3, max_unsent_bytes=10**9)
        async with serving(limits=limits) as server, server.client() as client:
            server.bench.server.add_tool({"name": "pour", "inputSchema": {"type": "object"}}, pour)
            message, headers = call("echo", {"text": "x"})
            with socket.create_connection((server.host, server.port)) as stuck:
                stuck.sendall(raw(*call("pour", {}, {"progressToken": 1})))
                assert (await client.post(server.url, json=message, headers=headers)).status_code == 200
                await over.wait()
                assert (await client.post(server.url, json=message, headers=headers)).status_code == 200

    run(main)


def test_cancelled_adapter_ends_listen_streams_and_lets_calls_finish(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving() as server, server.client() as client:
            listen, headers = modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}})

            async def whole(message: dict[str, Any], headers: dict[str, str]) -> str:
                return (await client.post(server.url, json=message, headers=headers)).text

            listening = asyncio.ensure_future(whole(listen, headers))
            waiting = asyncio.ensure_future(whole(*call("wait")))
            await server.bench.began.wait()
            while not server.bench.server.changes._listeners:
                await asyncio.sleep(0.01)
            server.task.cancel()
            assert '"resultType":"complete"' in await listening
            with pytest.raises(ConnectionRefusedError):
                await server.socket()
            assert not waiting.done()
            server.bench.go.set()
            assert "waited" in await waiting
            await asyncio.wait([server.task])

    run(main)


def test_cancelled_adapter_sends_all_of_an_answer_that_is_read_late(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        size = 20_000_000  # more than the buffers of the system hold
        made = asyncio.Event()

        async with serving(drain_seconds=SECONDS) as server:

            async def much(arguments: Json, ctx: RequestContext) -> str:
                await server.bench.wait(arguments, ctx)
                made.set()
                return "x" * size

            server.bench.server.add_tool({"name": "much", "inputSchema": {"type": "object"}}, much)
            reader, writer = await server.socket()
            writer.write(raw(*call("much")))
            await server.bench.began.wait()
            server.task.cancel()
            server.bench.go.set()
            await made.wait()
            await asyncio.sleep(0.5)
            assert not server.task.done()  # whoever runs it would close the loop
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            assert length > size
            assert len(await reader.readexactly(length)) == length
            await asyncio.wait([server.task])
            writer.close()

    run(main)


def test_cancelled_adapter_cancels_what_takes_too_long(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving(drain_seconds=0.05) as server, server.client() as client:
            message, headers = call("wait")
            waiting = asyncio.ensure_future(client.post(server.url, json=message, headers=headers))
            await server.bench.began.wait()
            server.task.cancel()
            assert (await waiting).status_code == 503
            assert server.bench.ended == ["cancelled"]

    run(main)


def test_adapter_cancelled_twice_ends_at_once(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving(drain_seconds=3600) as server, server.client() as client:
            message, headers = call("wait")
            waiting = asyncio.ensure_future(client.post(server.url, json=message, headers=headers))
            await server.bench.began.wait()
            for _ in range(2):
                server.task.cancel()
                await asyncio.wait([server.task], timeout=0.1)
            await asyncio.wait([server.task])
            assert server.task.cancelled()
            await asyncio.wait([waiting])
            waiting.exception()

    run(main)


def test_taken_port_is_an_os_error(run: Callable[[Main], None]) -> None:
    async def main() -> None:
        async with serving() as server:
            adapter = HttpAdapter()
            adapter.configure(TransportConfig(port=server.port))
            with pytest.raises(OSError, match="in use"):
                await adapter.serve(ServerCore(Workbench().server))

    run(main)


def test_ipv6_address_is_listened_at_and_told(run: Callable[[Main], None]) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")

    async def main() -> None:
        async with serving(host="::1") as server, server.client() as client:
            assert server.address.startswith("[::1]:")
            message, headers = call("echo", {"text": "x"})
            assert (await client.post(server.url, json=message, headers=headers)).status_code == 200

    run(main)


def test_websocket_is_served_beside(run: Callable[[Main], None]) -> None:
    from websockets.asyncio.client import connect
    from websockets.typing import Subprotocol

    async def main() -> None:
        async with serving() as server:
            url = server.url.replace("http", "ws", 1)
            async with connect(url, subprotocols=[Subprotocol("mcp")]) as socket:
                await socket.send(json.dumps(call("echo", {"text": "hi"})[0]))
                assert json.loads(await socket.recv())["result"]["content"][0]["text"] == "hi"

    run(main)
