"""The tests of the native HTTP transport, asked of a component under `wasmtime serve` and `jco serve`.

The first makes an instance for each request, the second gives all of them to one, one after the other.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.components import Components
from tests.runtime.http import asgi
from tests.runtime.http.asgi import Client
from tests.runtime.wasi.http import suite
from tests.wasm.serving import KEY, Served, jco_serve, wasmtime_serve
from tests.wasm.through_http import ThroughHttp

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

HERE = Path(__file__).parent
#: What hosts do before the component hears of a request, or has heard all of it.
OF_HOSTS = {
    "test_wrong_content_length_is_refused": "HTTP ends a body where its length says",
    "test_other_names_are_forbidden[None]": "the host itself refuses a request without Host",
}

#: What Node and jco do by themselves.
OF_JCO = {
    "test_headers_over_their_limit_together_are_refused_by_name": "Node takes headers of 16 KiB",
    "test_headers_within_their_limits_are_fine": "Node takes headers of 16 KiB",
    "test_other_names_are_forbidden[]": "Node refuses an empty Host",
    "test_a_client_that_goes_away_cancels_its_call": "jco does not tell that a client is gone",
}

globals().update(suite.tests())


@pytest.fixture
def anyio_backend() -> str:
    """Tests that are coroutines run under asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def component(components: Components, project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbench as a component."""
    stage = tmp_path_factory.mktemp("stage") / "workbench"
    shutil.copytree(HERE / "workbench", stage)
    shutil.copy(project_root / "tests/runtime/http/workbench.py", stage)
    return components.built(stage, "served:server", "wasi-http")


@pytest.fixture(scope="session")
def compiled(components: Components, component: Path, wasmtime: Path) -> Path:
    """The component, compiled for this machine."""
    return components.compiled(component, wasmtime)


@pytest.fixture(scope="module", params=["wasmtime", "jco"])
def served(
    request: pytest.FixtureRequest,
    wasmtime: Path,
    peers: Path,
    component: Path,
    require_tool: Callable[[str | Path], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("log") / "log"
    if request.param == "jco":
        require_tool(peers / "node_modules/.bin/jco")
        host = jco_serve(peers, component, log)
    else:
        host = wasmtime_serve(wasmtime, request.getfixturevalue("compiled"), log)
    with host as served:
        yield served


@pytest.fixture
def client(served: Served) -> Client:
    """A client of the component."""
    return Client(ThroughHttp("127.0.0.1", served.port))


@pytest.fixture(autouse=True)
def otherwise(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of in `docs/wasi-http.md`."""
    name = request.node.name
    known = {**suite.OTHERWISE, **OF_HOSTS, **(OF_JCO if "[jco" in name else {})}
    name = re.sub(r"\[(jco|wasmtime)\]$", "", re.sub(r"\[(jco|wasmtime)-", "[", name))
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


async def test_a_client_that_goes_away_cancels_its_call(client: Client, served: Served) -> None:
    # Longer than anybody waits for it here, and a host that does not cancel it is not kept for long.
    call = client.call("linger", {"seconds": 2.5 * asgi.SECONDS}, meta={"progressToken": 1})
    await call.event()
    assert "it was cancelled" not in served.printed
    call.disconnect()
    async with asyncio.timeout(2 * asgi.SECONDS):
        while "it was cancelled" not in served.printed:
            await asyncio.sleep(0.05)


async def test_requests_are_served_side_by_side(client: Client) -> None:
    listening = client.modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    assert (await listening.event()).json["method"] == "notifications/subscriptions/acknowledged"
    replies = [client.call("echo", {"text": str(number)}) for number in range(5)]
    for number, reply in enumerate(replies):
        assert (await reply.reply()).json["result"]["content"][0]["text"] == str(number)
    listening.disconnect()
    await listening.task


async def test_without_a_key_nothing_is_served_and_the_log_says_why(
    wasmtime: Path, compiled: Path, tmp_path: Path
) -> None:
    with wasmtime_serve(wasmtime, compiled, tmp_path / "log", {}) as served:
        reply = await Client(ThroughHttp("127.0.0.1", served.port)).call("echo", {"text": "hi"}).reply()
        assert reply.status == 500
        assert "MCPGEN_KEY is not set" in reply.error["message"]
        assert "error: The environment variable MCPGEN_KEY is not set" in served.printed


async def test_a_session_goes_on_at_another_host_with_the_same_key(
    client: Client, wasmtime: Path, compiled: Path, tmp_path: Path
) -> None:
    session = await client.open("2025-06-18")
    for key, status in ((KEY, 200), (KEY[::-1], 404)):
        log = tmp_path / f"log{status}"
        with wasmtime_serve(wasmtime, compiled, log, {"MCPGEN_KEY": key}) as other:
            session.app = ThroughHttp("127.0.0.1", other.port)
            assert (await session.call("echo", {"text": "hi"}).reply()).status == status
