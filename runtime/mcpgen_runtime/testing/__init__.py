"""What a server's tests need: a client in the same process, a recorder, a snapshot of the interface.

    async with client(server) as session:
        assert (await session.call_tool("add", {"a": 1, "b": 2})).structured_content == {"sum": 3}

Nothing here needs pytest, and all of it works under it.
"""

from __future__ import annotations

from mcpgen_runtime.testing.connected import client
from mcpgen_runtime.testing.interface import Change, interface_changes
from mcpgen_runtime.testing.overriding import UnusedOverride
from mcpgen_runtime.testing.recorder import Recorder, read_transcript
from mcpgen_runtime.testing.snapshots import InterfaceChanged, snapshot

__all__ = [
    "Change",
    "InterfaceChanged",
    "Recorder",
    "UnusedOverride",
    "client",
    "interface_changes",
    "read_transcript",
    "snapshot",
]
