"""One module, every host: the same conversation comes to the same words, message by message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from tests.components import Components
from tests.worker.workerd import worker_of

from mcpgen_runtime.client import MemoryTransport
from mcpgen_runtime.revisions import REVISIONS
from mcpgen_runtime.servable import protocol_handler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.memory import MemoryAdapter, pipe

from .conversation import CONVERSATIONS, converse
from .differences import asides
from .hosts import KEY, MODULES, Reach, free_port, imported, over_http, over_stdio
from .transcript import Said, difference

pytestmark = pytest.mark.slow

Transcript: TypeAlias = dict[str, list[Said]]

#: Where each host listens, as its log tells.
_OURS = r"on http://(\S+)/mcp"
_WASMTIMES = r"on http://([^/\s]+)"
HOSTS = ("stdio", "http", "component", "wasmtime", "jco", "workerd")
MEETINGS = [
    *((host, example) for host in HOSTS for example in CONVERSATIONS),
    # The same component, otherwise: one example tells.
    ("component over http", "everything"),
    ("component, fresh each time", "everything"),
]


@pytest.fixture(scope="module")
def reach(
    project_root: Path,
    mcpgen: str,
    components: Components,
    peers: Path,
    require_tool: Callable[[str | Path], str],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """A function from a host and an example to a transport that leads there; what it starts lasts."""
    started: dict[tuple[str, str], Reach] = {}
    with ExitStack() as stack:

        def start(host: str, example: str) -> Reach:
            directory = project_root / "examples" / example
            target = f"{MODULES[example]}:server"
            log = tmp_path_factory.mktemp(host) / "log"
            command: list[str | Path]
            match host:
                case "stdio":
                    return over_stdio([mcpgen, "serve", target, "--stdio"], directory)
                case "http":
                    command = [mcpgen, "serve", target, "--http", "127.0.0.1:0"]
                    return stack.enter_context(over_http(command, directory, log, _OURS))
                case "component":
                    return over_stdio([mcpgen, "serve", handler(directory, target), "--stdio"], directory)
                case "component, fresh each time":
                    command = [mcpgen, "serve", handler(directory, target), "--isolation", "request"]
                    return over_stdio(command, directory)
                case "component over http":
                    command = [mcpgen, "serve", handler(directory, target), "--http", "127.0.0.1:0"]
                    return stack.enter_context(over_http(command, directory, log, _OURS))
                case "jco":
                    node = require_tool(peers / "node_modules/.bin/node")
                    jco = require_tool(peers / "node_modules/.bin/jco")
                    port = free_port()
                    command = [node, jco, "serve", http(directory, target)]
                    command += ["--host", "127.0.0.1", "--port", str(port)]
                    return stack.enter_context(over_http(command, directory, log, port))
                case "wasmtime":
                    wasmtime = request.getfixturevalue("wasmtime")
                    compiled = components.compiled(http(directory, target), Path(wasmtime))
                    command = [
                        wasmtime,
                        "serve",
                        "-Scli",
                        "--allow-precompiled",
                        "--env",
                        f"MCPGEN_KEY={KEY}",
                    ]
                    command += ["--addr", "127.0.0.1:0", compiled]
                    return stack.enter_context(over_http(command, directory, log, _WASMTIMES))
                case "workerd":
                    jco = require_tool(peers / "node_modules/.bin/jco")
                    folder = worker_of(components, http(directory, target), jco)
                    workerd = require_tool(peers / "node_modules/.bin/workerd")
                    port = free_port()
                    command = [workerd, "serve", folder / "config.capnp"]
                    command += [f"--socket-addr=http=127.0.0.1:{port}"]
                    return stack.enter_context(over_http(command, directory, log, port))
            raise AssertionError(host)

        def http(directory: Path, target: str) -> Path:
            return components.built(directory, target, "wasi-http")

        def handler(directory: Path, target: str) -> str:
            made = components.built(directory, target, "handler")
            # The calculator is compiled by what serves it, as users have it; the other for a few calls.
            return str(made if directory.name == "calculator" else components.hosted(made))

        def transport(host: str, example: str) -> Reach:
            if (host, example) not in started:
                started[host, example] = start(host, example)
            return started[host, example]

        yield transport


@pytest.fixture(scope="module")
def reference(project_root: Path) -> Callable[[str, str], Transcript]:
    """What is said over memory, where nothing is between client and server."""
    kept: dict[tuple[str, str], Transcript] = {}

    async def talk(example: str, revision: str) -> Transcript:
        with imported(project_root / "examples" / example, MODULES[example]) as server:
            here, there = pipe()
            adapter = MemoryAdapter(there)
            adapter.configure(TransportConfig())
            serving = asyncio.ensure_future(adapter.serve(protocol_handler(server)))
            spoken = await converse(MemoryTransport(here), revision, CONVERSATIONS[example])
            await serving
            return spoken

    def transcript(example: str, revision: str) -> Transcript:
        if (example, revision) not in kept:
            kept[example, revision] = asyncio.run(talk(example, revision))
        return kept[example, revision]

    return transcript


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(("host", "example"), MEETINGS)
def test_same_words_everywhere(
    host: str,
    example: str,
    revision: str,
    reach: Callable[[str, str], Reach],
    reference: Callable[[str, str], Transcript],
) -> None:
    known = asides(host, example, revision)
    expected = dict(reference(example, revision))
    for step, aside in known.items():
        said = expected.pop(step)
        if aside.otherwise is not None:
            expected[step] = aside.otherwise(said)
            assert expected[step] != said, f"{step} is said alike after all: take it out of the table"
    steps = {name: step for name, step in CONVERSATIONS[example].items() if name in expected}
    hopeless = {step: len(expected[step]) for step, aside in known.items() if aside.hopeless}
    spoken = asyncio.run(converse(reach(host, example)(), revision, steps, hopeless=hopeless))
    assert spoken.keys() == expected.keys()
    differences = {step: text for step in spoken if (text := difference(expected[step], spoken[step]))}
    assert not differences, "\n".join(f"{step}:\n{text}" for step, text in differences.items())
