"""The kind `tests`: what a server's definition says, as a module for pytest in the tests of its project."""

from __future__ import annotations

from functools import partial

from mcpgen.definition import Definition
from mcpgen.project import OptionDefaults, Output, Project
from mcpgen.regen.definitions import definition_of
from mcpgen.regen.inputs import generator_inputs, require, tool_inputs
from mcpgen.regen.lock import DEFINITION
from mcpgen.regen.unit import Unit
from mcpgen.schema.room import SchemaRoom

# tests/regen/test_inputs.py proves that these are all that the emitter imports.
_CODE = ("emit/templates.py", "emit/project_tests", "samples")


class ProjectTests:
    """The tests that follow from `definition`."""

    def __init__(self) -> None:
        self.options: OptionDefaults = {}

    def units(
        self, project: Project, output: Output, room: SchemaRoom, revisions: tuple[str, ...]
    ) -> tuple[Unit, ...]:
        """One unit. Raises as `Emitter.units` does."""
        require("jinja2")
        definition, source = definition_of(project, output)
        inputs = generator_inputs(*_CODE) | tool_inputs("ruff") | {DEFINITION: source.sha256}
        return (Unit("tests", None, (source,), inputs, partial(_emit, definition)),)

    def directory_of(self, revision: str) -> None:
        """None: the tests are of no revision."""


def _emit(definition: Definition) -> dict[str, str]:
    from mcpgen.emit.project_tests import emit_project_tests

    return emit_project_tests(definition.value)
