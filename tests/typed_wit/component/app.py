"""The component's main module: typed values of JSON go out of it, and what returns is JSON again."""

import json
from importlib import import_module

import wit_world  # made by componentize-py, of the world

REVISIONS = ("2025-11-25", "2026-07-28")
VALUES = {
    revision: import_module(f"mcpgen_types.v{revision.replace('-', '_')}.wit_values").TYPES
    for revision in REVISIONS
}
BINDINGS = {
    revision: import_module(f"wit_world.imports.mcpgen_mcp_v{revision.replace('-', '')}_types")
    for revision in REVISIONS
}
MIRRORS = {
    revision: import_module(f"wit_world.imports.mirror{revision.replace('-', '')}") for revision in REVISIONS
}


class WitWorld(wit_world.WitWorld):
    def carry(self, revision: str, definition: str, value: str) -> str:
        """The JSON `value`, after it was outside as a value of the type `definition`."""
        typed = VALUES[revision][definition]
        sent = typed.to_wit(json.loads(value), BINDINGS[revision])
        returned = getattr(MIRRORS[revision], f"mirror_{typed.name.replace('-', '_')}")(sent)
        if returned != sent:
            return f"{sent!r} came back as {returned!r}"
        return json.dumps(typed.from_wit(returned))
