"""Judges one server over one way, with the command line that anybody would use."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .installing import command_of
from .servers import Server, Way

#: A cluster that nobody reaches: the server of Kubernetes wants to know of one before it starts.
_KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: u, user: {}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
"""
_LONGEST = 600


def judge(server: Server, way: Way, home: Path, box: Path) -> dict[str, Any]:
    """The JSON report of all revisions; `box` is an empty directory for the server."""
    (box / "kubeconfig").write_text(_KUBECONFIG, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def filled(text: str) -> str:
        return text.replace("{port}", str(port)).replace("{box}", str(box))

    program, needed = command_of(server, home)
    env = {"HOME": str(box), **needed} | {name: filled(value) for name, value in way.env.items()}
    command = [*program, *map(filled, way.command)]
    options = ["--format", "json", "--revision", "all", *(["--call-tools"] if server.call else [])]
    if way.way == "stdio":
        pairs = [word for name, value in env.items() for word in ("--env", f"{name}={value}")]
        return _report([*options, *pairs, "--cwd", str(box), "--", *command], box)
    address = filled(way.address)
    with _listening(command, env, port, box):
        return _report([*options, "--sse" if way.way == "sse" else "--url", address], box)


def _report(arguments: list[str], box: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "mcpgen", "validate", *arguments],
        capture_output=True,
        text=True,
        timeout=_LONGEST,
        check=False,
        cwd=box,
    )
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        report = {}
    if "checks" not in report:
        raise RuntimeError(f"no report, exit code {done.returncode}: {(done.stderr or done.stdout)[-1000:]}")
    return report


@contextmanager
def _listening(command: list[str], env: dict[str, str], port: int, box: Path) -> Iterator[None]:
    log = box / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=os.environ | env,
            cwd=box,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("localhost", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"it does not listen: {log.read_text()[-1000:]}") from None
                time.sleep(0.1)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
