"""The core is complete without any third-party package, and the same under every host."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime import json_text
from mcpgen_runtime.revisions import REVISIONS
from mcpgen_runtime.transports.asyncio_host import AsyncioHost

from . import conversation

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
#: What has to do with event loops, threads, sockets or processes, and what an extra brings.
NOT_FOR_THE_CORE = {
    "anyio",
    "asyncio",
    "concurrent.futures",
    "ctypes",
    "multiprocessing",
    "orjson",
    "pydantic",
    "queue",
    "select",
    "selectors",
    "signal",
    "site",
    "socket",
    "ssl",
    "subprocess",
    "uvloop",
}


@cache
def isolated() -> dict[str, Any]:
    """What `conversation.main` prints under an interpreter without site-packages."""
    start = "import sys; sys.path[:0] = sys.argv[1:]; import conversation; conversation.main()"
    paths = [ROOT / "generated", ROOT / "runtime", HERE]
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", start, *map(str, paths)],
        check=True,
        stdout=subprocess.PIPE,
        timeout=60,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_core_imports_nothing_but_the_standard_library_and_the_generated_types() -> None:
    homes = [Path(sysconfig.get_path("stdlib")).resolve(), ROOT / "generated", ROOT / "runtime", HERE]
    for name, file in isolated()["modules"].items():
        if file is not None:
            path = Path(file).resolve()
            assert any(path.is_relative_to(home) for home in homes), f"{name} comes from {path}"
            assert "site-packages" not in path.parts, f"{name} comes from {path}"


def test_core_imports_no_event_loop_no_sockets_and_no_processes() -> None:
    loaded = set(isolated()["modules"])
    assert not loaded & NOT_FOR_THE_CORE
    # `logging` alone brings `threading` along.
    assert {"mcpgen_runtime.core", "mcpgen_runtime.legacy", "mcpgen_runtime.modern"} <= loaded
    assert not any(name.startswith(("mcpgen_runtime.transports", "mcpgen_runtime.client")) for name in loaded)


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_whole_conversation_needs_nothing_else(revision: str) -> None:
    # What is said is asserted there, step by step.
    assert len(isolated()["sent"][revision]) > 40


@pytest.mark.parametrize("revision", REVISIONS)
def test_asyncio_and_a_plain_driver_send_the_same_bytes(
    revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_text, "_orjson", None)
    json_text.accelerate()  # where orjson is installed: it has to make no difference either

    async def under_asyncio() -> list[bytes]:
        host = AsyncioHost()
        sent: list[bytes] = []
        connection = conversation.connected(host, sent)
        for messages in conversation.steps(conversation.conversation(revision), sent):
            connection.receive(messages)
            for _ in range(20):  # enough turns for whatever is under way
                await asyncio.sleep(0)
        connection.close()
        host.close()
        return sent

    sent = [text.decode() for text in asyncio.run(under_asyncio())]
    assert sent == isolated()["sent"][revision]
