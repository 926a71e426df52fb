"""A call of a tool through typed WIT beside the same call as a raw message: same server, same host.

Either begins with the bytes of a request and ends with the JSON of its answer. Typed, the host makes a typed
value of the request, wasmtime takes it apart, componentize-py makes Python objects of it inside, the
converters make JSON of those, and the answer goes all the way back.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from ctypes import addressof
from pathlib import Path
from typing import Any

import mcpgen_types
from mcpgen.functions.lifting import lifter
from mcpgen.functions.lowering import arguments_lowerer
from mcpgen.hosting.engine import Engine
from mcpgen.hosting.grants import Grants
from mcpgen.hosting.instance import Call, HandlerInstance, ended
from mcpgen.hosting.library import Value
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.linking import Linker
from mcpgen.hosting.values import Context
from mcpgen.paths import wit_directory
from mcpgen.wasm_tools import run
from mcpgen.wit import read
from mcpgen.wit.model import ResultOf
from mcpgen_types.v2026_07_28.wit_values import TYPES

from ..serving import messages
from .hosted import ADD, Calls
from .typed_bindings import Bindings

SOURCE = Path(__file__).with_name("typed_component")
ROOT = Path(__file__).resolve().parents[3]
REVISION = "2026-07-28"
TYPED = ROOT / "generated/mcpgen_types/v2026_07_28/wit"


def build(directory: Path) -> Path:
    """The component, made in `directory`: the calculator, which takes raw messages and typed calls."""
    shutil.copytree(SOURCE, directory, dirs_exist_ok=True)
    shutil.copytree(wit_directory() / "deps", directory / "deps")
    shutil.copytree(wit_directory(), directory / "deps/mcp", ignore=shutil.ignore_patterns("deps"))
    shutil.copytree(TYPED, directory / "deps/typed")
    rooms = [
        directory,
        ROOT / "examples/calculator",
        Path(mcpgen_types.__file__).parents[1],
        ROOT / "runtime",
    ]
    output = directory / "typed.wasm"
    ended = run(
        "componentize-py",
        *("--quiet", "--wit-path", directory, "--world", "calculator", "componentize", "app"),
        *(f"--python-path={room}" for room in rooms),
        *("--stub-wasi", "--output", output),
    )
    if ended.code != 0:
        raise RuntimeError(ended.error)
    return output


class Both:
    """One instance of the component, called in either way."""

    def __init__(self, component: Path) -> None:
        engine = Engine()
        code = engine.compile(component.read_bytes())
        self._instance: HandlerInstance = HandlerInstance(
            code, Linker(code, "typed", (), Grants()), ComponentLimits(), handler=_HANDLER, key=bytes(32)
        )
        package = read(TYPED).main
        self._server = f"{package.name}/server@{package.version}"
        found = self._instance.function(self._server, "call-tool")
        assert found is not None
        self._call_tool = found
        function = package.interfaces["server"].functions["call-tool"]
        self._lower = arguments_lowerer(function.parameters)
        assert isinstance(function.result, ResultOf) and function.result.ok is not None
        self._lift = lifter(function.result)
        self._bindings = Bindings(package.interfaces["types"])
        self._revive = self._bindings.reviver(function.result.ok)

    def raw(self, message: bytes) -> Any:
        """The JSON of the answer to a request."""
        context = Context(REVISION, "stdio", "1", None, (), 0, "1")
        found = ended(self._instance.answer(message, context, Call(ComponentLimits())))
        assert found is not None
        return json.loads(found[-1])["result"]

    def typed(self, message: bytes) -> Any:
        """The same, by way of typed WIT."""
        params = TYPES["CallToolRequestParams"].to_wit(json.loads(message)["params"], self._bindings)
        arena = self._lower({"params": params})
        result = Value()
        self._instance.call_at(self._call_tool, arena.fix(), 1, addressof(result), 1)
        lifted = self._lift(bytes(result), 0)
        self._instance.free(result)
        return TYPES["CallToolAnswer"].from_wit(self._revive(lifted["ok"]))


_HANDLER = "mcpgen:mcp/handler@0.1.0"


def measure(component: Path, *, count: int, warm: int = 50) -> tuple[Calls, Calls]:
    """Raw calls and typed ones, by turns. Raises `RuntimeError` where they answer otherwise."""
    both = Both(component)
    message = messages.request(REVISION, 1, "tools/call", ADD)
    raw, typed = both.raw(message), both.typed(message)
    if raw != typed or raw["structuredContent"] != {"sum": 3}:
        raise RuntimeError(f"{raw!r} and {typed!r}")
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(warm + count):
        for call, taken in zip((both.raw, both.typed), times, strict=True):
            started = time.perf_counter()
            call(message)
            ended = time.perf_counter()
            if number >= warm:
                taken.append(ended - started)
    return Calls.of(times[0]), Calls.of(times[1])


def main() -> None:
    """Build, measure, print."""
    with tempfile.TemporaryDirectory() as scratch:
        component = build(Path(scratch, "typed")) if len(sys.argv) < 2 else Path(sys.argv[1])
        raw, typed = measure(component, count=1000)
    print(f"raw    p50 {raw.p50:6.0f} µs  p99 {raw.p99:6.0f} µs")
    print(f"typed  p50 {typed.p50:6.0f} µs  p99 {typed.p99:6.0f} µs  {typed.p50 / raw.p50:.2f} x raw")


if __name__ == "__main__":
    main()
