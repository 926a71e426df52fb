"""What is refused before a message is served: strangers, what is too large, too slow, or no JSON."""

from __future__ import annotations

import json

import pytest
from tests.runtime.http.asgi import Client, request
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http import HttpApp

pytestmark = pytest.mark.anyio

PING = json.dumps(request("ping")).encode()


def small(bench: Workbench, **limits: int) -> Client:
    config = TransportConfig(limits=Limits(**limits), message_seconds=0.05)
    return Client(HttpApp(ServerCore(bench.server), config))


# Host and Origin.


@pytest.mark.parametrize("host", ["localhost", "localhost:1234", "127.0.0.1:80", "[::1]:8080", "LOCALHOST:1"])
async def test_names_of_the_machine_itself_are_served(client: Client, host: str) -> None:
    session = await client.open()
    assert (await session.request("POST", PING, {"host": host}).reply()).status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "localhost.evil.example", "", None])
async def test_other_names_are_forbidden(client: Client, host: str | None) -> None:
    for exchange in (
        client.request("POST", PING, {"host": host}),
        client.request("GET", headers={"host": host}),
        client.request("GET", headers={"host": host}, path="/sse"),
        client.request("GET", headers={"host": host}, path="/nowhere"),
    ):
        reply = await exchange.reply()
        assert (reply.status, reply.error["code"]) == (403, -32600)
        assert "id" not in reply.json


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:5"])
async def test_pages_of_the_machine_itself_are_served(client: Client, origin: str) -> None:
    client.headers["origin"] = origin
    await client.open()


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", "http://localhost.evil.example", "localhost"]
)
async def test_other_pages_are_forbidden(client: Client, origin: str) -> None:
    for method in ("POST", "GET", "DELETE"):
        assert (await client.request(method, PING, {"origin": origin}).reply()).status == 403


async def test_configured_origins_and_hosts_are_served_and_no_others(bench: Workbench) -> None:
    config = TransportConfig(allowed_origins=("https://app.example",), allowed_hosts=("mcp.example",))
    client = Client(HttpApp(ServerCore(bench.server), config))

    async def status(host: str, origin: str) -> int:
        return (await client.request("GET", headers={"host": host, "origin": origin}).reply()).status

    assert await status("mcp.example:443", "https://app.example") == 405
    assert await status("localhost", "https://app.example") == 403
    assert await status("mcp.example", "http://localhost") == 403


async def test_strangers_are_not_remembered_as_friends(client: Client) -> None:
    for _ in range(2):
        assert (await client.request("POST", PING, {"host": "evil.example"}).reply()).status == 403
        assert (await client.request("POST", PING).reply()).status == 400


# Headers.


async def test_single_header_over_its_limit_is_refused_by_name(client: Client) -> None:
    reply = await client.request("POST", PING, {"x-long": "x" * 8193}).reply()
    assert (reply.status, reply.error["data"]["limit"]) == (431, "max_header_bytes")


async def test_headers_over_their_limit_together_are_refused_by_name(client: Client) -> None:
    many: dict[str, str | None] = {f"x-{n}": "x" * 8000 for n in range(9)}
    reply = await client.request("POST", PING, many).reply()
    assert (reply.status, reply.error["data"]["limit"]) == (431, "max_headers_bytes")


async def test_headers_within_their_limits_are_fine(client: Client) -> None:
    client.headers |= {f"x-{n}": "x" * 8000 for n in range(8)}
    await client.open()


@pytest.mark.parametrize(
    "name", ["Host", "Origin", "Mcp-Session-Id", "Mcp-Method", "Mcp-Param-X", "Content-Type"]
)
async def test_header_that_is_there_twice_is_refused_by_name(client: Client, name: str) -> None:
    client.headers[name.lower()] = "http://localhost" if name == "Origin" else "localhost"
    reply = await client.request("POST", PING, {name.upper(): "http://localhost"}).reply()
    assert reply.status == 400
    assert name.lower() in reply.error["message"]


async def test_accept_may_be_spread_over_two_headers(client: Client) -> None:
    client.headers["accept"] = "text/event-stream"
    session = await client.open()
    assert (await session.request("POST", PING, {"Accept": "application/json"}).reply()).status == 200


# Content-Type and Accept.


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/json-rpc", "application/json; charset=latin-1"]
)
async def test_body_that_is_not_declared_json_is_refused(client: Client, content_type: str | None) -> None:
    assert (await client.request("POST", PING, {"content-type": content_type}).reply()).status == 415


async def test_compressed_body_is_refused(client: Client) -> None:
    assert (await client.request("POST", PING, {"content-encoding": "gzip"}).reply()).status == 415


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=UTF-8", 'APPLICATION/JSON;charset="utf-8"']
)
async def test_json_may_be_declared_in_many_ways(client: Client, content_type: str) -> None:
    session = await client.open()
    assert (await session.request("POST", PING, {"content-type": content_type}).reply()).status == 200


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (None, 200),
        ("*/*", 200),
        ("text/event-stream, application/json", 200),
        ("application/*;q=0.1, text/*", 200),
        ("APPLICATION/JSON,TEXT/EVENT-STREAM", 200),
        ("application/json", 406),
        ("text/event-stream", 406),
        ("text/html", 406),
        ("", 406),
        ("*/*, text/event-stream;q=0", 406),
        ("application/json;q=0.0, */*", 406),
        ("application/jsonx, text/event-stream", 406),
    ],
)
async def test_client_must_take_both_kinds_of_reply(client: Client, accept: str | None, status: int) -> None:
    session = await client.open()
    assert (await session.request("POST", PING, {"accept": accept}).reply()).status == status


