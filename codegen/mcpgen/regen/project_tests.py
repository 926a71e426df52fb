"""The kind `tests`: modules for pytest in the tests of a server project.

One holds the server to its definition, one to the rules of the protocol, one to what fuzzing found once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from mcpgen.definition import Definition
from mcpgen.project import OptionDefaults, Output, Project
from mcpgen.regen.definitions import definition_of
from mcpgen.regen.inputs import generator_inputs, require, rule_inputs, tool_inputs
from mcpgen.regen.lock import DEFINITION
from mcpgen.regen.unit import Unit
from mcpgen.schema.room import SchemaRoom
from mcpgen.schema.rules import load_rules

# tests/regen/test_inputs.py proves that these are all that the emitter imports.
_CODE = ("emit/templates.py", "emit/project_tests", "samples")

Rules = Mapping[str, Mapping[str, tuple[str, ...]]]


class ProjectTests:
    """The tests of the project that has `definition`."""

    def __init__(self) -> None:
        self.options: OptionDefaults = {"conformance": True}

    def units(
        self, project: Project, output: Output, room: SchemaRoom, revisions: tuple[str, ...]
    ) -> tuple[Unit, ...]:
        """Three units, a module each; that of conformance by option. Raises as `Emitter.units` does."""
        require("jinja2")
        definition, source = definition_of(project, output)
        code = generator_inputs(*_CODE) | tool_inputs("ruff")
        inputs = code | {DEFINITION: source.sha256}
        assert project.definition is not None
        rules = _rules(revisions)
        places = {
            "project": _way(output.directory, project.root),
            "definition": _way(project.root, project.definition),
        }
        where = {f"place of the {name}": place for name, place in places.items()}
        emit = partial(_emit_conformance, rules, sha256=source.sha256, **places)
        units = [
            Unit("tests", None, (source,), inputs, partial(_emit, definition)),
            Unit("regressions", None, (), code | where, partial(_emit_regressions, places["project"])),
        ]
        if output.options["conformance"]:
            judged = inputs | rule_inputs(rules) | where
            units.append(Unit("conformance", None, (source,), judged, emit, kind="conformance"))
        return tuple(units)

    def directory_of(self, revision: str) -> None:
        """None: the tests are of no revision."""


def _emit(definition: Definition) -> dict[str, str]:
    from mcpgen.emit.project_tests import emit_project_tests

    return emit_project_tests(definition.value)


def _emit_conformance(rules: Rules, **given: str) -> dict[str, str]:
    from mcpgen.emit.project_tests import emit_conformance_tests

    return emit_conformance_tests(rules, **given)


def _emit_regressions(project: str) -> dict[str, str]:
    from mcpgen.emit.project_tests import emit_regressions

    return emit_regressions(project=project)


def _rules(revisions: tuple[str, ...]) -> Rules:
    """The ids of the rules that hold over stdio, from the room that the validator itself reads."""
    book = load_rules()
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for revision in revisions:
        for rule in book.of(revision, "stdio"):
            areas = found.setdefault(revision, {})
            areas[rule.area] = (*areas.get(rule.area, ()), rule.id)
    return found


def _way(start: Path, end: Path) -> str:
    """The relative path from one place to another, the same on every system."""
    return os.path.relpath(end, start).replace(os.sep, "/")
