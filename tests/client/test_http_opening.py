"""What an HTTP client meets before it is served: nobody, refusals, an older transport; on real sockets."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from mcpgen_runtime.client import (
    Client,
    ConnectFailed,
    McpError,
    NoCommonRevision,
    ReplyWithoutAnswer,
    ServerGone,
)
from mcpgen_runtime.client.http import HttpTransport

from .http_puppet import Exchange, Handler, call, modern, run, serving


async def refuses_everything(exchange: Exchange) -> None:
    await exchange.reply(404)


def test_address_without_a_server_is_told() -> None:
    async def use() -> None:
        async with Client(HttpTransport("http://127.0.0.1:9/mcp"), timeout=5):
            pass

    with pytest.raises(ServerGone, match="nothing listens there"):
        asyncio.run(use())


def test_endpoint_of_neither_transport_is_told() -> None:
    with pytest.raises(ConnectFailed, match=r"initialize: HTTP status 404, no body; and .*GET .*404"):
        run(refuses_everything, call)


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("", "is the endpoint at http://127.0.0.1:PORT/mcp?"),
        ("/", "is the endpoint at http://127.0.0.1:PORT/mcp?"),
        ("/?token=secret", "is the endpoint at http://127.0.0.1:PORT/mcp?"),
        ("/elsewhere", None),
    ],
)
def test_nothing_at_a_url_without_a_path_asks_for_the_path(path: str, asked: str | None) -> None:
    async def use() -> str:
        async with serving(refuses_everything) as puppet:
            origin = puppet.url.removesuffix("/mcp")
            with pytest.raises(ConnectFailed) as failed:
                async with Client(HttpTransport(origin + path), timeout=5):
                    pass
        return str(failed.value).replace(origin.rpartition(":")[2], "PORT")

    told = asyncio.run(use())
    assert ("is the endpoint" in told) == (asked is not None)
    assert (asked or "HTTP status 404, no body; and GET") in told


def test_modern_error_means_no_handshake_is_tried() -> None:
    async def handler(exchange: Exchange) -> None:
        assert exchange.message["method"] == "server/discover"
        data = {"supported": ["2031-01-01"], "requested": "2026-07-28"}
        await exchange.error(-32022, "Unsupported protocol version", data=data)

    with pytest.raises(NoCommonRevision, match="2031-01-01"):
        run(handler, call)


def test_redirection_is_told_and_not_followed() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.reply(307, headers={"Location": "http://user:secret@example.com/"})

    with pytest.raises(ReplyWithoutAnswer, match=r"redirected to http://example\.com/"):
        run(handler, call)


def test_error_of_a_server_that_knows_the_transport_is_told_as_it_is() -> None:
    async def handler(exchange: Exchange) -> None:
        if exchange.message["method"] == "initialize":
            await exchange.error(-32602, "No", status=200)
        else:
            await exchange.error(-32601, "Method not found", status=404)

    with pytest.raises(McpError, match="No"):
        run(handler, call)


# HTTP+SSE.


def over_sse(endpoint: str = "/messages?id=1", *, says_why: bool = False) -> Handler:
    """A server of 2024-11-05: what is POSTed is answered on the stream of the GET."""
    streams: list[Exchange] = []

    async def handler(exchange: Exchange) -> None:
        if exchange.method == "GET":
            streams.append(exchange)
            await exchange.events()
            await exchange.write(f"event: endpoint\ndata: {endpoint}\n\n".encode())
            await exchange.left.wait()
        elif exchange.path == "/mcp" and says_why:
            await exchange.error(-32600, "No POST here", status=405)
        elif exchange.path == "/mcp":
            await exchange.reply(405)
        else:
            assert exchange.path == "/messages?id=1"
            await exchange.reply(202, "text/plain", b"Accepted")
            message = exchange.message
            results = {
                "initialize": {
                    "protocolVersion": "2024-11-05",
                    "capabilities": {},
                    "serverInfo": {"name": "old", "version": "1"},
                },
                "tools/call": {"content": [{"type": "text", "text": "done"}]},
            }
            if message["method"] in results:
                result = results[message["method"]]
                await streams[0].event({"jsonrpc": "2.0", "id": message["id"], "result": result})

    return handler


@pytest.mark.parametrize("says_why", [False, True])
@pytest.mark.parametrize("revision", ["auto", "2024-11-05"])
def test_server_of_the_transport_before_is_recognised(revision: str, says_why: bool) -> None:
    content, puppet = run(over_sse(says_why=says_why), call, revision=revision)
    assert content[0].text == "done"
    assert puppet.said()[-3:] == ["initialize", "notifications/initialized", "tools/call"]


@pytest.mark.parametrize("endpoint", ["http://example.com/messages", "https://127.0.0.1/", "//other/"])
def test_endpoint_on_another_host_is_refused(endpoint: str) -> None:
    with pytest.raises(ConnectFailed, match="another host"):
        run(over_sse(endpoint), call)


def test_sse_server_that_goes_ends_what_waits_for_it() -> None:
    handler = over_sse()
    streams: list[Exchange] = []

    async def dies(exchange: Exchange) -> None:
        if exchange.method == "GET":
            streams.append(exchange)
        if b'"tools/call"' in exchange.body:
            streams[0].writer.close()
            await exchange.reply(202)
        else:
            await handler(exchange)

    with pytest.raises(ServerGone, match="event stream"):
        run(dies, call)


def test_sse_server_that_does_not_take_a_message_is_told() -> None:
    handler = over_sse()

    async def refuses(exchange: Exchange) -> None:
        if b'"tools/call"' in exchange.body:
            await exchange.reply(410)
        else:
            await handler(exchange)

    with pytest.raises(ReplyWithoutAnswer, match="HTTP status 410"):
        run(refuses, call)


def test_transport_that_is_closed_leaves_no_stream_open() -> None:
    async def whole() -> None:
        left: list[bool] = []

        async def handler(exchange: Exchange) -> None:
            # The client may be gone before the stream's head is written.
            with suppress(ConnectionError):
                await exchange.events()
            await exchange.left.wait()
            left.append(True)

        async with asyncio.timeout(30), serving(modern(handler)) as puppet:
            async with Client(HttpTransport(puppet.url)) as client:
                task = asyncio.create_task(call(client))
                while len(puppet.seen) < 2:
                    await asyncio.sleep(0.005)
            with pytest.raises(ServerGone):
                await task
            while not left:
                await asyncio.sleep(0.005)

    asyncio.run(whole())
