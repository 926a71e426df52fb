"""The instructions of a `tools/call` and of its parts: `python -m tests.bench.instructions`.

They are the same in every run but for a hundredth, whatever else the machine does. It needs valgrind, whose
callgrind counts them from the moment when everything is warm.
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from mcpgen_runtime import ServerCore
from mcpgen_runtime.connection import Connection
from mcpgen_runtime.json_text import dumps, loads
from mcpgen_runtime.jsonrpc import Request, message_of
from mcpgen_runtime.limits import Limits, check_text
from mcpgen_runtime.modern import ModernCall, check_meta
from mcpgen_runtime.results import tool_result
from mcpgen_runtime.transports.asyncio_host import AsyncioHost

from .servers.ours import server
from .serving import messages

_TIMES = 200
#: So many calls come in one read.
_AT_ONCE = 20
_MODERN = messages.MODERN


def main() -> None:
    """Print the table, or count what is in it: so it is called under valgrind."""
    if sys.argv[1:2] == ["counted"]:
        asyncio.run(_counted(sys.argv[2]))
        return
    if shutil.which("valgrind") is None:
        sys.exit("error: there is no valgrind\nhint: install it, with its callgrind_control")
    with tempfile.TemporaryDirectory() as directory:
        out = str(Path(directory, "counts"))
        valgrind = ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
        command = [*valgrind, sys.executable, "-m", __spec__.name, "counted", out]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})


async def _counted(out: str) -> None:
    parts = _parts()
    for part in parts.values():
        _run(part)
    gc.collect()
    gc.freeze()
    _control("-i", "on")
    nothing = 0.0
    for number, (name, part) in enumerate(parts.items(), 1):
        _control("-z")
        _run(part)
        _control("-d")
        found = re.search(r"^(?:totals|summary): (\d+)", Path(f"{out}.{number}").read_text(), re.M)
        assert found is not None
        count = int(found[1]) / _TIMES
        nothing = nothing or count
        print(f"{name:50} {(count - nothing) / (_AT_ONCE if number < 4 else 1):8,.0f}")


def _parts() -> dict[str, Callable[[], Any]]:
    host, core, written = AsyncioHost(), ServerCore(server), list[bytes]()
    connections, texts = {}, {}
    for revision in messages.REVISIONS:
        connection = Connection(core, host, written.extend, limits=Limits(), transport="stdio")
        if revision != _MODERN:
            connection.receive([messages.initialize(), messages.INITIALIZED])
        connections[revision] = connection
        texts[revision] = [messages.request(revision, 1, "tools/call", messages.CALL)] * _AT_ONCE
    text = texts[_MODERN][0]
    value = loads(text)
    request = message_of(value)
    assert isinstance(request, Request)
    connections[_MODERN].receive([text])
    answer = loads(written[-1])
    in_flight = connections[_MODERN]._in_flight
    tool, limits, arguments = server.tools["echo"], Limits(), messages.CALL["arguments"]
    meta, known = value["params"]["_meta"], ModernCall(request, connections[_MODERN], in_flight, None)

    def calls(revision: str) -> None:
        written.clear()
        connections[revision].receive(texts[revision])

    async def nothing() -> None:
        """Neither waits nor does anything."""

    def alone(coroutine: Coroutine[Any, Any, Any]) -> None:
        host.start(coroutine, lambda value, error: None)

    def by_name() -> Any:
        return tool.input.accepts(arguments)

    return {
        "nothing": lambda: None,
        **{f"a call of {revision}": partial(calls, revision) for revision in texts},
        "JSON, both ways": lambda: (loads(text), dumps(answer)),
        "limits": lambda: check_text(text, limits),
        "what kind of message": lambda: message_of(value),
        "whether `_meta` says what it must": lambda: check_meta(request.params),
        "whether `_meta` is known": lambda: known._vouches(meta),
        "arguments validated": by_name,
        "the result of a text as JSON": lambda: tool_result("hello"),
        "running in place": lambda: alone(nothing()),
        "the context": lambda: ModernCall(request, connections[_MODERN], in_flight, None),
        "the id among those in flight": lambda: in_flight.check(1),
    }


def _run(part: Callable[[], Any]) -> None:
    for _ in range(_TIMES):
        part()


def _control(*arguments: str) -> None:
    command = ["callgrind_control", *arguments, str(os.getpid())]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
