"""Which of what a server says of itself a server of ours can offer too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcpgen.init.drafts import modernised
from mcpgen_runtime import DefinitionError, Server

Add = Callable[[Mapping[str, Any], Callable[..., Any]], None]

# How people like to read them; what stands nowhere here comes behind.
_ORDER = (
    "$schema",
    "name",
    "uri",
    "uriTemplate",
    "version",
    "title",
    "description",
    "mimeType",
    "websiteUrl",
    "icons",
    "instructions",
    "inputSchema",
    "outputSchema",
    "arguments",
    "annotations",
    "tools",
    "resources",
    "resourceTemplates",
    "prompts",
)


def servable(definition: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What of `definition` a server may have, its keys in the order of documents; and a note for each
    piece that is left out, or written differently.
    """
    server = Server(definition["name"], definition["version"])
    adds: dict[str, Add] = {
        "tools": server.add_tool,
        "resources": server.add_resource,
        "resourceTemplates": server.add_resource_template,
        "prompts": server.add_prompt,
    }
    notes: list[str] = []
    kept = dict(definition)
    for key, add in adds.items():
        items = [_taken(_ordered(item), add, notes) for item in definition.get(key, ())]
        kept[key] = [item for item in items if item is not None]
        if not kept[key]:
            del kept[key]
    return _ordered(kept), notes


def _taken(item: dict[str, Any], add: Add, notes: list[str]) -> dict[str, Any] | None:
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


def _is_accepted(item: dict[str, Any], add: Add) -> bool:
    try:
        add(item, _never_called)
    except DefinitionError:
        return False
    return True


def _ordered(value: Mapping[str, Any]) -> dict[str, Any]:
    known = {key: value[key] for key in _ORDER if key in value}
    return known | {key: one for key, one in value.items() if key not in known}


def _never_called(*_: object) -> None:
    raise AssertionError("this server is not served")
