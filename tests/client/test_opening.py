"""Which era a server is of, and which revision is spoken with it."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from mcpgen_runtime.client import (
    BadAnswer,
    Client,
    ConnectFailed,
    NoCommonRevision,
    ServerGone,
    StdioTransport,
    TcpTransport,
    UnixTransport,
)
from mcpgen_types import REVISIONS

from .scripted import MODERN, Script, Server, discovery, legacy, modern, talking

LEGACY = REVISIONS[:-1]


async def nothing(server: Server) -> None:
    pass


def opened(script: Script, revision: str = "auto", **options: Any) -> tuple[Client, list[dict[str, Any]]]:
    """The client after opening, and what it said to the server."""

    async def run() -> tuple[Client, list[dict[str, Any]]]:
        async with talking(script, revision=revision, **options) as (client, server):
            return client, server.seen

    return asyncio.run(run())


def test_modern_server_is_spoken_to_without_a_handshake() -> None:
    client, said = opened(modern(nothing), name="me", version="3")
    assert (client.revision, client.is_modern) == (MODERN, True)
    assert client.server_info == {"name": "script", "version": "1"}
    assert [message["method"] for message in said] == ["server/discover"]
    assert said[0]["params"]["_meta"] == {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "me", "version": "3"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }


@pytest.mark.parametrize("revision", LEGACY)
def test_any_error_that_is_not_modern_means_a_handshake(revision: str) -> None:
    client, said = opened(legacy(nothing, revision, tools={}))
    assert (client.revision, client.is_modern) == (revision, False)
    assert client.capabilities == {"tools": {}}
    assert [message["method"] for message in said] == [
        "server/discover",
        "initialize",
        "notifications/initialized",
    ]
    # The newest that has a handshake is offered; the server may agree on an older one.
    assert said[1]["params"]["protocolVersion"] == "2025-11-25"


@pytest.mark.parametrize("revision", LEGACY)
def test_revision_that_is_asked_for_needs_no_question(revision: str) -> None:
    _, said = opened(legacy(nothing, revision), revision)
    assert [message["method"] for message in said] == ["initialize", "notifications/initialized"]
    assert said[0]["params"]["protocolVersion"] == revision


def test_silence_on_the_question_means_a_handshake() -> None:
    async def silent(server: Server) -> None:
        await server.expect("server/discover")
        await server.open_legacy("2025-06-18")

    client, _ = opened(silent, timeout=0.4)
    assert client.revision == "2025-06-18"


def test_modern_server_that_is_slow_to_start_is_recognised_after_all() -> None:
    async def slow(server: Server) -> None:
        question = await server.expect("server/discover")
        handshake = await server.expect("initialize")
        await server.answer(question, discovery())
        await server.refuse(handshake, -32601, "Method not found")

    client, _ = opened(slow, timeout=0.6)
    assert client.revision == MODERN


def test_server_that_names_only_older_revisions_is_asked_for_one() -> None:
    async def dual(server: Server) -> None:
        question = await server.expect("server/discover")
        data = {"supported": ["2025-06-18", "2025-03-26"], "requested": MODERN}
        await server.refuse(question, -32022, "Unsupported protocol version", data)
        await server.open_legacy("2025-06-18")

    client, said = opened(dual)
    assert client.revision == "2025-06-18"
    assert said[1]["params"]["protocolVersion"] == "2025-06-18"


@pytest.mark.parametrize("revision", ["auto", MODERN])
def test_server_of_unknown_revisions_only_is_refused(revision: str) -> None:
    async def unknown(server: Server) -> None:
        question = await server.expect("server/discover")
        data = {"supported": ["2031-01-01"], "requested": MODERN}
        await server.refuse(question, -32022, "Unsupported protocol version", data)

    with pytest.raises(NoCommonRevision, match="2031-01-01") as refused:
        opened(unknown, revision)
    assert refused.value.offered == ("2031-01-01",)


def test_legacy_server_is_refused_where_the_modern_revision_must_be_spoken() -> None:
    async def old(server: Server) -> None:
        await server.refuse(await server.expect("server/discover"), -32601, "Method not found")

    with pytest.raises(NoCommonRevision, match="Method not found"):
        opened(old, MODERN)


def test_other_revision_than_the_one_that_must_be_spoken_is_refused() -> None:
    async def older(server: Server) -> None:
        request = await server.expect("initialize")
        await server.answer(request, {"protocolVersion": "2024-11-05", "capabilities": {}})

    with pytest.raises(NoCommonRevision, match="2024-11-05"):
        opened(older, "2025-11-25")


@pytest.mark.parametrize("agreed", [None, 7, "2020-01-01", MODERN])
def test_handshake_that_agrees_on_nothing_known_is_refused(agreed: Any) -> None:
    async def odd(server: Server) -> None:
        request = await server.expect("initialize")
        await server.answer(request, {"protocolVersion": agreed, "capabilities": {}})

    with pytest.raises((NoCommonRevision, BadAnswer)):
        opened(odd, "2025-11-25")


def test_unknown_revision_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="no revision '2025-01-01'"):
        Client(StdioTransport(["true"]), revision="2025-01-01")


def test_client_that_is_not_open_says_so() -> None:
    async def run() -> None:
        await Client(StdioTransport(["true"])).list_tools()

    with pytest.raises(RuntimeError, match="async with"):
        asyncio.run(run())


# Falls over whatever is not a handshake, as servers do that were written before there was anything else.
FRAGILE = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    assert message["method"] in ("initialize", "notifications/initialized")
    if "id" in message:
        result = {"protocolVersion": "2024-11-05", "capabilities": {},
                  "serverInfo": {"name": "fragile", "version": "1"}}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"""


def test_server_that_falls_over_the_question_is_started_again() -> None:
    async def run() -> str:
        async with Client(StdioTransport([sys.executable, "-c", FRAGILE]), timeout=10) as client:
            return client.revision

    assert asyncio.run(run()) == "2024-11-05"


def test_closed_client_may_be_opened_again() -> None:
    async def run() -> list[str]:
        client = Client(StdioTransport([sys.executable, "-c", FRAGILE]), revision="2024-11-05", timeout=10)
        spoken = []
        for _ in range(2):
            async with client:
                spoken.append(client.revision)
        return spoken

    assert asyncio.run(run()) == ["2024-11-05", "2024-11-05"]


def test_server_that_exits_at_once_is_told_with_its_status() -> None:
    async def run() -> None:
        async with Client(StdioTransport(["sh", "-c", "exit 3"]), timeout=10):
            pass

    with pytest.raises(ServerGone, match="status 3"):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("transport", "said"),
    [
        (lambda: StdioTransport(["/no/such/program"]), "/no/such/program"),
        (lambda: TcpTransport("127.0.0.1", 9), "127.0.0.1:9"),
        (lambda: TcpTransport("no host", 9), "no host:9"),
        (lambda: UnixTransport("/no/such/socket"), "/no/such/socket"),
        (lambda: UnixTransport("x" * 300), "too long"),
    ],
)
def test_what_cannot_be_reached_is_named(transport: Any, said: str) -> None:
    async def run() -> None:
        async with Client(transport()):
            pass

    with pytest.raises(ConnectFailed, match=said):
        asyncio.run(run())
