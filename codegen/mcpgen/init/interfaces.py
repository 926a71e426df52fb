"""From WIT to a server project: its functions as tools of a definition, and the world of the component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcpgen.component import recognise
from mcpgen.component.sections import MAGIC
from mcpgen.errors import UsageError, unknown_name
from mcpgen.functions.documented import world_of
from mcpgen.functions.survey import LeftOut, require_some, survey
from mcpgen.functions.tools import tool_definition
from mcpgen.init.naming import Names
from mcpgen.paths import wit_directory
from mcpgen.wasm_tools import run
from mcpgen.wit import InvalidWit, Wit, read
from mcpgen.wit.model import WorldItem

#: Where a project has the WIT that it began with, and that of the component which `mcpgen build` makes of it.
FUNCTIONS = "wit/functions"
COMPONENT = "wit/component"
_VERSION = "0.1.0"
_SPEAKING = {
    "handler": "a component that speaks MCP itself",
    "middleware": "middleware, which speaks MCP itself",
}


@dataclass(frozen=True, slots=True)
class Interfaces:
    """What WIT at `source` has for a server: its id, its functions as tools, and those that cannot be one."""

    source: Path
    id: str
    version: str
    docs: str
    tools: tuple[dict[str, Any], ...]
    left_out: tuple[LeftOut, ...]


def read_interfaces(source: Path, *, world: str | None = None) -> Interfaces:
    """The functions that WIT offers: a file, a directory with its deps/, or a component that was built of it.

    Those that `world` exports, or the only world there is; without worlds those of all interfaces of the
    package. Raises `InvalidWit`, `UsageError` where none can be a tool or the world is not clear, and
    `MissingExtra`.
    """
    exports, id, version, docs = _exports(source, world)
    offered, left_out = survey(exports)
    require_some(str(source), offered, left_out)
    return Interfaces(
        source, id, version or _VERSION, docs.strip(), tuple(map(tool_definition, offered)), tuple(left_out)
    )


def definition_of(interfaces: Interfaces, names: Names) -> dict[str, Any]:
    """The definition of a server that offers the functions."""
    definition: dict[str, Any] = {"name": names.slug, "version": interfaces.version}
    if names.title:
        definition["title"] = names.title
    if interfaces.docs:
        definition["description"] = interfaces.docs
    return definition | {"tools": list(interfaces.tools)}


def wit_files(interfaces: Interfaces, names: Names) -> dict[str, str]:
    """The WIT of the project by its paths: what it began with, and the world that its component has."""
    room = wit_directory()
    vendored = {f"{COMPONENT}/deps/mcp/mcp.wit": room / "mcp.wit"} | {
        f"{COMPONENT}/deps/{file.name}": file for file in sorted((room / "deps").glob("*.wit"))
    }
    return {
        **_copied(interfaces.source),
        f"{COMPONENT}/world.wit": _WORLD.format(id=interfaces.id, name=names.slug),
        **{path: file.read_text(encoding="utf-8") for path, file in vendored.items()},
    }


_WORLD = """\
package project:server;

/// What `mcpgen build` makes of the server {name}: a component that answers MCP messages.
/// Its tools are the functions of {id}, which lie beside this.
world component {{
    include mcpgen:mcp/server@0.1.0;
}}
"""


def _exports(source: Path, world: str | None) -> tuple[Mapping[str, WorldItem], str, str | None, str]:
    """What is offered, and of what: its id, its version, and what is said of it."""
    if _is_wasm(source):
        component = recognise(source.read_bytes(), label=str(source))
        if component.kind in ("handler", "middleware"):
            raise UsageError(
                f"{source} is {_SPEAKING[component.kind]}, and has no functions to make tools of",
                hint=f"mcpgen serve {source}; a project that does what it does:"
                f" mcpgen init DIR --from-server -- mcpgen serve {source} --stdio",
            )
        found = world_of(component)
        versions = {name.rpartition("@")[2] for name in found.exports if "@" in name}
        return found.exports, source.name, versions.pop() if len(versions) == 1 else None, found.docs
    wit = read(source)
    package = wit.main
    if world is None and not package.worlds:
        docs = package.docs
        if not docs and len(package.interfaces) == 1:
            (only,) = package.interfaces.values()
            docs = only.docs
        return {each.id: each for each in package.interfaces.values()}, package.id, package.version, docs
    chosen = package.worlds[_name_of_world(source, wit, world)]
    return chosen.exports, package.id, package.version, chosen.docs or package.docs


def _name_of_world(source: Path, wit: Wit, wish: str | None) -> str:
    worlds = list(wit.main.worlds)
    if wish is None and len(worlds) == 1:
        return worlds[0]
    if wish is None:
        raise UsageError(
            f"{source} has several worlds: {', '.join(worlds)}", hint="choose one of them: --world NAME"
        )
    if wish not in worlds:
        raise unknown_name("world", wish, worlds)
    return wish


def _is_wasm(source: Path) -> bool:
    try:
        with source.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:  # a directory, or nothing: said where it is read
        return False


def _copied(source: Path) -> dict[str, str]:
    """The WIT at `source` as files of the project."""
    if _is_wasm(source):
        ended = run("wasm-tools", "component", "wit", source)
        if ended.code != 0:
            raise InvalidWit(f"{source}: {ended.error.strip()}", hint="is it a component?")
        return {f"{FUNCTIONS}/{source.stem}.wit": ended.output.decode()}
    files = sorted(source.rglob("*.wit")) if source.is_dir() else [source]
    root = source if source.is_dir() else source.parent
    return {
        f"{FUNCTIONS}/{file.relative_to(root).as_posix()}": file.read_text(encoding="utf-8") for file in files
    }
