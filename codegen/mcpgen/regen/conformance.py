"""The kind `conformance`: the package of tests that hold any server to the rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from mcpgen.project import OptionDefaults, Output, Project
from mcpgen.regen.inputs import conformance_inputs, generator_inputs, require, tool_inputs
from mcpgen.regen.unit import Unit
from mcpgen.schema.room import SchemaRoom
from mcpgen.schema.rules import load_rules

# tests/regen/test_inputs.py proves that these are all that the emitter imports.
_CODE = ("emit/templates.py", "emit/conformance")

Rules = Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]]
Methods = Mapping[str, Mapping[str, str | None]]


class ConformanceSuite:
    """The package, of the rules that the validator has and the methods of the schema room."""

    def __init__(self) -> None:
        self.options: OptionDefaults = {}

    def units(
        self, project: Project, output: Output, room: SchemaRoom, revisions: tuple[str, ...]
    ) -> tuple[Unit, ...]:
        """One unit. Raises as `Emitter.units` does."""
        require("jinja2")
        rules, methods = _rules(revisions), _methods(room, revisions)
        inputs = (
            generator_inputs(*_CODE) | tool_inputs("ruff") | conformance_inputs(rules, methods, revisions)
        )
        return (Unit("conformance", None, (), inputs, partial(_emit, rules, methods, revisions)),)

    def directory_of(self, revision: str) -> None:
        """None: a rule is of several revisions."""


def _emit(rules: Rules, methods: Methods, revisions: tuple[str, ...]) -> dict[str, str]:
    from mcpgen.emit.conformance import emit_conformance

    return emit_conformance(rules, methods, revisions)


def _rules(revisions: tuple[str, ...]) -> Rules:
    """Of each rule area, transports and revisions, from the room that the validator itself reads."""
    found: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {}
    for rule in load_rules():
        if rule.revision in revisions:
            _, _, known = found.get(rule.id, ("", (), ()))
            found[rule.id] = (
                rule.area,
                tuple(sorted(rule.transports)),
                tuple(sorted({*known, rule.revision})),
            )
    return found


def _methods(room: SchemaRoom, revisions: tuple[str, ...]) -> Methods:
    """Of each request of a client, by revision, the path of the capability that a server declares for it."""
    found: dict[str, dict[str, str | None]] = {}
    for revision in revisions:
        for row in room.methods(revision):
            if row.kind == "request" and row.direction in ("client-to-server", "both"):
                # SIDE.PATH: of what goes to the server, receiver is another word for it.
                path = None if row.capability is None else row.capability.partition(".")[2]
                found.setdefault(row.name, {})[revision] = path
    return dict(sorted(found.items()))
