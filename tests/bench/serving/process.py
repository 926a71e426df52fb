"""A server's process, and what it uses."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .contenders import Contender

_START_SECONDS = 30.0


def cpu_seconds(pid: int) -> float:
    """CPU time that the process and its threads have used so far."""
    return sum(
        int((task / "schedstat").read_text().split()[0]) / 1e9 for task in Path(f"/proc/{pid}/task").iterdir()
    )


class Stolen:
    """How much of this machine's time its host gave to others, since this was made."""

    def __init__(self) -> None:
        self._before = _machine_ticks()

    def percent(self) -> float:
        """Of the time of all processors; 0 where the machine is nobody's guest."""
        all_before, stolen_before = self._before
        all_now, stolen_now = _machine_ticks()
        return 100 * (stolen_now - stolen_before) / max(all_now - all_before, 1)


def _machine_ticks() -> tuple[int, int]:
    """All of them, and those that were stolen (proc(5), `/proc/stat`)."""
    ticks = [int(each) for each in Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]]
    return sum(ticks), ticks[7]


def resident_mib(pid: int) -> float:
    """Memory that the process occupies, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no VmRSS for process {pid}")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def http_server(contender: Contender) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server that listens, and its port. Raises `RuntimeError` where it does not start."""
    port = free_port()
    process = subprocess.Popen(
        contender.start_command(port),
        env=contender.start_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{contender.name} did not start") from None
                time.sleep(0.01)
        yield process, port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
