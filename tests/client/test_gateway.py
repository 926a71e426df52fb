"""The proxy of docs/gateways.md before examples/everything: every feature, through two real processes."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mcpgen_runtime.client import Client, HttpTransport, StdioTransport, Transport
from mcpgen_types import REVISIONS
from mcpgen_types.v2026_07_28 import Root

from .test_everything import fill, sample, share_everything, visit


@pytest.fixture(scope="module")
def proxy(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the proxy that the document shows."""
    document = (project_root / "docs/gateways.md").read_text("utf-8")
    (shown,) = re.findall(r"^```python\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    file = tmp_path_factory.mktemp("gateway") / "proxy.py"
    file.write_text(shown, encoding="utf-8")
    return file


@pytest.fixture
def command(
    proxy: Path, everything_directory: Path, mcpgen: str, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """What serves it, before a server of its own."""
    monkeypatch.setenv("UPSTREAM", f"{mcpgen} serve {everything_directory}/server.py:server")
    return [mcpgen, "serve", f"{proxy}:gateway"]


@contextmanager
def over(kind: str, command: list[str]) -> Iterator[Transport]:
    """A transport to the server that `command` serves."""
    if kind == "stdio":
        yield StdioTransport(command)
        return
    serving = subprocess.Popen(
        [*command, "--http", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert serving.stderr is not None
    try:
        address = re.search(r"http://\S+", serving.stderr.readline())
        assert address is not None
        yield HttpTransport(address[0])
        serving.terminate()
        assert serving.wait(timeout=20) == 0
    finally:
        serving.kill()
        serving.stderr.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "revision"),
    [*(("stdio", revision) for revision in REVISIONS), ("http", REVISIONS[-2]), ("http", REVISIONS[-1])],
)
def test_a_client_has_everything_through_a_proxy(kind: str, revision: str, command: list[str]) -> None:
    async def meet(transport: Transport) -> None:
        client = Client(
            transport,
            revision=revision,
            on_elicit=fill,
            on_elicit_url=visit,
            on_sample=sample,
            roots=[Root(uri="file:///a"), Root(uri="file:///b")],
            timeout=20,
        )
        async with asyncio.timeout(60), client:
            assert client.server_info["name"] == "proxy"
            assert client.instructions == "Nothing here is of use. Call what you want to see."
            # Log messages upstream do not say which request they belong to.
            await share_everything(client, revision, logged=None)

    with over(kind, command) as transport:
        asyncio.run(meet(transport))


@pytest.mark.slow
def test_the_proxy_passes_the_type_checker(proxy: Path, project_root: Path) -> None:
    rooms = os.pathsep.join(str(project_root / room) for room in ("generated", "runtime"))
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", proxy],
        cwd=proxy.parent,
        env=os.environ | {"MYPYPATH": rooms},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
