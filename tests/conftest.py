"""What every room's tests share: tools from outside Python are asked for here, so that none hides in CI."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def require_tool() -> Callable[[str | Path], str]:
    """A function from the name (or path) of an executable to its full path.

    Where there is none, the test is skipped, but with CI set it fails: a machine that runs CI has every
    tool, and a test that quietly never runs is worse than none.
    """

    def require(tool: str | Path) -> str:
        found = shutil.which(tool)
        return found if found is not None else missing(f"{tool} is not here")

    return require


@pytest.fixture(scope="session")
def peers(project_root: Path) -> Path:
    """Where servers and clients that others wrote are, with what they need."""
    return project_root / "tests/peers"


@pytest.fixture(scope="session")
def mcpgen(require_tool: Callable[[str | Path], str]) -> str:
    """The command, as it was installed beside the Python that runs the tests."""
    return require_tool(Path(sys.executable).with_name("mcpgen"))


@pytest.fixture(scope="session")
def everything_directory(project_root: Path) -> Path:
    """The directory of the example server that has every feature; its target is `server:server`."""
    return project_root / "examples/everything"


@pytest.fixture(scope="session")
def everything_url(everything_directory: Path, mcpgen: str) -> Iterator[str]:
    """The endpoint of that server, a real process; at the end it is asked to go, and has to go gracefully.

    The host is called localhost, as browsers and the official suite call it.
    """
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    process = subprocess.Popen(
        [mcpgen, "serve", "server:server", "--http", f"127.0.0.1:{port}"],
        cwd=everything_directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, "the server did not start; its output is above"
                assert time.monotonic() < deadline, "the server does not listen"
                time.sleep(0.02)
        yield f"http://localhost:{port}/mcp"
        assert process.poll() is None, "the server died meanwhile; its output is above"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def missing(what: str) -> NoReturn:
    """End the running test because of `what`: skipped on a developer's machine, failed in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI is set: nothing may be skipped for a missing tool", pytrace=False)
    pytest.skip(f"{what}; ./dev sets up what it can")
