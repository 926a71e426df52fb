"""The commands of the README, as they stand there: from nothing to a server that is tested and served."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from mcpgen_runtime.client import Client
from mcpgen_runtime.client.http import HttpTransport

# What is promised. `pip install` of mcpgen comes before.
COMMANDS = 3
SECONDS = 60


def commands_of(readme: Path) -> list[str]:
    """The lines of the first shell block under "Write a server"."""
    section = readme.read_text("utf-8").partition("\n## Write a server\n")[2]
    block = re.search(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert block is not None
    return block[1].splitlines()


def free(address: str) -> bool:
    """Whether nobody listens there."""
    host, _, port = address.rpartition(":")
    with socket.socket() as attempt:
        return attempt.connect_ex((host, int(port))) != 0


def test_commands_of_the_readme_lead_to_a_served_server(project_root: Path, tmp_path: Path) -> None:
    commands = commands_of(project_root / "README.md")
    assert len(commands) <= COMMANDS
    *before, serving = commands
    (address,) = re.findall(r"127\.0\.0\.1:\d+", serving)
    if not free(address):
        # Somebody uses that port of this machine.
        with socket.create_server(("127.0.0.1", 0)) as other:
            serving = serving.replace(address, address := f"127.0.0.1:{other.getsockname()[1]}")
    # As a user has it: the commands of the environment that mcpgen is installed in, and no settings of ours.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])

    started = time.monotonic()
    for command in before:
        run = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, f"{command}\n{run.stdout}\n{run.stderr}"
    server = subprocess.Popen(
        shlex.split(serving),
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        assert address in server.stderr.readline()
        greeting = asyncio.run(greet(f"http://{address}/mcp"))
        took = time.monotonic() - started
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0
    finally:
        server.kill()
        server.wait()
    assert greeting == {"greeting": "Hello, Ada!"}
    print(f"{len(commands)} commands, {took:.1f} s")
    assert took < SECONDS


async def greet(url: str) -> object:
    async with Client(HttpTransport(url)) as client:
        return (await client.call_tool("greet", {"name": "Ada"})).structured_content
