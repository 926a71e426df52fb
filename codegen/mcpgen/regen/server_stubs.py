"""The kind `stubs`: the package that a server's author implements, from the project's definition."""

from __future__ import annotations

from functools import partial

from mcpgen.definition import Definition
from mcpgen.project import OptionDefaults, Output, Project
from mcpgen.regen.definitions import definition_of, package_of
from mcpgen.regen.inputs import generator_inputs, require, tool_inputs
from mcpgen.regen.lock import DEFINITION
from mcpgen.regen.unit import Unit
from mcpgen.schema.room import SchemaRoom

# tests/regen/test_inputs.py proves that these are all that the emitter imports.
_CODE = (
    *("definition", "ir", "schema/pointer.py", "emit/source.py", "emit/templates.py"),
    *("emit/wire", "emit/server"),
)


class ServerStubs:
    """Types, codecs, the protocol of handlers and a client, for what the definition offers."""

    def __init__(self) -> None:
        self.options: OptionDefaults = {}

    def units(
        self, project: Project, output: Output, room: SchemaRoom, revisions: tuple[str, ...]
    ) -> tuple[Unit, ...]:
        """One unit: everything refers to everything."""
        require("jinja2")
        if project.target is not None:
            package_of(output, project)
        definition, source = definition_of(project, output)
        inputs = generator_inputs(*_CODE) | tool_inputs("ruff") | {DEFINITION: source.sha256}
        return (Unit("stubs", None, (source,), inputs, partial(_emit, definition)),)

    def directory_of(self, revision: str) -> None:
        """None: a definition is of no revision."""


def _emit(definition: Definition) -> dict[str, str]:
    from mcpgen.definition.stubs import server_stubs
    from mcpgen.emit.server import emit_server

    return emit_server(server_stubs(definition))
