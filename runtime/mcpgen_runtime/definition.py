"""A server's definition, as a file has it: what `mcpgen export` writes and `testing.snapshot` compares."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mcpgen_types.v2026_07_28 import encode_Implementation

if TYPE_CHECKING:
    from mcpgen_runtime.server import Server

_FIRST = ("uri", "uriTemplate", "name", "version", "title", "description")
_SCHEMAS = ("inputSchema", "outputSchema")


def definition_of(server: Server) -> dict[str, Any]:
    """What `server` offers, as a definition file has it: empty lists are left out."""
    definition = encode_Implementation(server.info)
    if server.instructions is not None:
        definition["instructions"] = server.instructions
    lists: dict[str, dict[str, Any]] = {
        "tools": server.tools,
        "resources": server.resources,
        "resourceTemplates": server.templates,
        "prompts": server.prompts,
    }
    for key, entries in lists.items():
        if entries:
            definition[key] = [_in_order(entry.json) for entry in entries.values()]
    return _in_order(definition)


def json_text(definition: dict[str, Any]) -> str:
    """A definition as people read it."""
    return json.dumps(definition, indent=2, ensure_ascii=False) + "\n"


def _in_order(definition: dict[str, Any]) -> dict[str, Any]:
    """The same with what names it first, and the type of each schema."""
    found = {key: definition[key] for key in (*_FIRST, *definition) if key in definition}
    for key in _SCHEMAS:
        if "type" in found.get(key, ()):
            found[key] = {"type": found[key]["type"], **found[key]}
    return found
