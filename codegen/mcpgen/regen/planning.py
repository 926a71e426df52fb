"""From a project and what the user narrows it to, to the plans of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from mcpgen.errors import UsageError, unknown_name
from mcpgen.paths import schema_directory
from mcpgen.project import Output, Project
from mcpgen.regen.survey import Plan
from mcpgen.regen.unit import Emitter
from mcpgen.schema.room import SchemaRoom

KINDS = ("types", "stubs", "tests", "wit", "conformance")
"""Every kind of output that the command line has a word for."""


def plans(
    project: Project,
    emitters: Mapping[str, Emitter],
    *,
    only: Sequence[str] = (),
    revision: str | None = None,
) -> list[Plan]:
    """The plans for the outputs of `project`, narrowed to the kinds `only` and to one `revision`.

    Raises `UsageError` for a kind or a revision that is unknown or that the project does not name, and
    for a schema room that cannot be read.
    """
    if not project.outputs:
        raise UsageError(
            f"{project.config}: nothing to generate: there is no [output.KIND] table",
            hint=f"add one, for example [output.{next(iter(emitters))}] with a `directory`",
        )
    outputs = _narrowed(project.outputs, only)
    room = SchemaRoom(project.schema or schema_directory())
    revisions = room.revisions if project.revisions is None else project.revisions
    for name in revisions:
        room.path(name)
    if revision is not None and revision not in revisions:
        raise unknown_name("revision", revision, revisions)
    planned = []
    for output in outputs:
        emitter = emitters[output.kind]
        planned.append(
            Plan(
                kind=output.kind,
                label=os.path.relpath(output.directory, project.root).replace(os.sep, "/"),
                directory=output.directory,
                units=emitter.units(project, output, room, revisions),
                revision=revision,
                within=None if revision is None else emitter.directory_of(revision),
                only=frozenset(only),
            )
        )
    return planned


def _narrowed(outputs: Sequence[Output], only: Sequence[str]) -> list[Output]:
    kinds = {output.kind: _kinds(output) for output in outputs}
    named = list(dict.fromkeys(kind for each in kinds.values() for kind in each))
    for kind in only:
        if kind in named:
            continue
        if kind not in KINDS:
            raise unknown_name("kind of output", kind, KINDS)
        homes = [output.kind for output in outputs if kind in output.options]
        switch = f"; `{kind} = true` in [output.{homes[0]}] adds it" if homes else ""
        raise UsageError(f"mcpgen.toml asks for no {kind}", hint=f"it names: {', '.join(named)}{switch}")
    return [output for output in outputs if not only or kinds[output.kind].keys() & set(only)]


def _kinds(output: Output) -> dict[str, None]:
    """The kinds of units that `output` has: its own, and those that an option of it asks for."""
    return dict.fromkeys([output.kind, *(name for name in KINDS if output.options.get(name) is True)])
