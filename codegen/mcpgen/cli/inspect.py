"""`mcpgen inspect`: what a component is, what it says of itself, and what it asks of its host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcpgen.cli.options import Format

if TYPE_CHECKING:
    from mcpgen.component import ComponentFile
    from mcpgen.wit import Function

SCHEMA = "mcpgen.component/1"
_KINDS = {
    "handler": "a server, for hosts that have MCP's transports",
    "middleware": "a middleware, to stand in front of a server",
    "wasi-http": "a server over HTTP, for hosts that know HTTP",
    "functions": "functions of its own, which mcpgen serve offers as tools",
}


def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A WebAssembly component.")],
    format: Annotated[
        Format, typer.Option("--format", help="Text for people, or one JSON value.")
    ] = Format.TEXT,
) -> None:
    """Say what a component is: its name, version and revisions, its size, its imports and its exports.

    Exit code 2 for what is no component, or one that this mcpgen cannot know.
    """
    from mcpgen.component import read

    component = read(file)
    signatures = _signatures(file) if component.kind == "functions" else {}
    if format is Format.JSON:
        typer.echo(json.dumps(_value(component, signatures), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(_lines(component, signatures)))


def _value(component: ComponentFile, signatures: dict[str, list[str]]) -> dict[str, Any]:
    from dataclasses import asdict

    value: dict[str, Any] = {
        "schema": SCHEMA,
        "file": component.label,
        "kind": component.kind,
        "interface": component.interface_version,
        "size": component.size,
        "sha256": component.sha256,
        "metadata": None if component.metadata is None else asdict(component.metadata),
        "imports": list(component.imports),
        "exports": list(component.exports),
    }
    if component.kind == "functions":
        value["functions"] = signatures
    return value


def _lines(component: ComponentFile, signatures: dict[str, list[str]]) -> list[str]:
    lines = [f"{component.label}: {_KINDS[component.kind]}"]
    said = component.metadata
    if said is None:
        lines.append(_line("built by", "others: it says nothing of itself"))
    else:
        title = "" if said.title is None else f" ({said.title})"
        lines.append(_line("name", f"{said.name} {said.version}{title}"))
        lines.append(_line("revisions", ", ".join(said.revisions)))
        lines.append(_line("built by", f"mcpgen {said.mcpgen}, of {said.target}, as {said.kind}"))
    rounded = f" ({component.size / 1e6:.1f} MB)" if component.size >= 100_000 else ""
    lines.append(_line("size", f"{component.size:,} bytes{rounded}"))
    lines.append(_line("sha256", component.sha256))
    imports = component.imports or ("nothing: it runs on any host, with no authority",)
    exports = [
        each
        for name in component.exports
        if not _is_of_the_build(component, name, signatures)
        for each in (name, *(f"  {line}" for line in signatures.get(name, ())))
    ]
    for word, names in (("imports", imports), ("exports", exports or ["nothing"])):
        lines += [_line(word if number == 0 else "", name) for number, name in enumerate(names)]
    return lines


def _is_of_the_build(component: ComponentFile, name: str, signatures: dict[str, list[str]]) -> bool:
    """Whether an export is what componentize-py left of its build: it has no use any more."""
    if name != "exports":
        return False
    return component.metadata is not None or signatures.get(name, [""])[0].startswith("init: func(app-name: ")


def _line(word: str, value: str) -> str:
    return f"  {word:<10} {value}".rstrip()


def _signatures(file: Path) -> dict[str, list[str]]:
    """The functions of each export as WIT writes them; none where wasm-tools is not installed."""
    from mcpgen.errors import MissingExtra
    from mcpgen.wit import Function, Interface, read
    from mcpgen.wit.words import signature

    try:
        world = next(iter(read(file).main.worlds.values()))
    except MissingExtra as missing:
        typer.echo(f"note: functions are not shown: {missing.message}\n  {missing.hint}", err=True)
        return {}
    return {
        name: [f"{_name(each)}: {signature(each)}" for each in item.functions.values()]
        if isinstance(item, Interface)
        else [signature(item)]
        for name, item in world.exports.items()
        if isinstance(item, Interface | Function)
    }


def _name(function: Function) -> str:
    if function.resource is None:
        return function.name
    inner = "constructor" if function.kind == "constructor" else function.short_name
    return f"{function.resource.name}.{inner}"
