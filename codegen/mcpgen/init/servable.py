"""Which of what a server says of itself a server of ours can offer too."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mcpgen.definition import FEATURES, Finding, lint, load_definition
from mcpgen.definition.json_reader import read_json
from mcpgen.definition.marks import Unreadable
from mcpgen.init.drafts import modernised
from mcpgen_runtime import DefinitionError, Server

Add = Callable[[Mapping[str, Any], Callable[..., Any]], None]


def servable(definition: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What of `definition` a server may have, and a note for each piece that is left out or cut short."""
    server = Server(definition["name"], definition["version"])
    adds: dict[str, Add] = {
        "tools": server.add_tool,
        "resources": server.add_resource,
        "resourceTemplates": server.add_resource_template,
        "prompts": server.add_prompt,
    }
    notes: list[str] = []
    kept: dict[str, Any] = {}
    for key, value in definition.items():
        if key in adds:
            items = [_taken(dict(item), adds[key], notes) for item in value]
            kept[key] = [item for item in items if item is not None]
        elif (why := _unreadable(value)) is None:
            kept[key] = value
        else:
            notes.append(f"`{key}` is left out: {why}")
    _leave_out_errors(kept, notes)
    return {key: value for key, value in kept.items() if key not in adds or value}, notes


def _taken(item: dict[str, Any], add: Add, notes: list[str]) -> dict[str, Any] | None:
    why = _unreadable(item)
    if why is not None:
        notes.append(f"{item['name']!a:.80} is left out: {why}")
        return None
    for key in ("inputSchema", "outputSchema"):
        if key in item:
            item[key] = modernised(item[key])
    try:
        add(item, _never_called)
    except DefinitionError as error:
        without = {key: value for key, value in item.items() if key != "outputSchema"}
        if without != item and _is_accepted(without, add):
            notes.append(f"{item['name']!r:.80} is written without its outputSchema: {error}")
            return without
        notes.append(f"{item['name']!r:.80} is left out: {error}")
        return None
    return item


def _leave_out_errors(definition: dict[str, Any], notes: list[str]) -> None:
    """Leave out what `mcpgen schema lint` would call an error: no project could begin with it."""
    with TemporaryDirectory(prefix="mcpgen-") as scratch:
        file = Path(scratch, "server.mcp.json")
        while True:
            file.write_text(json.dumps(definition, ensure_ascii=False), encoding="utf-8")
            errors = [finding for finding in lint(load_definition(file)) if finding.severity == "error"]
            if not errors:
                return
            # From the back, for what is left out of a list moves what stands behind it.
            places = {_place(error.pointer): error for error in reversed(errors)}
            for place in sorted(places, reverse=True):
                _leave_out(definition, place, places[place], notes)


def _place(pointer: str) -> tuple[str, int, str]:
    """What of a definition goes where a finding is at `pointer`: a key; of a list an item; a key of that."""
    steps = [*pointer.split("/")[1:], "", "", ""]
    if steps[0] not in FEATURES or not steps[1].isdecimal():
        return steps[0], -1, ""
    return steps[0], int(steps[1]), "outputSchema" if steps[2] == "outputSchema" else ""


def _leave_out(
    definition: dict[str, Any], place: tuple[str, int, str], finding: Finding, notes: list[str]
) -> None:
    key, index, member = place
    if index < 0:
        if key in ("", "name", "version"):
            raise RuntimeError(f"a definition without a way out: {finding}")
        del definition[key]
        notes.append(f"`{key}` is left out: {finding.what}")
        return
    item = definition[key][index]
    if member:
        del item[member]
        notes.append(f"{item['name']!r:.80} is written without its {member}: {finding.what}")
    else:
        del definition[key][index]
        notes.append(f"{item['name']!r:.80} is left out: {finding.what}")


def _unreadable(value: Any) -> str | None:
    """Why a definition file cannot hold `value`, three levels down; None where it can."""
    try:
        read_json(f"[[{json.dumps(value)}]]")
    except Unreadable as error:
        return error.what
    return None


def _is_accepted(item: dict[str, Any], add: Add) -> bool:
    try:
        add(item, _never_called)
    except DefinitionError:
        return False
    return True


def _never_called(*_: object) -> None:
    raise AssertionError("this server is not served")
