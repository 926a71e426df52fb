"""The tests of the native HTTP transport, asked of a worker under workerd."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.runtime.http import asgi
from tests.runtime.http.asgi import Client
from tests.runtime.wasi.http import suite
from tests.wasm.serving import KEY, Served
from tests.wasm.through_http import ThroughHttp
from tests.worker.workerd import workerd_serve

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

_JOINED = "workerd joins headers of one name"
_LENGTH = "workerd reads Content-Length itself, and refuses what is none"
#: What the host does before the worker hears of a request.
OF_THE_HOST = {
    **{
        f"test_header_that_is_there_twice_is_refused_by_name[{name}]": _JOINED
        for name in ("Origin", "Mcp-Session-Id", "Mcp-Method", "Mcp-Param-X", "Content-Type")
    },
    "test_client_must_take_both_kinds_of_reply[-406]": "workerd leaves out a header without a value",
    "test_other_pages_are_forbidden[]": "workerd leaves out a header without a value",
    "test_other_names_are_forbidden[]": "workerd itself refuses a request without Host",
    "test_other_names_are_forbidden[None]": "workerd itself refuses a request without Host",
    "test_wrong_content_length_is_refused": _LENGTH,
}

globals().update(suite.tests())


@pytest.fixture
def anyio_backend() -> str:
    """Tests that are coroutines run under asyncio."""
    return "asyncio"


@pytest.fixture(scope="module")
def served(workerd: str, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with workerd_serve(workerd, folder, tmp_path_factory.mktemp("log") / "log") as served:
        yield served


@pytest.fixture
def client(served: Served) -> Client:
    """A client of the worker."""
    return Client(ThroughHttp("127.0.0.1", served.port))


@pytest.fixture(autouse=True)
def otherwise(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of in `docs/wasi-http.md` and `docs/worker.md`."""
    known = {**suite.OTHERWISE, **OF_THE_HOST}
    name = request.node.name
    reason = known.get(name) or known.get(name.partition("[")[0])
    if reason is not None:
        monkeypatch.setattr(asgi, "SECONDS", 1.0)  # what does not come need not be waited for
        request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))


async def test_events_arrive_as_they_are_made(client: Client) -> None:
    call = client.call("steps", meta={"progressToken": 1})
    arrived = []
    for _ in range(3):
        await call.event()
        arrived.append(time.monotonic())
    await call.reply()
    assert arrived[1] - arrived[0] > 0.25


async def test_others_are_served_while_streams_stay_open(workerd: str, folder: Path, tmp_path: Path) -> None:
    # A worker of its own: what other tests have left may still be at work.
    with workerd_serve(workerd, folder, tmp_path / "log") as served:
        client = Client(ThroughHttp("127.0.0.1", served.port))
        listening = [
            client.modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
            for _ in range(3)
        ]
        for stream in listening:
            assert (await stream.event()).json["method"] == "notifications/subscriptions/acknowledged"
        replies = [client.call("echo", {"text": str(number)}) for number in range(5)]
        for number, reply in enumerate(replies):
            assert (await reply.reply()).json["result"]["content"][0]["text"] == str(number)
        for stream in listening:
            stream.disconnect()
            await stream.task


async def test_who_finds_all_instances_at_work_waits_for_one(
    workerd: str, folder: Path, tmp_path: Path
) -> None:
    environment = {"MCPGEN_KEY": "a key of tests that is long enough", "MCPGEN_INSTANCES": "1"}
    with workerd_serve(workerd, folder, tmp_path / "log", environment) as served:
        client = Client(ThroughHttp("127.0.0.1", served.port))
        steps = client.call("steps", meta={"progressToken": 1})
        await steps.event()
        reply = await client.call("echo", {"text": "hi"}).reply()
        assert reply.status == 200
        assert steps.task.done(), "one instance served both at once"


async def test_the_environment_of_workerd_is_that_of_the_server(
    workerd: str, folder: Path, tmp_path: Path
) -> None:
    environment = {
        "MCPGEN_KEY": KEY,
        "MCPGEN_ALLOWED_HOSTS": "mcp.example",
        "MCPGEN_ALLOWED_ORIGINS": "https://app.example",
        "MCPGEN_STREAM_SECONDS": "0.2",
        "MCPGEN_INSTANCES": "-1",
    }
    with workerd_serve(workerd, folder, tmp_path / "log", environment) as served:
        client = Client(ThroughHttp("127.0.0.1", served.port))
        for host, origin, status in (
            ("mcp.example", "https://app.example", 200),
            ("localhost", None, 403),
            ("mcp.example", "http://localhost", 403),
        ):
            reply = await client.modern("tools/list", headers={"host": host, "origin": origin}).reply()
            assert reply.status == status
        wanted = {"notifications": {"toolsListChanged": True}}
        listening = client.modern("subscriptions/listen", wanted, headers={"host": "mcp.example"})
        assert (await listening.reply()).messages[-1]["result"]["resultType"] == "complete"
        assert (
            'error: MCPGEN_INSTANCES must be a whole number above 0, and is "-1": 2 it is' in served.printed
        )


async def test_without_a_key_nothing_is_served_and_the_log_says_why(
    workerd: str, folder: Path, tmp_path: Path
) -> None:
    with workerd_serve(workerd, folder, tmp_path / "log", {}) as served:
        reply = await Client(ThroughHttp("127.0.0.1", served.port)).call("echo", {"text": "hi"}).reply()
        assert reply.status == 500
        assert "MCPGEN_KEY is not set" in reply.error["message"]
        assert "error: The environment variable MCPGEN_KEY is not set" in served.printed
