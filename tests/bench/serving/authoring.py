"""What it costs a call how its server was written: `add_tool`, generated stubs, a decorated function."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module

from mcpgen_runtime import Server

from ..servers import decorators, ours
from . import in_process
from .contenders import SERVERS


def measure(rounds: int) -> Mapping[str, float]:
    """CPU µs of one call by each."""
    sys.path.insert(0, str(SERVERS / "stubs"))
    try:
        stubs: Server = import_module("handlers").server
    finally:
        sys.path.pop(0)
    servers = {"add_tool": ours.server, "generated stubs": stubs, "@server.tool": decorators.server}
    return in_process.measure(servers, rounds)
