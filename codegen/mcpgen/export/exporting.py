"""From a server, as its module makes it, to the files that `mcpgen export` writes."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NamedTuple

from mcpgen.definition.writing import render
from mcpgen.errors import MissingExtra, UsageError
from mcpgen.export.freezing import frozen_text
from mcpgen.project import find_project, load_project
from mcpgen.serving.projects import project_at
from mcpgen.serving.target import is_place, load_target
from mcpgen_runtime.code_first.frozen import Reading, frozen_name, recorded
from mcpgen_runtime.definition import definition_of
from mcpgen_runtime.server import Server

DEFINITION = "server.mcp.json"
_YAML = (".yaml", ".yml")


class Export(NamedTuple):
    """What is to be written. `left_to_pydantic` names, by tool, the types that cannot be frozen."""

    files: dict[Path, str]
    server: Server
    frozen: int
    left_to_pydantic: dict[str, list[str]]


def export(target: str, *, output: Path | None = None) -> Export:
    """The definition of the server that `target` means, and its code-first tools frozen.

    `target` is a module's attribute, or a project that names one. The definition goes to `output`; without
    it to the file that the project names, or beside the server's module. Frozen modules lie beside the
    modules whose functions they are of, if these are in the directory of the server's module or below.
    Raises `UsageError`, also for a server that was itself made of the file to be written, `TargetCrashed`,
    and `MissingExtra` where pydantic is missing.
    """
    try:
        from mcpgen_runtime.code_first.derive import derive
    except ModuleNotFoundError:
        raise MissingExtra("pydantic", extra="pydantic") from None
    if output is not None and output.suffix not in (".json", *_YAML):
        raise UsageError(
            f"a definition is JSON or YAML, and {output} is named like neither", hint="-o server.mcp.json"
        )
    root, named = Path.cwd(), None
    if is_place(target):
        project, target = project_at(target)
        root, named = project.root, project.definition
    with recorded() as readings:
        handler = load_target(target, root=str(root))
    server = getattr(handler, "server", None)
    if not isinstance(server, Server):
        raise UsageError(
            f"{target} is a handler of its own and has no definition",
            hint="export a Server, or init --from-server",
        )
    home = _home(target, root)
    if _is_made_of_stubs(server):
        _refuse_source(target, output, home)
    output = output or named or home / DEFINITION
    format: Literal["json", "yaml"] = "yaml" if output.suffix in _YAML else "json"
    files = {output: render(definition_of(server), format)}
    left: dict[str, list[str]] = {}
    frozen = 0
    for module, of_module in _by_module(readings, home).items():
        unique = {reading.digest: reading for reading in of_module}
        tools = [(reading, derive(reading.signature, reading.data)) for reading in unique.values()]
        frozen += len(tools)
        for reading in unique.values():
            if reading.shapes.opaque:
                left[reading.tool] = [_shown(hint) for hint in reading.shapes.opaque]
        assert module.__file__ is not None
        path = Path(module.__file__).with_name(frozen_name(module).rpartition(".")[2] + ".py")
        files[path] = frozen_text(path.stem.removeprefix("_frozen_"), tools)
    return Export(files, server, frozen, left)


def _home(target: str, root: Path) -> Path:
    """The directory of the module that `target` names, which was found from `root`."""
    place = target.rpartition(":")[0]
    if place.endswith(".py"):
        return (root / place).resolve().parent
    file = sys.modules[place].__file__
    return Path(file).resolve().parent if file else Path.cwd()


def _is_made_of_stubs(server: Server) -> bool:
    """Whether a generated `create_server` made it, of a definition that its author wrote."""
    handlers = [
        *(tool.handler for tool in server.tools.values()),
        *(resource.reader for resource in server.resources.values()),
        *(template.reader for template in server.templates.values()),
        *(prompt.handler for prompt in server.prompts.values()),
    ]
    return any(getattr(each, "__module__", None) == "mcpgen_runtime.binding" for each in handlers)


def _refuse_source(target: str, output: Path | None, home: Path) -> None:
    """Raise `UsageError` where the definition that the server was made of would be written anew."""
    try:
        source = load_project(find_project(home)).definition
    except UsageError:
        source = None
    if output is None or output.resolve() == source:
        of_what = "its definition" if source is None else source.name
        raise UsageError(
            f"{target} is made of {of_what}, which is yours to write",
            hint="after a change of it run mcpgen regen; -o FILE writes elsewhere what the server offers",
        )


def _by_module(readings: list[Reading], home: Path) -> dict[ModuleType, list[Reading]]:
    found: dict[ModuleType, list[Reading]] = {}
    for reading in readings:
        module = sys.modules.get(reading.module)
        file = getattr(module, "__file__", None)
        if module is not None and file and Path(file).resolve().is_relative_to(home):
            found.setdefault(module, []).append(reading)
    return found


def _shown(hint: Any) -> str:
    return getattr(hint, "__qualname__", None) or str(hint)
