"""What a decorator costs a call: `python -m tests.bench.dispatch [ROUNDS]`.

The same tool three times: added by hand, decorated, and decorated with what is frozen of it; each makes the
same objects of its arguments, by hand without pydantic and then with it. They answer the same messages behind
the core and a connection, as `serving.in_process` has it.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from mcpgen.export.freezing import frozen_text
from mcpgen_runtime import RequestContext, Server
from mcpgen_runtime.code_first import frozen
from mcpgen_runtime.code_first.derive import derive
from mcpgen_runtime.json_text import accelerate

from .serving import in_process


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
    given = arguments["point"]
    point = Point(int(given["x"]), float(given["y"]))
    moved = Point(point.x + int(arguments.get("by", 1)), point.y)
    return {"x": moved.x, "y": moved.y}


POINTS = TypeAdapter(Point)


async def move_with_pydantic(arguments: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    point = POINTS.validate_python(arguments["point"])
    moved = Point(point.x + int(arguments.get("by", 1)), point.y)
    result: dict[str, Any] = POINTS.dump_python(moved, mode="json")
    return result


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


def main(rounds: int) -> None:
    accelerate()
    cases: list[tuple[Callable[..., Any], Callable[..., Any], dict[str, Any]]] = [
        (echo, echo_bare, {"text": "hello"}),
        (move, move_bare, {"point": {"x": 1, "y": 2.5}, "by": 2}),
        (move, move_with_pydantic, {"point": {"x": 1, "y": 2.5}, "by": 2}),
    ]
    print("by hand                     decorated        decorated, frozen   (CPU µs a call)")
    for function, bare, arguments in cases:
        name = function.__name__
        derived = decorated(function)
        servers = {
            "by hand": by_hand(name, bare, derived),
            "decorated": derived,
            "frozen": with_frozen(function),
        }
        costs = in_process.measure(servers, rounds, call={"name": name, "arguments": arguments})
        hand, with_pydantic, without = costs.values()
        print(
            f"{bare.__name__:18} {hand:7.2f} {with_pydantic:9.2f} {with_pydantic / hand - 1:+7.1%}"
            f" {without:11.2f} {without / hand - 1:+7.1%}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 101)
