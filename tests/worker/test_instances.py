"""How many instances a worker makes, and what keeps one from the others."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.components import ROOT
from tests.runtime.http.asgi import META, Client
from tests.wasm.serving import KEY, Served
from tests.wasm.through_http import ThroughHttp
from tests.worker.workerd import workerd_serve

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

_MADE = "an instance is made"
_HEAD = (
    b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Accept: application/json, text/event-stream\r\n"
)
#: The beginnings of a body that never ends.
_SLOW = {
    "of a known length": _HEAD + b"Content-Length: 1000\r\n\r\n{",
    "in chunks": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
}


@pytest.fixture
def anyio_backend() -> str:
    """Tests that are coroutines run under asyncio."""
    return "asyncio"


@pytest.fixture(scope="module")
def telling(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worker, with a line in its log for each instance."""
    copy = shutil.copytree(folder, tmp_path_factory.mktemp("telling") / "worker")
    edit(copy / "worker.js", "instantiate((name) =>", f'(console.error("{_MADE}"), instantiate)((name) =>')
    return copy


@pytest.fixture
def served(workerd: str, telling: Path, tmp_path: Path) -> Iterator[Served]:
    environment = {"MCPGEN_KEY": KEY, "MCPGEN_INSTANCES": "2"}
    with workerd_serve(workerd, telling, tmp_path / "log", environment) as served:
        yield served


@pytest.mark.parametrize("beginning", _SLOW.values(), ids=_SLOW)
async def test_slow_uploads_keep_no_instance_and_lose_none(served: Served, beginning: bytes) -> None:
    uploads = [await upload(served, beginning) for _ in range(4)]
    await is_served(served)
    for _, writer in uploads:
        writer.transport.abort()
    await is_served(served)
    assert logged(served) == [_MADE]


@pytest.mark.parametrize("beginning", _SLOW.values(), ids=_SLOW)
async def test_an_upload_has_its_time(workerd: str, telling: Path, tmp_path: Path, beginning: bytes) -> None:
    hasty = shutil.copytree(telling, tmp_path / "worker")
    edit(hasty / "http.js", "const SLOW = 60_000;", "const SLOW = 200;")
    with workerd_serve(workerd, hasty, tmp_path / "log") as served:
        reader, writer = await upload(served, beginning)
        assert b" 408 " in await reader.readline()
        answer = await reader.readuntil(b"}}}")
        error = json.loads(answer.partition(b"\r\n\r\n")[2].partition(b"{")[1] + answer.split(b"{", 1)[1])[
            "error"
        ]
        assert error == {
            "code": -32600,
            "message": "The body took longer than message_seconds (0.2)",
            "data": {"limit": "message_seconds", "value": 0.2},
        }
        writer.close()
        await is_served(served)
        assert logged(served) == [_MADE]


async def test_dropped_streams_give_their_instances_back(served: Served) -> None:
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "subscriptions/listen",
        "params": {"notifications": {"toolsListChanged": True}, "_meta": META},
    }
    body = json.dumps(message).encode()
    headers = b"MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n"
    listen = _HEAD + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body
    for _ in range(20):
        reader, writer = await upload(served, listen)
        await reader.readuntil(b"notifications/subscriptions/acknowledged")
        # With a reset: workerd takes an end for half of one, until it writes.
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
    await is_served(served)
    assert served.printed.count(_MADE) < 12


async def test_what_is_too_large_to_be_read_ahead_arrives_whole(served: Served) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
    body = b" " * (3 << 20) + json.dumps(call).encode()
    headers = b"MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\nConnection: close\r\n"
    reader, _ = await upload(served, _HEAD + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert b'"result"' in await reader.read()


def test_an_instance_that_its_host_gave_up_has_no_place_any_more(peers: Path, jco: str) -> None:
    said = in_node(
        peers,
        """
        const instances = new Instances(async () => ++made);
        instances.leave(await instances.take());
        const second = await instances.take();
        instances.leave(second);
        console.log(await passing(instances.take()));
        for (let beat = 0; beat < 6; beat++) { now += 3_000; instances.hear(second); }
        console.log(await instances.take());
        console.log(await passing(instances.take()));
        """,
    )
    assert said == ["undefined", "3", "undefined"]


def test_a_call_that_its_host_gave_up_keeps_no_place_either(peers: Path, jco: str) -> None:
    said = in_node(
        peers,
        """
        const instances = new Instances(async () => ++made);
        await instances.take();
        console.log(await passing(instances.take()));
        now = 60_000;
        console.log(await instances.take());
        """,
    )
    assert said == ["undefined", "2"]


def test_who_waits_longest_is_served_first_and_takes_nobody_elses_turn(peers: Path, jco: str) -> None:
    # While an instance is made for the first who waits, that one's patience ends.
    said = in_node(
        peers,
        """
        let finish;
        const instances = new Instances(() => new Promise((resolve) => (finish = resolve)));
        const taken = instances.take();
        finish("a");
        const first = instances.take();
        const [late] = timers;
        const second = instances.take();
        instances.end(await taken);
        await settled();
        if (timers.includes(late)) late();
        finish("b");
        console.log(await first);
        instances.give("b");
        console.log(await second);
        """,
    )
    assert said == ["b", "b"]


def test_an_instance_that_cannot_be_made_is_no_lack_of_one(peers: Path, jco: str) -> None:
    said = in_node(
        peers,
        """
        const instances = new Instances(async () => {
          if (made++) throw new Error("no memory");
          return "a";
        });
        const taken = await instances.take();
        const waiting = instances.take();
        instances.end(taken);
        console.log(await waiting.catch((error) => error.message));
        """,
    )
    assert said == ["no memory"]


def in_node(peers: Path, script: str) -> list[str]:
    """What `script` prints, line by line, where time and patience pass only as it says."""
    before = f"""
        import {{ Instances }} from "{ROOT / "codegen/mcpgen/worker/js/instances.js"}";
        let now = 0;
        let made = 0;
        Date.now = () => now;
        const timers = [];
        globalThis.setTimeout = (late) => (timers.push(late), late);
        globalThis.clearTimeout = (late) => timers.includes(late) && timers.splice(timers.indexOf(late), 1);
        const settled = () => new Promise((resolve) => setImmediate(resolve));
        const passing = async (promise) => (await settled(), timers.shift()(), promise);
    """
    node = peers / "node_modules/.bin/node"
    command: list[str | Path] = [node, "--input-type=module", "--eval", before + script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def client(served: Served) -> Client:
    return Client(ThroughHttp("127.0.0.1", served.port))


async def upload(served: Served, beginning: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(beginning)
    await writer.drain()
    return reader, writer


async def is_served(served: Served) -> None:
    reply = await client(served).call("echo", {"text": "hi"}).reply()
    assert reply.status == 200


def logged(served: Served) -> list[str]:
    """The lines of the log that are not workerd's word of where it listens."""
    return [line for line in served.printed.splitlines() if not line.startswith('{"event"')]


def edit(path: Path, old: str, new: str) -> None:
    """Have `new` where `old` is, once."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
