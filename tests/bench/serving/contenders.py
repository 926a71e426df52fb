"""Who is measured, and how it is started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[3]
SERVERS = ROOT / "tests/bench/servers"
PEERS = str(ROOT / "tests/peers/.venv/bin/python")
PYTHON = sys.executable
MCPGEN = str(Path(sys.executable).with_name("mcpgen"))
OURS = f"{SERVERS / 'ours.py'}:server"
OUR_STUBS = f"{SERVERS / 'stubs/handlers.py'}:server"
OUR_DECORATORS = f"{SERVERS / 'decorators.py'}:server"

_JSON = {"WITHOUT_ORJSON": "1"}


@dataclass(frozen=True)
class Contender:
    """A server. `command` has "{port}" where it is told one."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)

    def start_command(self, port: int | None = None) -> list[str]:
        """The command line."""
        return [part.format(port=port) for part in self.command]

    def start_environment(self) -> dict[str, str]:
        """The environment; bytecode is kept, as it is wherever servers are installed."""
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, **self.environment}


STUBS = Contender("mcpgen, generated stubs", (MCPGEN, "serve", OUR_STUBS, "--stdio"), _JSON)
DECORATORS = Contender("mcpgen, @server.tool", (MCPGEN, "serve", OUR_DECORATORS, "--stdio"), _JSON)
OURS_ORJSON = Contender("mcpgen, orjson", (MCPGEN, "serve", OURS, "--stdio"))
OURS_JSON = Contender("mcpgen, stdlib json", (MCPGEN, "serve", OURS, "--stdio"), _JSON)
LOWLEVEL = Contender("mcp 2.3.0 low-level", (PEERS, str(SERVERS / "lowlevel.py"), "stdio"))
FASTMCP = Contender("fastmcp", (PEERS, str(SERVERS / "fastmcp_echo.py")))
FLOOR_LINES = Contender("floor: asyncio lines, json", (PYTHON, str(SERVERS / "floor_stdio.py"), "lines"))
FLOOR_CHUNKS = Contender("floor: chunks, orjson", (PYTHON, str(SERVERS / "floor_stdio.py"), "chunks"))
STDIO = (OURS_JSON, STUBS, DECORATORS, OURS_ORJSON, LOWLEVEL, FASTMCP, FLOOR_LINES, FLOOR_CHUNKS)

_ADDRESS = ("--http", "127.0.0.1:{port}")
OURS_HTTP = Contender("mcpgen", (MCPGEN, "serve", OURS, *_ADDRESS))
STUBS_HTTP = Contender("mcpgen, generated stubs", (MCPGEN, "serve", OUR_STUBS, *_ADDRESS))
DECORATORS_HTTP = Contender("mcpgen, @server.tool", (MCPGEN, "serve", OUR_DECORATORS, *_ADDRESS))
LOWLEVEL_HTTP = Contender("mcp 2.3.0 low-level", (PEERS, str(SERVERS / "lowlevel.py"), "{port}"))
FLOOR_HTTP = Contender("floor: bare ASGI, orjson", (PYTHON, str(SERVERS / "floor_asgi.py"), "{port}"))
HTTP = (OURS_HTTP, STUBS_HTTP, DECORATORS_HTTP, LOWLEVEL_HTTP, FLOOR_HTTP)


def generate_stubs() -> None:
    """Have `mcpgen regen` write what `STUBS` imports, where it is not there or not up to date."""
    subprocess.run([MCPGEN, "regen"], cwd=SERVERS / "stubs", check=True, stdout=subprocess.DEVNULL)


def tapped(contender: Contender, record: Path) -> Contender:
    """The same server behind `mcpgen tap`, which keeps a record."""
    command = (MCPGEN, "tap", "--record", str(record), "--", *contender.command)
    return Contender(f"{contender.name}, tapped", command, contender.environment)


def thousand_tools(contender: Contender) -> Contender:
    """The same server with 1000 tools more."""
    environment = {**contender.environment, "TOOLS": "1000"}
    return Contender(f"{contender.name}, 1000 tools", contender.command, environment)
