"""Packages of stubs, generated for a test and imported."""

from __future__ import annotations

import importlib
import itertools
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from mcpgen.definition import load_definition
from mcpgen.definition.stubs import server_stubs
from mcpgen.emit.server import emit_server
from mcpgen.ir.stubs import ServerStubs

_numbers = itertools.count()


def stubs_of(definition: dict[str, Any], directory: Path) -> ServerStubs:
    """The stubs of `definition`, which is written to `directory` first."""
    file = directory / "server.mcp.json"
    file.write_text(json.dumps({"name": "tested", "version": "1", **definition}), encoding="utf-8")
    return server_stubs(load_definition(file))


def write_package(stubs: ServerStubs, package: Path) -> None:
    """Write what is generated for `stubs`, not formatted, into the new directory `package`."""
    package.mkdir(parents=True)
    for path, text in emit_server(stubs).items():
        (package / path).write_text(text, encoding="utf-8")


def imported(stubs: ServerStubs, directory: Path) -> ModuleType:
    """The package for `stubs`, under a name that no other test has."""
    name = f"generated_{next(_numbers)}"
    write_package(stubs, directory / name)
    sys.path.insert(0, str(directory))
    try:
        importlib.invalidate_caches()
        package = importlib.import_module(name)
        for module in ("types", "codecs", "checks", "definition", "handlers", "binding", "client"):
            if (directory / name / f"{module}.py").exists():
                importlib.import_module(f"{name}.{module}")
    finally:
        sys.path.remove(str(directory))
    return package


def tool(schema: dict[str, Any], *, name: str = "try", output: Any = None) -> dict[str, Any]:
    """A tool with that input schema."""
    described = {"name": name, "description": "Tries.", "inputSchema": {"type": "object", **schema}}
    return described if output is None else {**described, "outputSchema": output}
