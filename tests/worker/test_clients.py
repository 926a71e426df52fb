"""The official TypeScript clients against examples/everything as a worker under workerd.

They see what they see of a native server, but for what needs a memory: see `docs/wasi-http.md`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.components import Components
from tests.interop.test_clients import expected
from tests.worker.workerd import worker_of, workerd_serve

from mcpgen_runtime.revisions import NEUTRAL

pytestmark = pytest.mark.slow

#: What needs a session, or one instance that serves all requests.
REMEMBERED = ("cancelled", "changes")
ASKED = ("elicited", "visited", "sampled", "roots")


@pytest.fixture(scope="module")
def url(
    components: Components,
    everything_directory: Path,
    jco: str,
    workerd: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Where the worker listens."""
    component = components.built(everything_directory, "server:server", "wasi-http")
    folder = worker_of(components, component, jco)
    with workerd_serve(workerd, folder, tmp_path_factory.mktemp("log") / "log") as served:
        yield f"http://localhost:{served.port}/mcp"


@pytest.mark.parametrize(
    ("client", "revision"),
    [
        *(("typescript_2.mjs", revision) for revision in ("2025-06-18", "2025-11-25", NEUTRAL)),
        *(("typescript_1.mjs", revision) for revision in ("2024-11-05", "2025-11-25")),
    ],
)
def test_typescript_client_sees_everything_but_what_needs_a_memory(
    client: str, revision: str, url: str, peers: Path, require_tool: Callable[[str | Path], str]
) -> None:
    node = require_tool(peers / "node_modules/.bin/node")
    run = subprocess.run(
        [node, peers / "clients" / client, "http", revision, url],
        env=os.environ | {"STATELESS": "1"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    saw = json.loads(run.stdout)
    wanted = {key: value for key, value in expected(revision).items() if key not in REMEMBERED}
    if revision != NEUTRAL:
        wanted |= dict.fromkeys(ASKED, -32600)
    if client == "typescript_2.mjs":
        wanted["unknown resource"] = -32602  # it tells its users the newest code
    assert saw == wanted