async def test_get_must_take_events(client: Client) -> None:
    session = await client.open()
    for path in ("/mcp", "/sse"):
        reply = await session.request("GET", headers={"accept": "application/json"}, path=path).reply()
        assert reply.status == 406


# Bodies.


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping"} x', -32700),
        (b'"\xed\xa0\x80"', -32700),
        (b"[]", -32600),
        (b"null", -32600),
        (b"5", -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600),
        (b'{"id":1,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":5}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', -32600),
    ],
)
async def test_body_that_is_no_message_is_a_bad_request(client: Client, content: bytes, code: int) -> None:
    session = await client.open()
    modern = {"mcp-protocol-version": "2026-07-28"}
    for exchange in (session.request("POST", content), client.request("POST", content, {**modern})):
        reply = await exchange.reply()
        assert (reply.status, reply.error["code"]) == (400, code)
    assert (await session.request("POST", PING).reply()).status == 200


@pytest.mark.parametrize(
    ("revision", "id"), [("2025-03-26", None), ("2025-06-18", None), ("2025-11-25", "none at all")]
)
async def test_unknown_id_is_null_where_the_revision_has_it_so(
    client: Client, revision: str, id: object
) -> None:
    session = await client.open(revision)
    for content in (b"{", b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}'):
        assert (await session.request("POST", content).reply()).json.get("id", "none at all") == id


async def test_readable_id_of_a_message_that_is_none_is_told(client: Client) -> None:
    session = await client.open()
    reply = await session.request("POST", b'{"jsonrpc":"2.0","id":"x","method":5}').reply()
    assert reply.json["id"] == "x"


async def test_body_declared_too_large_is_refused_before_it_is_read(bench: Workbench) -> None:
    client = small(bench, max_message_bytes=100)
    exchange = client.request("POST", [], {"content-length": "101"}, complete=False)
    reply = await exchange.reply()
    assert (reply.status, reply.error["data"]) == (413, {"limit": "max_message_bytes", "value": 100})


async def test_body_that_grows_too_large_is_refused_as_it_does(bench: Workbench) -> None:
    client = small(bench, max_message_bytes=100)
    exchange = client.request("POST", [b" " * 60, b" " * 60], complete=False)
    reply = await exchange.reply()
    assert (reply.status, reply.error["data"]["limit"]) == (413, "max_message_bytes")


async def test_body_of_just_the_limit_is_read(bench: Workbench) -> None:
    client = small(bench, max_message_bytes=100)
    for chunks in ([PING.ljust(100)], [PING[:9], PING[9:].ljust(91)]):
        assert (await client.request("POST", chunks).reply()).status == 400
    assert (await client.request("POST", [PING.ljust(101)]).reply()).status == 413


@pytest.mark.parametrize("declared", ["5", "500", "abc", "-1", "", "9" * 30])
async def test_wrong_content_length_is_refused(client: Client, declared: str) -> None:
    reply = await client.request("POST", PING, {"content-length": declared}).reply()
    assert reply.status == (413 if len(declared) == 30 else 400)
    assert "length" in reply.error["message"].lower() or reply.status == 413


@pytest.mark.parametrize("chunks", [[], [PING[:5]], [PING[:5], PING[5:9]]])
async def test_body_that_does_not_come_times_out(bench: Workbench, chunks: list[bytes]) -> None:
    reply = await small(bench).request("POST", chunks, complete=False).reply()
    assert (reply.status, reply.error["data"]["limit"]) == (408, "message_seconds")
    assert reply.headers["connection"] == "close"


async def test_body_may_come_in_pieces(client: Client) -> None:
    session = await client.open()
    pieces = [PING[n : n + 1] for n in range(len(PING))]
    assert (await session.request("POST", pieces).reply()).status == 200


async def test_client_that_goes_away_while_it_sends_is_no_error(client: Client) -> None:
    for chunks in ([], [PING[:5]]):
        exchange = client.request("POST", chunks, complete=False)
        exchange.disconnect()
        await exchange.task
        assert not exchange.status


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (b'{"a":' * 70 + b"1" + b"}" * 70, "max_depth"),
        (b"[" + b"1," * 10_000 + b"1]", "max_array_items"),
        (b'{"a":"' + b"x" * (1024 * 1024 + 1) + b'"}', "max_string_bytes"),
    ],
)
async def test_message_over_a_limit_is_refused_by_its_name(
    client: Client, content: bytes, limit: str
) -> None:
    session = await client.open()
    reply = await session.request("POST", content).reply()
    assert (reply.status, reply.error["data"]["limit"]) == (400, limit)


# Methods and paths.


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "OPTIONS", "TRACE"])
async def test_other_methods_are_not_allowed(client: Client, method: str) -> None:
    reply = await client.request(method).reply()
    assert reply.status == 405
    assert set(reply.headers["allow"].split(", ")) == {"GET", "POST", "DELETE"}


async def test_other_paths_are_not_found_and_say_nothing_of_json_rpc(client: Client) -> None:
    reply = await client.request("POST", PING, path="/elsewhere").reply()
    assert (reply.status, reply.body) == (404, b"Not Found")


async def test_path_is_configured(bench: Workbench) -> None:
    client = Client(HttpApp(ServerCore(bench.server), TransportConfig(path="/")), path="/")
    await client.open()
    await client.app.close()


async def test_nothing_new_is_taken_once_the_app_is_closed(client: Client) -> None:
    session = await client.open()
    await client.app.close()
    for exchange in (
        session.request("POST", PING),
        session.listen(),
        client.modern("tools/list"),
        client.request("GET", path="/sse"),
    ):
        assert (await exchange.reply()).status == 503
