"""Layers need no event loop, no threads and no package: they run inside a component as they run here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ..test_isolation import NOT_FOR_THE_CORE

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import json, sys
sys.path[:0] = sys.argv[1:]
from conversation import everything, conversation, steps
from mcpgen_runtime.connection import Connection
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.host import Driver
from mcpgen_runtime.layers import AllowList, Cache, RateLimit, RequestLog, Timeout, Timing
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.revisions import REVISIONS

frames = 0
for revision in REVISIONS:
    host = Driver()
    server = everything(host)
    for layer in (RequestLog(), Timing(), AllowList(tools=["*"]), RateLimit(1000), Cache(), Timeout(5)):
        server.add_layer(layer)
    sent = []
    connection = Connection(ServerCore(server), host, sent.extend, limits=Limits(), transport="memory")
    for messages in steps(conversation(revision), sent):
        connection.receive(messages)
        host.run()
    frames += len(sent)
print(json.dumps([frames, sorted(sys.modules)]))
"""


def test_a_whole_conversation_inside_every_layer_needs_nothing_but_the_standard_library() -> None:
    paths = [ROOT / "generated", ROOT / "runtime", ROOT / "tests/runtime"]
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", SCRIPT, *map(str, paths)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=60,
    )
    frames, modules = json.loads(done.stdout)
    assert frames > 200
    # `logging` alone brings `threading` along.
    assert not set(modules) & NOT_FOR_THE_CORE
    assert not [
        module for module in modules if module.startswith(("mcpgen_runtime.transports", "opentelemetry"))
    ]
