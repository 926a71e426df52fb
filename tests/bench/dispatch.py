"""What a decorator costs a call: `python -m tests.bench.dispatch [ROUNDS]`.

The same tool three times: added by hand, decorated, and decorated with what is frozen of it. Each answers the
same messages behind the core and a connection, in one process, on the CPU's clock; rounds take turns, and the
figures are medians.
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib.util
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mcpgen.export.freezing import frozen_text
from mcpgen_runtime import RequestContext, Server, ServerCore
from mcpgen_runtime.code_first import frozen
from mcpgen_runtime.code_first.derive import derive
from mcpgen_runtime.connection import Connection
from mcpgen_runtime.json_text import accelerate, loads
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.asyncio_host import AsyncioHost

from .serving import messages

_CALLS = 500


@dataclasses.dataclass
class Point:
    x: int
    y: float


async def echo(text: str) -> str:
    return text


async def echo_bare(arguments: dict[str, Any], ctx: RequestContext) -> str:
    text: str = arguments["text"]
    return text


async def move(point: Point, by: int = 1) -> Point:
    return Point(point.x + by, point.y)


async def move_bare(arguments: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    point, by = arguments["point"], arguments.get("by", 1)
    return {"x": int(point["x"]) + int(by), "y": float(point["y"])}


def by_hand(name: str, handler: Callable[..., Any], like: Server) -> Server:
    """A server with `handler` under the definition of a decorated tool."""
    server = Server("bench", "1")
    server.add_tool(like.tools[name].json, handler)
    return server


def decorated(function: Callable[..., Any]) -> Server:
    server = Server("bench", "1")
    server.tool(function)
    return server


def with_frozen(function: Callable[..., Any]) -> Server:
    """The decorated server, its codecs taken from a frozen module as `mcpgen export` writes it."""
    with frozen.recorded() as readings:
        decorated(function)
    (reading,) = readings
    text = frozen_text("dispatch", [(reading, derive(reading.signature, reading.data))])
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "_frozen_dispatch.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location("_frozen_dispatch", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    frozen._tables[f"{__name__} {__file__}"] = module.TOOLS
    try:
        return decorated(function)
    finally:
        frozen._tables.clear()


async def measured(servers: list[Server], call: dict[str, Any], rounds: int) -> list[float]:
    """The CPU µs of a call to each server."""
    texts = [messages.request(messages.MODERN, number, "tools/call", call) for number in range(_CALLS)]
    written: list[bytes] = []
    connections = []
    for server in servers:
        connection = Connection(
            ServerCore(server), AsyncioHost(), written.extend, limits=Limits(), transport="stdio"
        )
        connection.receive(texts[:1])
        connections.append(connection)
    answers = [loads(text)["result"].get("content") for text in written]
    if any(answer != answers[0] for answer in answers):
        raise RuntimeError(f"they do not answer alike: {answers}")
    times: list[list[float]] = [[] for _ in servers]
    for _ in range(rounds):
        for connection, taken in zip(connections, times, strict=True):
            written.clear()
            started = time.process_time()
            connection.receive(texts)
            taken.append((time.process_time() - started) / _CALLS * 1e6)
    return [statistics.median(taken) for taken in times]


def main(rounds: int) -> None:
    accelerate()
    cases: list[tuple[Callable[..., Any], Callable[..., Any], dict[str, Any]]] = [
        (echo, echo_bare, {"text": "hello"}),
        (move, move_bare, {"point": {"x": 1, "y": 2.5}, "by": 2}),
    ]
    print("tool   by hand   decorated        decorated, frozen   (CPU µs a call)")
    for function, bare, arguments in cases:
        name = function.__name__
        derived = decorated(function)
        servers = [by_hand(name, bare, derived), derived, with_frozen(function)]
        call = {"name": name, "arguments": arguments}
        hand, with_pydantic, without = asyncio.run(measured(servers, call, rounds))
        print(
            f"{name:6} {hand:7.2f} {with_pydantic:9.2f} {with_pydantic / hand - 1:+7.1%}"
            f" {without:11.2f} {without / hand - 1:+7.1%}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 101)
