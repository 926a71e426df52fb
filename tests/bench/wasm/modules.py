"""What each module in a component costs: `python -m tests.bench.wasm.modules [TARGET]`.

A build is stopped just before it packs, and tells what Python's allocator was asked for while each module was
imported, without what that module imports.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zlib
from base64 import b64decode
from pathlib import Path
from typing import Any

from mcpgen.build import building
from mcpgen.errors import TargetUnreachable

_MARK = "MODULES "
_COUNT = """
COSTS = {}


def _count():
    import _tracemalloc

    inside = []
    run = external._LoaderBasics.exec_module

    def exec_module(self, module):
        before = _tracemalloc.get_traced_memory()[0]
        inside.append(0)
        run(self, module)
        used = _tracemalloc.get_traced_memory()[0] - before
        COSTS[module.__name__] = used - inside.pop()
        if inside:
            inside[-1] += used

    gc.disable()
    _tracemalloc.start(1)
    external._LoaderBasics.exec_module = exec_module


_count()
"""
_TELL = """
    import base64, json, zlib
    from .slimming import COSTS
    live = {
        name: getattr(getattr(module, "__spec__", None), "origin", None) or ""
        for name, module in sys.modules.items()
        if module is not None and module.__class__ is not postponing.Postponed
    }
    code = {name: len(each.code) for name, each in found.items()}
    told = json.dumps([live, COSTS, code]).encode()
    raise SystemExit("MODULES " + base64.b64encode(zlib.compress(told)).decode())
"""
_PACKED = "    found = packed(wanted)\n"


def measured(target: str) -> tuple[dict[str, str], dict[str, int], dict[str, int]]:
    """The modules in memory by where they are from, the bytes that each took, and those of packed code."""
    stage = vars(building)["stage"]

    def stage_and_count(directory: Path, *arguments: Any) -> None:
        stage(directory, *arguments)
        inside = directory / "modules" / "mcpgen_inside"
        slimming, making = inside / "slimming.py", inside / "making.py"
        slimming.write_text(slimming.read_text() + _COUNT)
        text = making.read_text()
        assert _PACKED in text
        making.write_text(text.replace(_PACKED, _PACKED + _TELL))

    vars(building)["stage"] = stage_and_count
    try:
        with tempfile.TemporaryDirectory() as directory:
            building.build(target, kind="handler", output=Path(directory, "component.wasm"))
    except TargetUnreachable as told:
        line = next(line for line in told.message.splitlines() if _MARK in line)
        # A long message would be cut.
        live, costs, code = json.loads(zlib.decompress(b64decode(line.partition(_MARK)[2])))
        ours = {name: origin for name, origin in live.items() if not name.startswith("mcpgen_inside")}
        return ours, costs, code
    finally:
        vars(building)["stage"] = stage
    raise AssertionError("the build was not stopped")


def main() -> None:
    live, costs, code = measured(sys.argv[1] if len(sys.argv) > 1 else "examples/calculator")
    kinds: dict[str, int] = {}
    for name, origin in live.items():
        package = name.partition(".")[0]
        kind = "of the library" if origin.startswith("/python/") else "of the server"
        if package in ("mcpgen_runtime", "mcpgen_types"):
            kind = f"of {package}"
        elif package in ("wit_world", "componentize_py_types", "componentize_py_runtime", "mcpgen_component"):
            kind = "of the component"
        elif origin in ("built-in", "frozen", ""):
            kind = "of the interpreter"
        kinds[kind] = kinds.get(kind, 0) + 1
    print(f"{len(live)} modules in memory:", ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())))
    for name, size in sorted(costs.items(), key=lambda each: -each[1]):
        if name in live:
            print(f"{size / 1000:9.1f} KB  {name}")
    print(f"{len(code)} as code, {sum(code.values()) / 1e6:.2f} MB:")
    for name, size in sorted(code.items(), key=lambda each: -each[1]):
        print(f"{size / 1000:9.1f} KB  {name}")


if __name__ == "__main__":
    main()
